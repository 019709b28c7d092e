"""What people read: every message is whole, says what to do next, and gives nothing away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from agents.copilot.result import Citation, CopilotAnswer, Note, Place
from agents.records.entries import Question
from bot.calls import briefing_of
from bot.messages import Answered, Ended, Hinted, Spoken, Started
from bot.presentation import Actions, Button, Content, Feedback, Home, Message, Sources, Speaker
from bot.shown import trouble
from bot.shown.calls import call_card, call_over, customer_line, recap, thread_title
from bot.shown.copilot import answer, hint, shared
from bot.shown.help import help_copilot, help_roleplay, welcome
from bot.shown.home import RunningCall, ScoredCall, home, trend
from tests.unit.made_calls import helen

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
CITED = Citation(1, "d1", "Price list", 3, "Fees", "The fee is 2 %.", "https://docs.acme.example/prices")
FOUND = CopilotAnswer(answered=True, answer="The fee is 2 %. [1]", citations=(CITED,))
RUNNING = RunningCall(
    roleplay="rp1", customer="Helen Marsh", difficulty="normal", turns=6, started_at=NOW, place="D0:1.1"
)


def started(visibility: str = "private", difficulty: str = "normal") -> Started:
    return Started("rp1", briefing_of(helen()), difficulty, 1, "scripted", "", visibility)


def scored(score: int, days_ago: int = 0) -> ScoredCall:
    return ScoredCall(
        roleplay=f"rp{score}",
        customer="Helen Marsh",
        difficulty="hard",
        score=score,
        passed=score >= 70,
        ended_at=NOW - timedelta(days=days_ago),
    )


def buttons(content: Message | Home) -> list[Button]:
    return [button for part in content.parts if isinstance(part, Actions) for button in part.buttons]


def pressed(content: Message | Home) -> dict[str, str]:
    """What each button does, by its label."""
    return {button.label: f"{button.action} {button.value}".strip() for button in buttons(content)}


def words(content: Message | Home) -> str:
    return content.model_dump_json()


def everything() -> Iterator[Message | Home]:
    """One of each."""
    yield call_card(started())
    yield call_card(started("manager", "hard"), 3)
    yield recap([Spoken(1, "customer", "Hello?", 0), Spoken(2, "rep", "Hi.", 0)], "Helen Marsh")
    yield customer_line("Do go on.", Speaker(name="Helen Marsh"))
    yield customer_line(" ", Speaker(name="Helen Marsh"))
    yield call_over(Ended("customer", "busy", "no_sale"), "Helen Marsh")
    yield answer(Answered("What is the fee?", FOUND, "q1"), shareable=True)
    yield answer(Answered("Why?", CopilotAnswer(answered=False), None), shareable=False)
    yield hint(Hinted((Note("The fee is 2 %.", (CITED,)),), "q2"))
    yield hint(Hinted(()))
    yield home([], [])
    yield home([RUNNING] * 30, [scored(40), scored(80)] * 20)
    yield from (welcome(), help_roleplay(), help_copilot())
    yield from (trouble.not_a_call(), trouble.not_yours(), trouble.no_files(), trouble.nothing_to_end())
    yield from (trouble.failed(), trouble.failed("rp1"), trouble.scorecard_failed("rp1"))
    yield trouble.trouble("A sentence.")
    yield from (trouble.stopped("Helen Marsh", "rp1"), trouble.stopped_asking())
    yield from (trouble.edited_note(3), trouble.deleted_note(3), trouble.which_call([RUNNING, RUNNING]))
    yield trouble.call_is_over("Helen Marsh", "rp1")
    yield trouble.visibility_changed("Helen Marsh", "manager")


@pytest.mark.parametrize("content", list(everything()))
def test_it_waits_in_the_outbox_as_json(content: Message | Home) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Content)
    assert adapter.validate_json(content.model_dump_json()) == content


@pytest.mark.parametrize("content", list(everything()))
def test_it_has_a_summary_and_short_labels(content: Message | Home) -> None:
    if isinstance(content, Message):
        assert content.summary.strip()
    for button in buttons(content):
        assert 0 < len(button.label) <= 75
        assert button.action in {
            *("start", "hint", "end", "answer", "harder", "export", "scorecard", "retry", "ask"),
            *("visibility", "share", "open"),
        }


@pytest.mark.parametrize("content", list(everything()))
def test_it_shows_no_markup_of_any_platform(content: Message | Home) -> None:
    assert not {"`", "*", "<", "\\u001b"} & set(words(content))


# --- a call


def test_the_card_says_who_answers_what_is_known_and_what_to_come_away_with() -> None:
    persona = helen()
    card = words(call_card(started()))
    for told in (persona.name, persona.public.role, persona.public.company, persona.seller.goal):
        assert told in card
    assert all(note in card for note in persona.public.crm_notes)
    assert "Normal" in card


def test_the_card_gives_nothing_of_the_hidden_half_away() -> None:
    card = words(call_card(started()))
    assert not [fact.id for fact in helen().facts if fact.text in card]
    assert helen().private.situation not in card


@pytest.mark.parametrize(
    ("visibility", "says"),
    [
        ("private", "Only you can see this call."),
        ("manager", "Your manager can read this call's transcript and scorecard."),
        ("nonsense", "Only you can see this call."),
    ],
)
def test_the_card_says_who_can_see_the_call(visibility: str, says: str) -> None:
    card = call_card(started(visibility))
    assert says in words(card)
    assert says in card.summary


def test_the_card_has_what_is_needed_in_a_call() -> None:
    assert pressed(call_card(started())) == {
        "Hint": "hint rp1",
        "Ask copilot": "ask rp1",
        "End call": "end rp1",
    }


def test_a_second_attempt_says_so() -> None:
    assert thread_title(briefing_of(helen())) == "Call with Helen Marsh"
    assert thread_title(briefing_of(helen()), 2) == "Call with Helen Marsh, attempt 2"
    assert len(thread_title({"name": "x" * 500}, 2)) == 200


def test_a_line_of_hers_is_her_words_and_nothing_else() -> None:
    line = customer_line("Do go on.", Speaker(name="Helen Marsh"))
    assert (line.summary, len(line.parts), line.speaker) == ("Do go on.", 1, Speaker(name="Helen Marsh"))


def test_a_recap_tells_who_said_what_and_how_much_is_left_out() -> None:
    turns = [
        Spoken(n, "rep" if n % 2 == 0 else "customer", f"Line {n}. {'x ' * 300}", 0) for n in range(1, 21)
    ]
    told = words(recap(turns, "Helen Marsh"))
    assert "(8 earlier turns)" in told
    assert "You: “Line 20." in told
    assert "Helen Marsh: “Line 19." in told
    assert "Line 8." not in told
    assert len(told) < 5_000


def test_an_end_says_who_and_why() -> None:
    over = call_over(Ended("customer", "out_of_patience", "hung_up"), "Helen Marsh")
    assert over.summary == (
        "Helen Marsh ended the call (out of patience). The customer put the phone down on you."
    )


# --- the copilot


def test_an_answer_has_its_sources_a_verdict_and_can_be_shared() -> None:
    shown = answer(Answered("What is the fee?", FOUND, "q1"), shareable=True)
    assert shown.summary == "The fee is 2 %. [1]"
    assert shown.private
    assert Feedback(question="q1") in shown.parts
    assert pressed(shown) == {"Share here": "share q1"}
    (sources,) = [part for part in shown.parts if isinstance(part, Sources)]
    assert (sources.sources[0].n, sources.sources[0].page, sources.sources[0].uri) == (1, 3, CITED.uri)


def test_an_answer_in_a_thread_is_there_for_all_who_are_in_it() -> None:
    shown = answer(Answered("What is the fee?", FOUND, "q1"), shareable=False)
    assert (shown.private, pressed(shown)) == (False, {})


def test_no_answer_says_why_and_where_to_look() -> None:
    nearest = (Place("d1", "Handbook", 7, "Returns", ""),)
    found = CopilotAnswer(answered=False, reason="The papers do not say.", nearest=nearest)
    shown = answer(Answered("Who won?", found, "q1"), shareable=True)
    assert shown.summary == "The papers do not say."
    assert "Handbook" in words(shown)
    assert pressed(shown) == {}


def test_an_answer_that_was_not_kept_asks_for_no_verdict() -> None:
    shown = answer(Answered("What is the fee?", FOUND, None), shareable=True)
    assert not [part for part in shown.parts if isinstance(part, Feedback)]
    assert pressed(shown) == {}


def test_a_shared_answer_is_the_kept_one() -> None:
    kept = Question(
        id="q1",
        question="What is the fee?",
        queries=("fee",),
        answer=FOUND.answer,
        answered=True,
        citations=(CITED.to_json(),),
        feedback=None,
        created_at=NOW,
    )
    shown = shared(kept)
    assert not shown.private
    assert all(told in words(shown) for told in ("What is the fee?", FOUND.answer, "Price list", "2 %"))


def test_a_hint_is_what_the_papers_say_or_that_they_are_silent() -> None:
    shown = hint(Hinted((Note("The fee is 2 %.", (CITED,)),), "q2"))
    assert "The fee is 2 %." in words(shown)
    assert Feedback(question="q2") in shown.parts
    assert "Nothing in the documents" in hint(Hinted(())).summary


# --- the home page


def test_a_new_person_learns_how_it_goes() -> None:
    page = home([], [])
    assert pressed(page) == {"Start a call": "start"}
    assert "A thread opens" in words(page)


def test_running_calls_can_be_opened_and_scorecards_read() -> None:
    page = home([RUNNING], [scored(63)])
    assert pressed(page) == {
        "Start a call": "start",
        "Open": "open D0:1.1",
        "End call": "end rp1",
        "Scorecard": "scorecard rp63",
    }
    assert "6 turns, begun 22 Nov 2026, 14:05 UTC, only you can see it" in words(page)
    assert "63 of 100, not passed" in words(page)


def test_a_call_that_is_nowhere_here_cannot_be_opened() -> None:
    elsewhere = RunningCall(roleplay="rp1", customer="x", difficulty="easy", turns=1, started_at=NOW)
    assert "Open" not in pressed(home([elsewhere], []))


def test_a_page_has_room_for_ten_of_each() -> None:
    page = home([RUNNING] * 30, [scored(40)] * 30)
    assert len([button for button in buttons(page) if button.action == "open"]) == 10
    assert "And 20 more." in words(page)
    assert len(page.parts) < 100


@pytest.mark.parametrize(
    ("newest_first", "says"),
    [
        ([63], "Your first score: 63 of 100."),
        ([80, 60, 40], "▄▅▇  40, 60, 80. You are rising: 40 points up."),
        ([20, 60], "▅▂  60, 20. You are falling: 40 points down."),
        ([62, 60], "▅▅  60, 62. You are holding steady."),
        ([100, 0], "▁█  0, 100. You are rising: 100 points up."),
    ],
)
def test_the_trend_is_told_from_oldest_to_newest(newest_first: list[int], says: str) -> None:
    assert trend([scored(score) for score in newest_first]).startswith(says)


# --- when something does not work


def test_after_a_stop_the_customer_may_still_answer() -> None:
    assert pressed(trouble.stopped("Helen Marsh", "rp1")) == {"Let Helen Marsh answer": "answer rp1"}
    assert pressed(trouble.stopped_asking()) == {}


def test_a_reply_that_did_not_come_can_be_asked_for_again() -> None:
    assert pressed(trouble.failed("rp1")) == {"Try again": "answer rp1"}
    assert pressed(trouble.failed()) == {}
    assert pressed(trouble.scorecard_failed("rp1")) == {"Try again": "scorecard rp1"}


def test_a_call_that_is_over_can_be_tried_again() -> None:
    assert set(pressed(trouble.call_is_over("Helen Marsh", "rp1")).values()) == {"retry rp1", "scorecard rp1"}


def test_with_several_calls_each_has_its_end() -> None:
    running = [RUNNING, RunningCall(roleplay="rp2", customer="x", difficulty="easy", turns=1, started_at=NOW)]
    assert [button.value for button in buttons(trouble.which_call(running))] == ["rp1", "rp2"]


def test_an_edit_says_that_the_call_goes_on_with_what_was_heard() -> None:
    assert "turn 3" in trouble.edited_note(3).summary
    assert "turn 3" in trouble.deleted_note(3).summary
