"""The scorecard on a surface: all that the coach found, in the order in which it helps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from agents.coach.call import CallRecord
from agents.coach.judge import RulesJudge
from agents.coach.kept import entry_of, scorecard_json
from agents.coach.rubric import rubric_for
from agents.coach.scorecard import score
from bot.presentation import Actions, Items, Message, Quote, Words
from bot.shown.scorecard import scorecard
from bot.slack.render import rendered
from tests.fakes.slack import limits
from tests.unit.made_calls import average_call, excellent_call, played_calls, rude_call, silent_call


async def card_of(call: CallRecord) -> dict[str, Any]:
    return scorecard_json(entry_of(await score(call, rubric_for(call.persona.call_type), RulesJudge())))


def shown(card: dict[str, Any], visibility: str = "private", difficulty: str = "normal") -> Message:
    return scorecard(
        card, roleplay="rp1", customer="Helen Marsh", visibility=visibility, difficulty=difficulty
    )


def lines(message: Message) -> list[str]:
    found: list[str] = []
    for part in message.parts:
        if isinstance(part, Words | Quote):
            found += part.text.split("\n")
        elif isinstance(part, Items):
            found += part.items
    return found


def pressed(message: Message) -> dict[str, str]:
    return {
        button.label: f"{button.action} {button.value}"
        for part in message.parts
        if isinstance(part, Actions)
        for button in part.buttons
    }


async def test_it_says_what_came_out_and_what_was_needed() -> None:
    card = await card_of(average_call())
    message = shown(card)
    assert f"{card['score']} of 100" in message.summary
    assert f"pass mark {card['pass_mark']}" in message.summary
    assert message.summary == f"Helen Marsh: {lines(message)[0]}"


@pytest.mark.parametrize("call", [excellent_call, average_call, rude_call, silent_call])
async def test_strength_fixes_and_what_stayed_hidden_are_all_there(call: Any) -> None:
    card = await card_of(call())
    text = "\n".join(lines(shown(card)))
    if card["feedback"]["strength"]:
        assert card["feedback"]["strength"]["text"] in text
    for fix in card["feedback"]["fixes"]:
        assert fix["text"] in text
        assert f"Say instead: “{fix['say_instead']}”" in text or not fix["say_instead"]
    for fact in card["facts"]["hidden"]:
        assert card["fact_texts"][fact] in text


async def test_every_answered_check_has_its_mark_and_the_reps_words() -> None:
    card = await card_of(average_call())
    text = lines(shown(card))
    for check in card["checks"]:
        if check["met"] is None:
            continue
        (line,) = [line for line in text if line.startswith(("✓ ", "✗ ")) and check["question"] in line]
        assert line.startswith("✓" if check["met"] else "✗")
        if check["quote"]:
            # Words that several checks of a criterion rest on are quoted with the first of them.
            assert f"Turn {check['turn']}" in line
            assert f"Turn {check['turn']}: “{check['quote'][:20]}" in "\n".join(text)


async def test_measures_are_shown_as_bands() -> None:
    card = await card_of(average_call())
    text = lines(shown(card))
    for measure in card["measures"].values():
        if measure["value"] is not None:
            assert [
                line for line in text if line.startswith(measure["label"]) and f", {measure['band']}:" in line
            ]


async def test_what_can_be_done_with_it() -> None:
    card = await card_of(average_call())
    assert pressed(shown(card)) == {
        "Try again from …": "retry rp1",
        "Try harder": "harder rp1",
        "Make visible to my manager": "visibility rp1 manager card",
        "Export": "export rp1",
    }
    assert pressed(shown(card, visibility="manager"))["Make private"] == "visibility rp1 private card"
    assert "Try harder" not in pressed(shown(card, difficulty="hard"))


async def test_it_says_who_can_see_it() -> None:
    card = await card_of(average_call())
    assert lines(shown(card))[-1].endswith("Only you can see this call.")
    assert lines(shown(card, "manager"))[-1].endswith("transcript and scorecard.")


@settings(max_examples=15, deadline=None)
@given(played_calls())
async def test_the_scorecard_of_any_call_is_one_slack_message(call: CallRecord) -> None:
    (payload,) = rendered(shown(await card_of(call)), workspace_url="")
    assert limits.message_problems(list(payload.blocks)) == []
