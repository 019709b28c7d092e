"""A rep's first day: from the empty Home page to a scorecard, another try, and a transcript to keep."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.machine import written
from tests.e2e.slack_office import HELEN, THINKING_S, Call, Office, in_call
from tests.proofs import only_in_full

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES = written("good").splitlines()


@pytest.mark.parametrize(
    "kept_in", [pytest.param("sqlite", marks=only_in_full), "postgresql"], indirect=True, scope="module"
)
async def test_from_the_empty_home_page_to_the_transcript_in_a_file(office: Office) -> None:
    sam = office.rep()

    # She opens SalesMate and is told what to do.
    await sam.opens_home()
    page = await sam.sees_home("How it goes", THINKING_S)
    assert page.buttons == ["Start a call"]

    # She looks for a customer by what she half remembers of her.
    await sam.presses(page, "Start a call")
    window = await sam.modal()
    assert "Helen Marsh" in await window.search("Customer", "headteacher")
    assert len(await window.search("Customer", "")) > 2
    assert await window.search("Customer", "zzz") == []
    await window.choose("Customer", "Helen Marsh")
    assert window.values["Difficulty"] == "Normal"
    assert window.values["Who can see it"] == "Private practice"
    assert await window.submit() is None
    assert not window.is_open

    # A thread opens under a card that says who is on the phone, and who can see the call.
    call = await in_call(sam)
    card = call.thread.root
    assert "Call with Helen Marsh" in card.words
    assert "Only you can see this call." in card.words
    assert card.buttons == ["Hint", "Ask copilot", "End call"]
    assert call.thread.title in ("Call with Helen Marsh", "")

    # She talks, and the customer answers each line once, under her own name and picture.
    for line in LINES[:5]:
        assert await call.says(line)
    hers = [seen for seen in call.thread.messages_now if seen.username == HELEN]
    assert len(hers) == 1 + 5
    assert all(seen.message.icons for seen in hers)
    await sam.opens_home()
    running = await sam.sees_home("Your running calls")
    assert "Helen Marsh" in running.words
    assert any("/archives/" in url for url, label in running.links if label == "Open")

    # She asks for a hint, and goes on.
    await call.thread.presses("Hint")
    await call.hears("just")
    for line in LINES[5:]:
        await call.thread.says(line)

    # The call ends, and the scorecard comes.
    scorecard = await call.hears("Scorecard: Helen Marsh, normal") if _over(call) else await call.ends()
    for part in ("of 100", "What went well", "What to do differently", "Say instead", "things."):
        assert part in scorecard.words
    assert "Turn 2: “" in scorecard.words
    assert {"Try again from …", "Try harder", "Make visible to my manager", "Export"} == set(
        scorecard.buttons
    )

    # She lets her manager see it, and thinks better of it.
    await sam.presses(scorecard, "Make visible to my manager")
    await call.hears(
        "Your call with Helen Marsh: Your manager can read this call's transcript and scorecard."
    )
    await office.slack.until(lambda: "Make private" in scorecard.buttons, THINKING_S, "the card is changed")
    assert "Only you can see this call." not in scorecard.words
    await sam.presses(scorecard, "Make private")
    await call.hears("Your call with Helen Marsh: Only you can see this call.")
    await office.slack.until(lambda: "Make private" not in scorecard.buttons, THINKING_S, "and changed back")
    assert "Only you can see this call." in scorecard.words

    # The transcript is hers to keep.
    await sam.presses(scorecard, "Export")
    await office.slack.until(lambda: _files(office, call), THINKING_S, "a file in the thread")
    (file,) = _files(office, call)
    assert file["name"].startswith("call-helen-marsh-")

    # Once more from a turn that went badly: a new thread begins where the old call was then.
    await sam.presses(scorecard, "Try again from …")
    window = await sam.modal()
    (field,) = window.labels
    turn = next(option for option in window.options(field) if option.startswith("8:"))
    await window.choose(field, turn)
    assert await window.submit() is None
    again = await in_call(sam)
    assert "attempt 2" in again.thread.root.words
    await again.hears("What was said so far")
    assert await again.says("And what made the talk worth an evening of yours?")
    await again.ends()

    # And against a harder Helen.
    await sam.presses(scorecard, "Try harder")
    harder = await in_call(sam)
    assert "Hard" in harder.thread.root.words
    assert await harder.says(LINES[0])
    hardest = await harder.ends()
    assert "Try harder" not in hardest.buttons

    # At home she sees how she did.
    await sam.opens_home()
    page = await sam.sees_home("You are")
    assert page.buttons.count("Scorecard") == 3
    assert "Your running calls" not in page.words


def _over(call: Call) -> bool:
    return any("ended the call" in seen.words for seen in call.thread.messages_now)


def _files(office: Office, call: Call) -> list[dict[str, Any]]:
    return [file for seen in call.thread.messages_now for file in seen.message.files]
