"""One turn on the desk: who wants something, where, and how she is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.records.unbroken import unbroken
from bot.messages import Event
from bot.presentation import Content, File, Message, Outgoing, Place

if TYPE_CHECKING:
    from agents.records.store import Records
    from bot.consulting import Keep
    from bot.house import House
    from bot.salesmate import SalesMate
    from bot.turns.incoming import Incoming
    from bot.turns.ports import Live, Turn


def place_id(channel: str, thread: str) -> str:
    """A thread's name in the records."""
    return f"{channel}:{thread}"


@dataclass(frozen=True)
class Task:
    """A turn with what is needed to do it."""

    turn: Turn
    live: Live
    house: House
    salesmate: SalesMate
    records: Records
    underway: Callable[[str, str], None]
    """Told which customer is about to speak, and in which call, in case she is stopped."""

    @property
    def incoming(self) -> Incoming:
        return self.turn.incoming

    @property
    def place(self) -> Place:
        return self.turn.incoming.place

    @property
    def thread(self) -> str:
        """The records' name of the thread this comes from; empty where it comes from none."""
        return place_id(self.place.channel, self.place.thread) if self.place.thread else ""

    @property
    def own_messages(self) -> Place:
        """The person's direct messages, at their top level."""
        return Place(person=self.place.person)

    def given(self, name: str) -> str:
        """A value of the incoming's data as text; empty where it is missing. Nothing in it is trusted."""
        value: Any = self.incoming.data.get(name, "")
        return "" if value is None else str(value)

    async def place_of(self, roleplay: str) -> Place:
        """Where the call takes place, or else where this comes from. Raises NotFound."""
        known = await self.records.place_of(roleplay)
        if known is None:
            return self.place
        channel, _, thread = known.partition(":")
        return Place(person=self.place.person, channel=channel, thread=thread)

    def note(self, message: Message) -> Outgoing:
        """Said where this comes from; for her eyes only where others may be about."""
        private = message.private or bool(self.place.reply_url)
        return Outgoing(place=self.place, content=message.model_copy(update={"private": private}))

    async def tell(self, *said: Message | File) -> None:
        """Answer with these, and nothing else is to be written."""
        await self.finish([self.note(one) if isinstance(one, Message) else self.at(one) for one in said])

    def at(self, content: Content) -> Outgoing:
        """Said where this comes from, as it is."""
        return Outgoing(place=self.place, content=content)

    @unbroken
    async def finish(self, outgoing: Sequence[Outgoing] = ()) -> None:
        """The turn is done."""
        async with self.records.database.together(self.records.tenant):
            await self.turn.finish(outgoing)

    def finishing(
        self,
        told: Callable[[Sequence[Event]], Sequence[Outgoing]],
        then: Callable[[Sequence[Event]], Incoming | None] = lambda _: None,
    ) -> Keep:
        """Finishes the turn, in the transaction of a use case, with what is `told` of what happened and what
        is to be done `then`."""

        async def keep(events: Sequence[Event]) -> None:
            await self.turn.finish(told(events), then(events))

        return keep
