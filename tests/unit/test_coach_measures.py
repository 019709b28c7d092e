"""What the coach counts in a call."""

from __future__ import annotations

import pytest

from agents.coach.measures import Band, measure
from agents.coach.questions import Spin, spin_of
from agents.customer.acts import Act, RepAct
from tests.unit.made_calls import (
    average_call,
    customer,
    excellent_call,
    made_call,
    opening_lines,
    rep,
    silence,
    silent_call,
)


def test_talk_share_is_the_reps_words_of_all_words() -> None:
    call = made_call(customer("one two", Act.OPEN), rep("three four five six seven eight"))
    assert measure(call).by_name["talk_share"].value == 0.75


def test_a_call_without_a_word_has_nothing_to_measure() -> None:
    measures = measure(silent_call()).by_name
    assert measures["talk_share"].band is Band.NONE
    assert measures["silences"].value == 2
    assert measures["silences"].band is Band.HIGH


def test_the_longest_monologue_runs_over_turns_the_customer_did_not_break() -> None:
    call = made_call(customer("Hello?", Act.OPEN), rep("one two three"), rep("four five"), customer("Yes."))
    monologue = measure(call).by_name["longest_monologue"]
    assert (monologue.value, monologue.detail["turn"]) == (5, 3)


def test_the_best_proposal_counts_with_its_day_and_who_does_what() -> None:
    step = measure(excellent_call()).by_name["next_step"]
    assert step.value == 4
    assert step.band is Band.GOOD
    assert step.detail["quote"] == "Could we meet on Thursday at eleven? I will write to confirm it."


def test_some_time_is_no_next_step() -> None:
    step = measure(average_call()).by_name["next_step"]
    assert step.detail["proposed"]
    assert not step.detail["day"]
    assert step.band is Band.LOW


def test_objections_met_and_standing_are_named() -> None:
    assert measure(excellent_call()).by_name["objections"].detail == {"met": ["genuine"], "standing": []}
    assert measure(average_call()).by_name["objections"].detail["standing"] == ["have-adviser"]


def test_discovery_is_what_was_told_of_what_there_was() -> None:
    discovery = measure(excellent_call()).by_name["discovery"]
    assert (discovery.detail["opened"], discovery.detail["available"]) == (4, 6)


def test_hedges_and_fillers_are_counted_by_the_hundred_words() -> None:
    call = made_call(
        customer("Hello?", Act.OPEN), rep("Um, basically we could sort of maybe help you there.")
    )
    measures = measure(call).by_name
    assert measures["fillers"].detail["count"] == 2
    assert measures["hedges"].detail["count"] == 2
    assert measures["hedges"].band is Band.HIGH


def test_drawing_out_a_short_answer_is_told_from_filling_the_gap() -> None:
    asked = rep("And what did that mean for you?", RepAct.OPEN_QUESTION)
    told = rep("Anyway, we have eleven funds.", RepAct.PITCH)
    lines = [
        *opening_lines(),
        asked,
        customer("Not much."),
        told,
        customer("No."),
        told,
        customer("No."),
        asked,
    ]
    short = measure(made_call(*lines)).by_name["short_answers"]
    assert (short.detail["drawn_out"], short.detail["of"]) == (2, 5)


def test_asking_for_time_or_for_the_appointment_is_not_counted_as_a_question() -> None:
    time = rep("Have you got a minute?", RepAct.CLOSED_QUESTION)
    asks_time = rep("Is this a bad moment?", RepAct.PERMISSION)
    call = made_call(customer("Hello?", Act.OPEN), time, customer("Yes."), asks_time)
    assert measure(call).by_name["questions"].value == 1


def test_bands_differ_by_the_kind_of_call() -> None:
    gatekeeper = excellent_call().persona.model_copy(update={"call_type": "gatekeeper"})
    lines = [*opening_lines(), rep("Who decides?", RepAct.OPEN_QUESTION), customer("He does."), silence()]
    lines += [customer("Hello?"), rep("What does he worry about?", RepAct.OPEN_QUESTION)]
    assert measure(made_call(*lines)).by_name["questions"].band is Band.LOW
    assert measure(made_call(*lines, persona=gatekeeper)).by_name["questions"].band is Band.GOOD


@pytest.mark.parametrize(
    ("question", "spin"),
    [
        ("How many invoices do you handle each week?", Spin.SITUATION),
        ("Who signs those off?", Spin.SITUATION),
        ("What frustrates you most about that?", Spin.PROBLEM),
        ("How does that affect your suppliers?", Spin.IMPLICATION),
        ("What happens if nothing changes by March?", Spin.IMPLICATION),
        ("Would it help to have the fees on one page?", Spin.NEED_PAYOFF),
        ("If you could change one thing, what difference would it make to your week?", Spin.NEED_PAYOFF),
    ],
)
def test_cue_words_alone_tell_what_a_question_asks_for(question: str, spin: Spin) -> None:
    assert spin_of([question]) == [spin]
