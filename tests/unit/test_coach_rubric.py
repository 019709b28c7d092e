"""Rubrics as data, and the rules they are judged by with no model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agents.coach.call import CallRecord
from agents.coach.judge import RulesJudge, verify_evidence
from agents.coach.measures import measure
from agents.coach.rubric import RubricError, load_rubric, rubric_for, rubrics
from agents.coach.rules import Case, Finding
from agents.customer.acts import Act, RepAct
from agents.customer.persona import CallType
from tests.unit.made_calls import (
    Line,
    average_call,
    customer,
    excellent_call,
    helen,
    made_call,
    opening_lines,
    played_calls,
    rep,
    rude_call,
    silent_call,
)

CORE = Path("agents/coach/rubrics/core.yaml")


def finding(call: CallRecord, check_id: str) -> Finding:
    rubric = rubric_for(call.persona.call_type)
    check = next(check for check in rubric.checks if check.id == check_id)
    return check.rule.find(Case(call, measure(call)))


def said(*texts: str) -> CallRecord:
    """An ordinary opening, and then these lines of the rep's."""
    lines = opening_lines()
    for text in texts:
        lines += [rep(text), customer("I see.")]
    return made_call(*lines)


# --- the files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call_type", list(CallType))
def test_every_kind_of_call_has_a_rubric(call_type: CallType) -> None:
    assert call_type in rubric_for(call_type).call_types


def test_weights_add_up_to_a_hundred() -> None:
    for rubric in rubrics():
        assert sum(criterion.weight for criterion in rubric.criteria) == 100


def broken(tmp_path: Path, **changes: object) -> Path:
    raw = yaml.safe_load(CORE.read_text("utf-8"))
    for place, value in changes.items():
        *steps, last = place.split("__")
        part = raw
        for step in steps:
            part = part[int(step)] if step.isdigit() else part[step]
        part[last] = value
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(raw), "utf-8")
    return path


def test_an_unknown_rule_is_refused_with_the_file_and_the_place(tmp_path: Path) -> None:
    path = broken(tmp_path, criteria__0__checks__0__rule={"sings": "loudly"})
    with pytest.raises(RubricError, match=r"mine\.yaml: criteria\.0\.checks\.0\.rule"):
        load_rubric(path)


def test_an_id_used_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match="'opening-reason' is used twice"):
        load_rubric(broken(tmp_path, criteria__0__checks__0__id="opening-reason"))


def test_a_pattern_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    rule = {"never_says": ["(unclosed"]}
    with pytest.raises(RubricError, match=r"mine\.yaml"):
        load_rubric(broken(tmp_path, criteria__0__checks__0__rule=rule))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match=r"gone\.yaml cannot be read"):
        load_rubric(tmp_path / "gone.yaml")


# --- the rules ------------------------------------------------------------------------------------------


@given(played_calls())
async def test_every_yes_has_a_true_quote_whatever_was_said(call: CallRecord) -> None:
    rubric = rubric_for(call.persona.call_type)
    judged = await RulesJudge().answer(call, measure(call), rubric)
    kept = verify_evidence(call, judged)
    assert set(kept.findings) == {check.id for check in rubric.checks}
    for found in kept.findings.values():
        turn = call.turn(found.turn) if found.turn else None
        if found.met:
            assert turn is not None
            assert turn.speaker == "rep"
            assert found.quote
            assert found.quote in turn.text


def test_an_excellent_call_meets_every_check() -> None:
    call = excellent_call()
    assert [
        check.id for check in rubric_for(CallType.COLD_CALL).checks if not finding(call, check.id).met
    ] == []


def test_saying_nothing_shows_nothing() -> None:
    """Not even that the rep does not press or insult people."""
    call = silent_call()
    assert [check.id for check in rubric_for(CallType.COLD_CALL).checks if finding(call, check.id).met] == []


def test_objections_are_no_occasion_when_none_was_raised() -> None:
    assert finding(rude_call(), "objections-met").met is None


def test_going_past_an_objection_does_not_take_it_up() -> None:
    assert finding(average_call(), "objections-heard").met is False


def test_a_proposal_before_anything_was_learnt_does_not_count() -> None:
    lines = [
        *opening_lines(),
        rep("Shall we meet on Monday at two?", RepAct.CLOSE, next_step=0.9, specific=True),
    ]
    call = made_call(*lines, customer("No.", Act.RESIST_CLOSE))
    assert finding(call, "next-step-dated").met
    assert finding(call, "next-step-proposed").met is False


def test_going_on_with_ones_own_list_is_not_listening() -> None:
    told: list[Line] = [customer("Dorothy wanted company.", Act.REVEAL, fact="why-card")]
    own_list = [rep("We have eleven funds.", RepAct.PITCH), customer("Indeed.")]
    call = made_call(*opening_lines(), *told, *own_list, *told, *own_list)
    assert finding(call, "discovery-listens").met is False


@pytest.mark.parametrize(
    "text",
    [
        "I can guarantee you a return of six percent.",
        "Your returns are guaranteed with us.",
        "You simply can't lose money on this.",
        "Guaranteed growth, year after year.",
    ],
)
def test_a_guarantee_is_caught_and_quoted(text: str) -> None:
    found = finding(said("Thank you for taking the call today.", text), "compliance-guarantee")
    assert (found.met, found.turn, found.quote) == (False, 8, text)


@pytest.mark.parametrize(
    "text",
    [
        "There is no guarantee of a return, and I would be lying if I said so.",
        "Nobody can guarantee growth.",
        "I can't promise you profits.",
        "We guarantee 99 percent uptime, with credits if we miss it.",
        "Past performance is not a sure thing.",
        "Sure thing, I will send it over.",
        "We can't lose sight of what you said.",
    ],
)
def test_taking_a_guarantee_back_is_not_giving_one(text: str) -> None:
    assert finding(said("Thank you for taking the call today.", text), "compliance-guarantee").met


@pytest.mark.parametrize(
    "text",
    [
        "It's completely risk-free.",
        "There is no risk at all.",
        "Totally safe, believe me.",
        "You can't go wrong, no risk.",
    ],
)
def test_claims_of_no_risk_are_caught(text: str) -> None:
    assert finding(said("Thank you for taking the call today.", text), "compliance-risk").met is False


@pytest.mark.parametrize(
    "text",
    [
        "It is not risk-free.",
        "Nothing is risk-free.",
        "Nobody could call that completely safe.",
        "The pilot is no risk to you.",
    ],
)
def test_warning_of_risk_is_not_denying_it(text: str) -> None:
    assert finding(said("Thank you for taking the call today.", text), "compliance-risk").met


def test_one_push_is_a_lapse_and_two_are_a_habit() -> None:
    push = rep("You need to decide right now.", RepAct.PRESSURE, pressure=0.9)
    once = made_call(*opening_lines(), push, customer("No.", Act.RESIST_PRESSURE))
    twice = made_call(*opening_lines(), push, customer("No.", Act.RESIST_PRESSURE), push, customer("No."))
    assert finding(once, "compliance-pressure").met is False
    assert finding(once, "compliance-presses-on").met
    assert finding(twice, "compliance-presses-on").met is False


@given(st.lists(st.text(max_size=80), max_size=5))
def test_saying_more_never_undoes_a_broken_rule(more: list[str]) -> None:
    """Whatever the rep adds, a guarantee stays given and an insult stays said."""
    promise = "I guarantee a return of nine percent."
    lines = [customer("Hello?", Act.OPEN), rep(promise, RepAct.RUDE, rude=0.9), customer("No.")]
    for text in more:
        lines += [rep(text), customer("I see.")]
    call = made_call(*lines, persona=helen())
    assert finding(call, "compliance-guarantee").met is False
    assert finding(call, "conduct-civil").met is False


def test_a_guess_at_rudeness_does_not_fail_a_card() -> None:
    lines = [
        *opening_lines(),
        rep("It's easier to explain face to face.", RepAct.RUDE, rude=0.6),
        customer("Is it."),
    ]
    call = made_call(*lines)
    unsure = call.turns[5].appraisal.acts[0].model_copy(update={"confidence": 0.6})
    heard = call.turns[5].appraisal.model_copy(update={"acts": (unsure,)})
    turns = (*call.turns[:5], replace(call.turns[5], heard=heard), call.turns[6])
    assert finding(replace(call, turns=turns), "conduct-civil").met
