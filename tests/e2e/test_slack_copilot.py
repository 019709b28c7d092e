"""Asking the copilot from everywhere a rep can ask, what may be shown to others, and what may not."""

from __future__ import annotations

import pytest

from tests.e2e.slack_office import HELLO, THINKING_S, Office, begins_call

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION = "How long does an ISA transfer take?"
ANSWER = "15 working days"
SOURCE = "Transfers policy, page 1"
UNANSWERABLE = "What is the capital of Mongolia?"


async def test_slash_copilot_answers_her_alone_with_sources(office: Office) -> None:
    sam, colleague = office.rep(), office.rep()
    channel = office.slack.channel("C0SALES", members=(sam.id, colleague.id)).id
    asked = await sam.types("/copilot", QUESTION, channel)
    assert asked.taken
    answer = await sam.ephemeral(ANSWER, THINKING_S)
    assert SOURCE in answer.words
    assert answer.buttons == ["👍 Helpful", "👎 Not helpful", "Share here"]
    assert colleague.ephemerals == []

    await sam.presses(answer, "👍 Helpful")
    await sam.ephemeral("Noted: the copilot's answer helped.", THINKING_S)
    await sam.presses(answer, "Share here")
    await office.slack.until(
        lambda: any(ANSWER in seen.text for seen in office.slack.seen(channel) if not seen.ephemeral_to),
        THINKING_S,
        "the answer in the channel",
    )
    assert len([seen for seen in office.slack.seen(channel) if not seen.ephemeral_to]) == 1


async def test_alone_it_explains_itself_and_what_is_not_in_the_papers_it_does_not_know(
    office: Office,
) -> None:
    sam = office.rep()
    await sam.types("/copilot")
    await sam.ephemeral("How to ask the copilot", THINKING_S)
    await sam.types("/copilot", UNANSWERABLE)
    unknown = await sam.ephemeral("Mongolia", THINKING_S)
    assert "Share here" not in unknown.buttons
    assert "👍 Helpful" in unknown.buttons


async def test_in_a_call_by_question_mark_button_and_shortcut_and_she_does_not_hear_it(
    office: Office,
) -> None:
    sam = office.rep()
    call = await begins_call(sam)
    line = await call.thread.says(HELLO)
    await call.hears_customer(2)

    await call.thread.says(f"? {QUESTION}")
    answered = await call.hears(ANSWER)
    assert SOURCE in answered.words
    assert "👍 Helpful" in answered.buttons
    await sam.presses(answered, "👎 Not helpful")
    await call.hears("Noted: the copilot's answer did not help.")

    await call.thread.presses("Ask copilot")
    window = await sam.modal()
    assert await window.submit() == {"Question": "Please complete this required field."}
    await window.fill("Question", "What does a stocks and shares ISA cost?")
    assert await window.submit() is None
    await call.hears("What does a stocks and shares ISA cost?")

    await sam.message_shortcut(line, "ask_copilot")
    await call.hears("You asked: “Good morning Mrs Marsh")

    await call.thread.says("?")
    await call.thread.presses("Hint")
    assert await call.says("May I take two minutes of your time?")
    assert len(call.customers_lines) == 3


async def test_a_question_at_top_level_is_answered_under_it(office: Office) -> None:
    sam = office.rep()
    thread = await sam.says(f"? {QUESTION}")
    assert SOURCE in (await thread.hears(ANSWER, THINKING_S)).words


async def test_named_in_a_channel_it_answers_in_the_thread(office: Office) -> None:
    sam = office.rep()
    channel = office.slack.channel("C0TEAM", members=(sam.id, sam.workspace.bot_user)).id
    asked = await sam.mentions_app(channel, QUESTION)
    await office.slack.until(
        lambda: any(
            ANSWER in seen.text and seen.thread_ts == asked.ts for seen in office.slack.seen(channel)
        ),
        THINKING_S,
        "the answer in the thread",
    )
