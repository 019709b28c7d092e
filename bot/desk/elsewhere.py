"""What is said where no call of the person's is: a wish for one, a question, or a stranger's words."""

from __future__ import annotations

import asyncio

from agents.route import Intent, intent_of, question_in
from bot.desk.asking import answer_question
from bot.desk.opening import begin
from bot.desk.task import Task
from bot.desk.wish import wish_of
from bot.shown.customers import customers
from bot.shown.help import welcome
from bot.shown.trouble import not_a_call
from bot.turns.backlog import Backlog
from bot.turns.incoming import Kind
from bot.turns.ports import TryLater

OPENING = (Kind.START, Kind.RETRY, Kind.HARDER)
NOT_OPENED_YET_S = 0.5


async def said_elsewhere(task: Task, text: str) -> None:
    """She wrote at the top level of her messages, or in a thread that is no call of hers. Raises TryLater and
    KnowledgeError."""
    opening = await _one_is_opening(task)
    taken = await task.records.is_taken(task.thread)
    if await task.records.roleplay_at(task.thread) is not None:
        # Her call got its thread since this was looked up. Looked at last, it cannot have slipped through:
        # what is not here yet was still opening a moment ago.
        raise TryLater(0)
    if intent_of(text) is not Intent.SAY:
        await answer_question(task, question_in(text), "", task.place, private=taken or None)
    elif taken:
        await task.finish()  # a stranger in somebody's call is not heard
    elif task.given("message") == task.place.thread:
        await _said_at_top_level(task, text)
    elif opening:
        raise TryLater(NOT_OPENED_YET_S)
    else:
        await task.tell(not_a_call())


async def _said_at_top_level(task: Task, text: str) -> None:
    wish = wish_of(text, await asyncio.to_thread(customers))
    if wish.persona:
        return await begin(task, wish.persona, wish.difficulty, "private", task.place)
    return await task.tell(welcome() if wish.wants_call or wish.greets else not_a_call())


async def _one_is_opening(task: Task) -> bool:
    """Whether a call of hers is about to get its thread: it may be this one."""
    asked = task.incoming
    backlog = Backlog(task.house.database)
    return await backlog.unfinished(asked.platform, asked.tenant, asked.person, OPENING)
