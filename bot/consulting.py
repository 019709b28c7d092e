"""What every use case stands on, and the copilot's: ask, hint, judge an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from agents.copilot.kept import answer_entry, hint_entry
from agents.copilot.kept import keep as keep_if_possible
from agents.parts import Parts
from agents.records.entries import Feedback
from agents.records.store import Records
from agents.records.unbroken import unbroken
from bot.calls import Call, PersonasInUse, heard_by_copilot, said
from bot.messages import Answered, Event, Hinted, Judged

if TYPE_CHECKING:
    from agents.records.entries import NewQuestion

E = TypeVar("E", bound=Sequence[Event])
T = TypeVar("T", Answered, Hinted)
Keep = Callable[[Sequence[Event]], Awaitable[None]]
"""Writes along with what happened, in the same transaction: what it raises undoes all of it. It must not
think or wait."""

RECENT_QUESTIONS = 3
"""How much of what the copilot was asked during a call it is shown."""


async def nothing_more(_: Sequence[Event]) -> None:
    """For callers that have nothing to write themselves."""


class Consulting:
    """One person's records and what thinks for her; she can ask the copilot."""

    def __init__(self, records: Records, parts: Parts, personas: PersonasInUse | None = None) -> None:
        self._records = records
        self._parts = parts
        self._personas = personas or PersonasInUse()

    async def call(self, roleplay_id: str) -> Call:
        """The call as the records hold it. Raises NotFound."""
        roleplay, turns = await self._records.call(roleplay_id)
        return Call(roleplay, self._personas.of(roleplay), tuple(turns))

    async def ask(
        self,
        question: str,
        *,
        collection: str | None = None,
        roleplay_id: str | None = None,
        keep: Keep | None = None,
    ) -> Answered:
        """The copilot's answer, kept with the question. In a call it reads the firm's own collection.

        Without `keep`, a database that will not have the question does not cost the answer.
        """
        from agents.graph import ask

        call = await self.call(roleplay_id) if roleplay_id else None
        collection = collection or (call.persona.seller.collection if call else None)
        asked = await self._records.questions(RECENT_QUESTIONS, call.roleplay.id) if call else ()
        answer = await ask(self._parts, question, collection, heard_by_copilot(call, asked))
        entry = answer_entry(question, answer, roleplay_id)
        return await self._asked(entry, lambda kept: Answered(question, answer, kept), keep)

    async def hint(self, roleplay_id: str, keep: Keep | None = None) -> Hinted:
        """What is worth knowing about what the customer just said, kept as a question is; often nothing."""
        from agents.graph import worth_knowing

        call = await self.call(roleplay_id)
        found = await worth_knowing(self._parts, call.persona.seller.collection, said(call))
        entry = hint_entry(found, roleplay_id)
        return await self._asked(entry, lambda kept: Hinted(found.notes, kept), keep)

    async def feedback(self, question_id: str, verdict: Feedback, keep: Keep = nothing_more) -> Judged:
        """Keep what the asker thinks of an answer; said again, the last word counts. Raises NotFound."""

        async def write() -> list[Judged]:
            await self._records.question_feedback(question_id, verdict)
            return [Judged(question_id, verdict)]

        return (await self._together(write, keep))[0]

    @unbroken
    async def _together(self, write: Callable[[], Awaitable[E]], keep: Keep, *, if_any: bool = False) -> E:
        """What `write` writes, and what `keep` writes of the events it returns: all of it or nothing."""
        async with self._records.database.together(self._records.tenant):
            events = await write()
            if events or not if_any:
                await keep(events)
        return events

    async def _asked(self, entry: NewQuestion, told: Callable[[str | None], T], keep: Keep | None) -> T:
        if keep is None:
            return told(await keep_if_possible(self._records, entry))

        async def write() -> list[T]:
            return [told((await self._records.save_question(entry)).id)]

        return (await self._together(write, keep))[0]
