"""What is said when something cannot be done, or was done: what happened, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from bot.presentation import Actions, Button, Message, Part, Words
from bot.shown.help import START
from bot.shown.home import RunningCall
from bot.shown.seen import difficulty_name, who_sees
from bot.shown.shortened import shortened

NAME_LONGEST = 50
CALLS_LISTED = 10


def trouble(sentence: str) -> Message:
    """A sentence of ours for the person, and nothing else."""
    return Message(summary=sentence, parts=(Words(text=sentence),))


def not_a_call() -> Message:
    """She wrote where no call is."""
    return _with(
        "There is no call here. Start one, or ask about your company's papers with ? and your question.",
        START,
    )


def call_is_over(customer: str, roleplay: str) -> Message:
    """She wrote to a customer who is no longer on the line."""
    return _with(
        f"The call with {customer} is over, so nobody heard that. Try it again from one of your turns.",
        Button(action="retry", label="Try again from …", value=roleplay, style="primary"),
        Button(action="scorecard", label="Scorecard", value=roleplay),
    )


def stopped(customer: str, roleplay: str) -> Message:
    """She stopped a reply: her line stands, and the customer still owes an answer."""
    return _with(
        f"Stopped. Your line stands, and {customer} has not answered it. Write more, or let the answer come.",
        Button(action="answer", label=f"Let {shortened(customer, NAME_LONGEST)} answer", value=roleplay),
    )


def stopped_asking() -> Message:
    """She stopped something that is no call."""
    return trouble("Stopped. Ask again whenever you like.")


def failed(roleplay: str = "") -> Message:
    """A turn was given up after several tries. In a call, one press tries it once more."""
    if not roleplay:
        return trouble(
            "That did not work, and trying again did not help. Please try once more in a few minutes."
        )
    return _with(
        "The reply did not come, though it was tried several times. What you wrote is kept.",
        Button(action="answer", label="Try again", value=roleplay, style="primary"),
    )


def scorecard_failed(roleplay: str) -> Message:
    """The coach could not judge a call; one press asks again."""
    return _with(
        "The scorecard did not come, though it was tried several times. Your call is kept.",
        Button(action="scorecard", label="Try again", value=roleplay, style="primary"),
    )


def not_yours() -> Message:
    """An id that is not hers, or is nothing at all; which of the two is not told."""
    said = trouble("There is no such call of yours. Your own calls are on the Home tab.")
    return said.model_copy(update={"private": True})  # pressed where others read along, say


def edited_note(turn: int) -> Message:
    """She changed a line that is in the transcript."""
    return trouble(
        f"You edited turn {turn}. The call goes on with what you said first; the transcript shows both."
    )


def deleted_note(turn: int) -> Message:
    """She took back a line that is in the transcript."""
    return trouble(
        f"You deleted turn {turn}. What is said on the phone is said: the call goes on with it, "
        "and the transcript notes that you took it back."
    )


def no_files() -> Message:
    """She sent a file, a picture or a sound."""
    return trouble("Only text is read here, so the file went nowhere. Write what you want to say.")


def nothing_to_end() -> Message:
    """She ends a call, and none is running."""
    return _with("You have no running call. Start one whenever you like.", START)


def which_call(running: Sequence[RunningCall]) -> Message:
    """She ends a call, and several are running."""
    parts: list[Part] = [Words(text="You have several running calls. Which one is to end?")]
    for call in running[:CALLS_LISTED]:
        turns = "1 turn" if call.turns == 1 else f"{call.turns} turns"
        parts.append(Words(text=f"{call.customer}, {difficulty_name(call.difficulty).lower()}, {turns}"))
        parts.append(Actions(buttons=(Button(action="end", label="End call", value=call.roleplay),)))
    return Message(summary="You have several running calls. Which one is to end?", parts=tuple(parts))


def visibility_changed(customer: str, visibility: str) -> Message:
    """She changed who can see a call."""
    return trouble(f"Your call with {customer}: {who_sees(visibility)}")


def unknown_customer(name: str) -> Message:
    """She asked for a customer who does not exist."""
    return _with(
        f"There is no customer called “{shortened(name, NAME_LONGEST)}”. Pick one from the list.", START
    )


def _with(sentence: str, *actions: Button | Actions) -> Message:
    buttons: list[Button] = []
    for action in actions:
        buttons += action.buttons if isinstance(action, Actions) else (action,)
    return Message(summary=sentence, parts=(Words(text=sentence), Actions(buttons=tuple(buttons))))
