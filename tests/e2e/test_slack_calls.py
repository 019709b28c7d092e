"""What reps do in calls, and what else happens in the threads where they call."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.machine import written
from tests.e2e.slack_office import HELEN, HELLO, THINKING_S, Call, Office, begins_call, in_call
from tests.fakes.slack import noise

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES = written("good").splitlines()


async def test_two_calls_in_two_threads_at_once_do_not_hear_each_other(office: Office) -> None:
    sam = office.rep()
    helen, priya = await begins_call(sam), await begins_call(sam, "Priya Raman")
    assert helen.thread.ts != priya.thread.ts

    await asyncio.gather(helen.says(HELLO), priya.says("Good morning Dr Raman, it's Sam from Northgate."))
    await asyncio.gather(helen.says(LINES[1]), priya.says("May I take two minutes of your time?"))

    for call, other in ((helen, "Priya Raman"), (priya, HELEN)):
        assert len(call.customers_lines) == 3
        assert other not in {seen.username for seen in call.thread.messages_now}

    # Which of the two /roleplay end means, it asks.
    await sam.types("/roleplay", "end")
    asked = await sam.ephemeral("Which one is to end?", THINKING_S)
    assert asked.buttons == ["End call", "End call"]

    # Ending one leaves the other on the line.
    await priya.ends()
    assert await helen.says(LINES[2])
    await helen.ends()
    await sam.types("/roleplay", "end")
    await sam.ephemeral("You have no running call.", THINKING_S)


async def test_slash_command_ends_the_only_call(office: Office) -> None:
    sam = office.rep()
    call = await begins_call(sam)
    await call.says(HELLO)
    await sam.types("/roleplay", "end")
    await call.hears("You ended the call.")
    await call.hears("Scorecard: Helen Marsh")


async def test_three_lines_in_a_breath_are_answered_in_their_order(office: Office) -> None:
    call = await begins_call(office.rep())
    for line in LINES[:3]:
        await call.thread.says(line, wait=False)
    await call.hears_customer(1 + 3)
    said = [seen for seen in await call.thread.messages() if seen.ts != call.thread.ts]
    assert [seen.words for seen in said if not seen.from_bot] == LINES[:3]
    assert len(call.customers_lines) == 1 + 3


async def test_a_rude_rep_is_hung_up_on_and_sees_the_scorecard_unasked(office: Office) -> None:
    sam = office.rep()
    call = await begins_call(sam)
    for line in written("rude").splitlines():
        await call.thread.says(line)
        if any("ended the call" in seen.words for seen in await call.thread.messages()):
            break
        await asyncio.sleep(0)
    over = await call.hears("Helen Marsh ended the call")
    assert "put the phone down" in over.words
    scorecard = await call.hears("Scorecard: Helen Marsh")
    assert "not passed" in scorecard.words

    # What she says after that nobody hears, and she is told so, with what to do.
    lines = len(call.customers_lines)
    await call.thread.says("Sorry, I did not mean it like that.")
    told = await call.hears("nobody heard that")
    assert told.buttons == ["Try again from …", "Scorecard"]
    assert len(call.customers_lines) == lines
    await sam.presses(told, "Scorecard")
    await call.thread.until(
        lambda seen: sum("Scorecard: Helen Marsh" in one.words for one in seen) == 2, THINKING_S
    )


async def test_an_edited_and_a_deleted_line_are_noted_and_not_answered_again(office: Office) -> None:
    call = await begins_call(office.rep())
    await call.thread.says(HELLO)
    await call.hears_customer(2)
    (first,) = await call.thread.replies(from_bot=False)
    await first.edit(HELLO + " Do say if not.")
    await call.hears("You edited turn 2.")
    await first.edit(HELLO + " Do say so.")
    second = await call.thread.says(LINES[1])
    await call.hears_customer(3)
    await second.delete()
    await call.hears("You deleted turn 4.")
    assert await call.says(LINES[2])
    assert len(call.customers_lines) == 4
    notes = [seen for seen in call.thread.messages_now if "You edited" in seen.words]
    assert len(notes) == 1


async def test_a_preview_of_a_link_is_no_edit(office: Office) -> None:
    call = await begins_call(office.rep())
    line = await call.thread.says(HELLO)
    await call.hears_customer(2)
    await noise.unfurled(line)
    assert await call.says(LINES[1])
    assert not [seen for seen in call.thread.messages_now if "You edited" in seen.words]


async def test_what_is_no_line_of_the_rep_is_not_heard(office: Office) -> None:
    sam, stranger = office.rep(), office.rep()
    call = await begins_call(sam)
    await noise.huddle(call.thread)
    await noise.empty(call.thread)
    await noise.other_app(call.thread, "Build 4711 is green.")
    await noise.unfurled(call.thread.root)
    beside = await stranger.joins_thread_of(call.thread)
    await beside.says("Hello Helen, I am somebody else.")
    await sam.uploads("offer.pdf", thread=call.thread)
    await call.hears("Only text is read here")
    assert await call.says(HELLO)
    # A file with words beside it is the words.
    await sam.uploads("card.png", text=LINES[1], thread=call.thread)
    await call.hears_customer(3)
    assert len(call.customers_lines) == 3

    # Her opinion of the stranger's buttons: they are not the stranger's to press.
    await stranger.presses(call.thread.root, "End call")
    assert await call.says(LINES[2])
    await call.ends()


async def test_a_first_word_at_top_level_is_met_with_what_to_do(office: Office) -> None:
    sam = office.rep()
    await sam.opens_messages()
    thread = await sam.says("hi")
    told = await thread.hears("Rehearse a sales call", THINKING_S)
    await sam.presses(told, "Start a call")
    window = await sam.modal()
    assert window.title == "Start a call"
    await window.close()
    thread = await sam.says("What can you do?")
    assert (await thread.hears("Start", THINKING_S)).buttons == ["Start a call"]
    thread = await sam.says("lorem ipsum")
    assert (await thread.hears("There is no call here.", THINKING_S)).buttons == ["Start a call"]


async def test_rehearse_with_helen_marsh_starts_the_call_under_those_words(office: Office) -> None:
    sam = office.rep()
    thread = await sam.says("Rehearse with Helen Marsh")
    call = Call(sam, thread)
    card = await thread.hears("Call with Helen Marsh", THINKING_S)
    assert card.buttons == ["Hint", "Ask copilot", "End call"]
    await call.hears_customer(1)
    assert await call.says(HELLO)
    await call.ends()


async def test_slash_roleplay_with_a_name_without_one_and_with_nobodys(office: Office) -> None:
    sam = office.rep()
    await sam.types("/roleplay", "helen-marsh")
    window = await sam.modal()
    assert window.values["Customer"] == "Helen Marsh"
    await window.close()

    await sam.types("/roleplay")
    window = await sam.modal()
    assert window.values["Customer"]
    await window.close()

    await sam.types("/roleplay", "nobody")
    window = await sam.modal()
    assert "There is no customer called “nobody”" in window.words
    await window.choose("Customer", "Priya Raman")
    assert await window.submit() is None
    await in_call(sam, "Priya Raman")

    await sam.types("/roleplay", "help")
    await sam.ephemeral("How to rehearse a call", THINKING_S)
    assert sam.errors == []


async def test_the_shortcut_from_anywhere_and_a_call_that_the_manager_may_read(office: Office) -> None:
    sam = office.rep()
    await sam.shortcut("start_roleplay")
    window = await sam.modal()
    await window.choose("Customer", "Priya Raman")
    await window.choose("Difficulty", "Hard")
    await window.choose("Who can see it", "Visible to my manager")
    assert await window.submit() is None
    call = await in_call(sam, "Priya Raman")
    said = "Your manager can read this call's transcript and scorecard."
    assert said in call.thread.root.words
    scorecard = await call.ends()
    assert said in scorecard.words
    assert "Make private" in scorecard.buttons

    # It is still so at home and when the call is tried again; only she can change it.
    await sam.opens_home()
    await sam.sees_home("visible to your manager", THINKING_S)
    await sam.presses(scorecard, "Make private")
    await call.hears("Your call with Priya Raman: Only you can see this call.")
    await sam.opens_home()
    await sam.sees_home("only you can see it", THINKING_S)


async def test_a_redelivered_line_is_answered_once(office: Office) -> None:
    call = await begins_call(office.rep())
    await call.thread.says(HELLO, deliveries=4)
    await call.hears_customer(2)
    assert await call.says(LINES[1])
    assert len(call.customers_lines) == 3
