"""What turns need around them in tests: a work that echoes, and a platform that remembers by key."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from agents.records.database import Database
from agents.records.unbroken import unbroken
from bot.presentation import Message, Outgoing, Place, Speaker
from bot.turns.events import TurnEvent
from bot.turns.incoming import Incoming, Kind
from bot.turns.patience import Patience
from bot.turns.ports import DeliverLater, Live, Posting, Receipt, Remember, Turn
from bot.turns.queue import Queue, open_queue
from bot.turns.worker import Worker

QUICK = Patience(retry_s=0.01, deliver_s=0.01, longest_deliver_s=0.02, deliveries=5, later_s=1.5)
PATIENCE_S = 20.0


def said(text: str, conversation: str = "acme:D1:1", key: str = "", **more: Any) -> Incoming:
    """A rep's line; its words are its event's key too, unless one is given."""
    return Incoming(
        platform="test",
        tenant="acme",
        event_key=key or f"{conversation} {text}",
        conversation=conversation,
        kind=more.pop("kind", Kind.SAID),
        person="sam",
        place=Place(person="sam", channel="D1", thread=conversation),
        data={"text": text},
        **more,
    )


def line(incoming: Incoming, text: str, **more: Any) -> Outgoing:
    return Outgoing(place=incoming.place, content=Message(summary=text), **more)


async def until(true: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Wait for it; the test fails when it does not come."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # there is no event for everything
            await asyncio.sleep(0.005)


Think = Callable[[Turn, Live], Awaitable[Sequence[Outgoing]]]


async def echo(turn: Turn, _live: Live) -> Sequence[Outgoing]:
    return [line(turn.incoming, f"you said {turn.incoming.data['text']}")]


class Echo:
    """A work whose thinking the test decides; its words about stops and failures are fixed."""

    def __init__(self, database: Database, think: Think = echo) -> None:
        self._database = database
        self.think = think
        self.begun: list[str] = []
        self.told: list[tuple[str, Receipt]] = []

    async def handle(self, turn: Turn, live: Live) -> None:
        self.begun.append(turn.incoming.data["text"])
        if turn.stopped:
            await self._keep(turn, self.stopped(turn.incoming))
            return
        await self._keep(turn, await self.think(turn, live))

    @unbroken
    async def _keep(self, turn: Turn, outgoing: Sequence[Outgoing]) -> None:
        async with self._database.together(turn.incoming.tenant):
            await turn.finish(outgoing)

    async def delivered(self, incoming: Incoming, outgoing: Outgoing, receipt: Receipt) -> None:
        assert isinstance(outgoing.content, Message)
        self.told.append((outgoing.content.summary, receipt))

    def stopped(self, incoming: Incoming) -> Sequence[Outgoing]:
        return [line(incoming, f"stopped {incoming.data['text']}")]

    def failed(self, incoming: Incoming) -> Sequence[Outgoing]:
        return [line(incoming, f"failed {incoming.data['text']}")]


@dataclass
class Platform:
    """Keeps what was posted by its key, as a real one does: told that a message may be there already, it
    looks before it posts. `before` and `after` the posting a test may break things."""

    threads: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    keys: dict[str, Receipt] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    before: Callable[[Posting], Awaitable[None]] | None = None
    after: Callable[[Posting], Awaitable[None]] | None = None
    pieces: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def live(self, _incoming: Incoming, remember: Remember) -> AsyncIterator[Live]:
        self.remember = remember
        yield self

    def thinking(self, speaker: Speaker | None) -> None:
        """Shown nowhere."""

    def piece(self, text: str) -> None:
        self.pieces.append(text)

    async def deliver(self, posting: Posting) -> Receipt:
        self.postings.append(posting)
        if self.before:
            await self.before(posting)
        if posting.maybe_posted and posting.key in self.keys:
            return self.keys[posting.key]
        assert isinstance(posting.outgoing.content, Message)
        place = posting.outgoing.place
        self.threads[place.thread].append(posting.outgoing.content.summary)
        receipt = Receipt(place.channel, f"m{sum(map(len, self.threads.values()))}")
        self.keys[posting.key] = receipt
        if self.after:
            await self.after(posting)
        return receipt

    @property
    def texts(self) -> list[str]:
        return [text for thread in self.threads.values() for text in thread]


class Broken(Exception):
    """Its text quotes what a rep said: it must not get anywhere."""


def unreliable(chance: Callable[[], bool]) -> Callable[[Posting], Awaitable[None]]:
    async def maybe(_posting: Posting) -> None:
        await asyncio.sleep(0)
        if chance():
            raise DeliverLater("time-out", maybe_posted=True)

    return maybe


@dataclass
class House:
    """A database with its queue, and workers that come and go."""

    database: Database
    work: Echo
    platform: Platform
    queue: Queue
    events: list[TurnEvent] = field(default_factory=list)

    def worker(self, **more: Any) -> Worker:
        settings: dict[str, Any] = {"lease_s": 15.0, "patience": QUICK, **more}
        return Worker(
            self.database,
            self.queue,
            self.work,
            {"test": self.platform},
            on_event=self.events.append,
            **settings,
        )

    @asynccontextmanager
    async def working(self, **more: Any) -> AsyncIterator[Worker]:
        worker = self.worker(**more)
        running = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def statuses(self) -> dict[str, int]:
        """Turns by state, those that are there."""
        every = ("queued", "running", "answered", "done", "dead", "stopped", "dropped")
        entries = await self.queue.entries(every, limit=10_000)
        return {status: n for status in every if (n := sum(entry.status == status for entry in entries))}

    async def all_worked(self, seconds: float = PATIENCE_S) -> None:
        async with asyncio.timeout(seconds):
            while await self.queue.oldest_waiting_s():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


def house_of(database: Database) -> House:
    return House(database, Echo(database), Platform(), open_queue(database))
