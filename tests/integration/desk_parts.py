"""A desk at work in tests: the real queue, worker and records, a platform that remembers, and people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from agents.models.voice import SCRIPTED, Voice
from agents.parts import Parts
from agents.records.database import Database
from agents.records.store import Records
from bot.desk.desk import Desk
from bot.house import House
from bot.knowledge import Documents
from bot.presentation import Actions, Message, Outgoing, Place, Speaker
from bot.turns.incoming import Incoming, Kind
from bot.turns.patience import Patience
from bot.turns.ports import Live, Posting, Receipt, Remember
from bot.turns.queue import Queue, open_queue
from bot.turns.worker import Worker
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import Hit
from ingestion.search import Search
from tests.ears import embedder, listener

TENANT = "slack-T0ACME"
QUICK = Patience(retry_s=0.01, deliver_s=0.01, longest_deliver_s=0.02, later_s=5)


class Shelf:
    """A workspace's documents, open."""

    def __init__(self, file: Path) -> None:
        self._index = EmbeddedIndex(file)
        self._search = Search(self._index, embedder(), audiences=())

    def search(self, query: str, collection: str | None) -> tuple[Hit, ...]:
        return self._search(query, collection)

    def close(self) -> None:
        self._index.close()


@dataclass
class Platform:
    """Posts by key, once each, in threads; a message at top level begins one."""

    posted: dict[str, tuple[Posting, Receipt]] = field(default_factory=dict)
    thinking_now: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1000))
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, what was posted is there, but we are not told so."""

    def __post_init__(self) -> None:
        self.answers.set()

    @asynccontextmanager
    async def live(self, _incoming: Incoming, _remember: Remember) -> AsyncIterator[Live]:
        yield self

    def thinking(self, speaker: Speaker | None) -> None:
        self.thinking_now.append(speaker.name if speaker else "")

    def piece(self, text: str) -> None:
        """Shown nowhere."""

    async def deliver(self, posting: Posting) -> Receipt:
        if posting.key in self.posted:
            return self.posted[posting.key][1]
        place = posting.outgoing.place
        receipt = Receipt(place.channel or f"D{place.person}", f"{next(self.numbers)}.0")
        self.posted[posting.key] = (posting, receipt)
        await self.answers.wait()
        return receipt

    @property
    def outgoing(self) -> list[Outgoing]:
        return [posting.outgoing for posting, _ in self.posted.values()]


@dataclass
class Office:
    """One process that serves a workspace."""

    database: Database
    house: House
    queue: Queue
    platform: Platform
    worker: Worker

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Office]:
        running = asyncio.create_task(self.worker.run())
        try:
            yield self
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            self.house.close()

    async def settled(self) -> None:
        """Until every turn is over."""
        async with asyncio.timeout(60):
            while True:
                counts = await self.queue.counts()
                if not any(counts.get(status) for status in ("queued", "running", "answered")):
                    return
                await asyncio.sleep(0.01)


def office_of(
    database: Database, index: Path, customer: Voice = SCRIPTED, empty: Path | None = None
) -> Office:
    """`index` is what the workspace `TENANT` may read; every other one reads `empty`."""
    shelves = {TENANT.lower(): index}
    documents = Documents(lambda workspace: Shelf(shelves.get(workspace, empty or index)))
    parts = Parts(
        lambda persona: listener(persona.id), documents.of(TENANT.lower()), embedder(), customer=customer
    )
    house = House(database, parts, lambda _: None, documents, str.lower)
    queue, platform = open_queue(database), Platform()
    worker = Worker(database, queue, Desk(house), {"slack": platform}, patience=QUICK)
    return Office(database, house, queue, platform, worker)


@dataclass
class Person:
    """Somebody with direct messages; what she does is told as she would tell it."""

    office: Office
    id: str = "U1REP"
    tenant: str = TENANT
    times: Any = field(default_factory=lambda: count(1))

    @property
    def records(self) -> Records:
        return self.office.house.records(self.tenant, self.id)

    @property
    def channel(self) -> str:
        return f"D{self.id}"

    async def does(self, kind: Kind, place: Place | None = None, **data: Any) -> list[Outgoing]:
        """And what she is told for it."""
        before = len(self.office.platform.posted)
        await self.puts(kind, place, **data)
        await self.office.settled()
        return self.office.platform.outgoing[before:]

    async def puts(self, kind: Kind, place: Place | None = None, *, key: str = "", **data: Any) -> Incoming:
        place = place or Place(person=self.id)
        where = f"{place.channel}:{place.thread}" if place.thread else f"start:{self.id}"
        incoming = Incoming(
            platform="slack",
            tenant=self.tenant,
            event_key=key or f"{self.id}-{next(self.times)}",
            conversation=f"{self.tenant}:{where}",
            kind=kind,
            person=self.id,
            place=place,
            data=data,
        )
        await self.office.queue.put(incoming)
        return incoming

    async def says(self, text: str, thread: str = "", channel: str = "") -> list[Outgoing]:
        """In a thread; or at top level, which is the first message of a thread of its own."""
        number = f"{next(self.times)}.5"
        place = Place(person=self.id, channel=channel or self.channel, thread=thread or number)
        return await self.does(Kind.SAID, place, text=text, message=number)

    async def calls(self, persona: str = "helen-marsh", **data: Any) -> tuple[str, str]:
        """Start a call: its id, and the thread it is in."""
        card, _ = await self.does(Kind.START, persona=persona, **data)
        place = await self.records.place_of(card.roleplay)
        assert place
        return card.roleplay, place.partition(":")[2]

    def at(self, thread: str) -> Place:
        return Place(person=self.id, channel=self.channel, thread=thread)


def message(outgoing: Outgoing) -> Message:
    assert isinstance(outgoing.content, Message)
    return outgoing.content


def summary(outgoing: Outgoing) -> str:
    return message(outgoing).summary


def buttons(outgoing: Outgoing) -> dict[str, str]:
    """Action to value."""
    rows = [part for part in message(outgoing).parts if isinstance(part, Actions)]
    return {button.action: button.value for row in rows for button in row.buttons}
