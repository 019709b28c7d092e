"""What is said in a call, and how a call ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.records.errors import RolePlayEnded
from agents.records.unbroken import unbroken
from agents.route import Intent, intent_of, question_in
from bot.desk.asking import answer_question, give_hint
from bot.desk.elsewhere import said_elsewhere
from bot.desk.task import Task, place_id
from bot.desk.telling import customer_of, running_call, told
from bot.messages import Ended, Event
from bot.presentation import Place
from bot.shown.trouble import (
    call_is_over,
    deleted_note,
    edited_note,
    nothing_to_end,
    stopped,
    stopped_asking,
    which_call,
)
from bot.turns.incoming import Incoming, Kind

if TYPE_CHECKING:
    from agents.records.entries import RolePlay
    from bot.consulting import Keep


async def said(task: Task) -> None:
    """She wrote something in a thread or at the top level of her messages."""
    text = task.given("text").strip()
    if not text:
        return await task.finish()
    roleplay = await _heard_in(task, text)
    if roleplay is not None and intent_of(text) is Intent.SAY:
        return await _said_to_customer(task, roleplay)
    if task.turn.stopped:
        return await task.tell(stopped_asking())
    if roleplay is None:
        return await said_elsewhere(task, text)
    if intent_of(text) is Intent.HINT:
        return await give_hint(task, roleplay.id, task.place)
    return await answer_question(task, question_in(text), roleplay.id, task.place)


async def answer(task: Task) -> None:
    """The customer is to answer the line that she owes an answer. Raises NotFound."""
    roleplay = await task.records.roleplay(task.given("roleplay"))
    if task.turn.stopped:
        return await task.tell(stopped(roleplay.customer, roleplay.id))
    return await _answer(task, roleplay, await task.place_of(roleplay.id))


async def end(task: Task) -> None:
    """She hangs up, and is shown her scorecard. Raises NotFound."""
    roleplay_id = task.given("roleplay")
    if not roleplay_id and (here := await task.records.roleplay_at(task.thread)):
        roleplay_id = here.id
    if not roleplay_id:
        running = await task.salesmate.running()
        if len(running) != 1:
            return await task.tell(
                which_call([running_call(call) for call in running]) if running else nothing_to_end()
            )
        roleplay_id = running[0].roleplay.id
    roleplay = await task.records.roleplay(roleplay_id)
    place = await task.place_of(roleplay_id)
    if not await task.salesmate.end(roleplay_id, keep=_telling(task, roleplay, place)):
        await task.tell(call_is_over(roleplay.customer, roleplay.id))
    return None


async def edited(task: Task) -> None:
    """She changed a message of hers."""
    await _revise(task, task.given("text"))


async def deleted(task: Task) -> None:
    """She took a message of hers back."""
    await _revise(task, None)


@unbroken
async def _heard_in(task: Task, text: str) -> RolePlay | None:
    """Her call here, with the line in its transcript if it is for the customer. A stop does not break this
    off: what she said, she said."""
    roleplay = await task.records.roleplay_at(task.thread)
    if roleplay is None or intent_of(text) is not Intent.SAY:
        return roleplay
    task.underway(roleplay.customer, roleplay.id)
    try:
        await task.salesmate.say(roleplay.id, text, message=_message_of(task))
    except RolePlayEnded:
        return await task.records.roleplay(roleplay.id)
    return roleplay


async def _said_to_customer(task: Task, roleplay: RolePlay) -> None:
    if roleplay.status != "running":
        return await task.tell(call_is_over(roleplay.customer, roleplay.id))
    if task.turn.stopped:
        return await task.tell(stopped(roleplay.customer, roleplay.id))
    return await _answer(task, roleplay, task.place)


async def _answer(task: Task, roleplay: RolePlay, place: Place) -> None:
    customer = customer_of(roleplay)
    task.underway(roleplay.customer, roleplay.id)
    task.live.thinking(customer)
    keep = _telling(task, roleplay, place)
    try:
        happened = await task.salesmate.answer(roleplay.id, task.live.piece, keep)
    except RolePlayEnded:
        # Ended meanwhile from her own page.
        return await task.tell(call_is_over(roleplay.customer, roleplay.id))
    if happened:
        return None
    if roleplay.status != "running":
        return await task.tell(call_is_over(roleplay.customer, roleplay.id))
    return await task.finish()


def _telling(task: Task, roleplay: RolePlay, place: Place) -> Keep:
    """What happened is told in the call's thread. The scorecard of a call that is over is a turn of its own:
    nobody waits for a coach who thinks before she reads the goodbye."""

    def then(events: Sequence[Event]) -> Incoming | None:
        if not any(isinstance(event, Ended) for event in events):
            return None
        return replace(
            task.incoming,
            event_key=f"{task.incoming.event_key}/scorecard",
            kind=Kind.SCORECARD,
            place=place,
            data={"roleplay": roleplay.id},
        )

    return task.finishing(lambda events: told(events, roleplay, place), then)


async def _revise(task: Task, text: str | None) -> None:
    message = _message_of(task)
    turn = await task.records.turn_of_message(message)
    if turn is None:
        return await task.finish()
    notes = []
    if text is None:
        notes = [task.note(deleted_note(turn.n))]
    elif not turn.revisions:
        notes = [task.note(edited_note(turn.n))]  # said once a line, however often she polishes it

    async def keep(_: Sequence[Event]) -> None:
        await task.turn.finish(notes)

    if await task.salesmate.revise(message, text, keep) is None:
        await task.finish()
    return None


def _message_of(task: Task) -> str:
    """The records' name of the message: platforms number messages by channel."""
    return place_id(task.place.channel, task.given("message"))
