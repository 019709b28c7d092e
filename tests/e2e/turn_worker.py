"""A worker as a process of its own, to be killed: it echoes, and its platform is a file that everybody adds
to. Run: python -m tests.e2e.turn_worker DATABASE FILE"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import uniform

from agents.records.database import Database, open_database
from agents.records.unbroken import unbroken
from bot.presentation import Message, Outgoing, Speaker
from bot.turns.incoming import Incoming
from bot.turns.patience import Patience
from bot.turns.ports import Live, Posting, Receipt, Remember, Turn
from bot.turns.queue import open_queue
from bot.turns.worker import Worker

LEASE_S = 1.0
THINKS_S = (0.0, 0.1)


class Echo:
    """Says every line back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, turn: Turn, _live: Live) -> None:
        await asyncio.sleep(uniform(*THINKS_S))
        await self._answer(turn)

    @unbroken
    async def _answer(self, turn: Turn) -> None:
        said = Message(summary=turn.incoming.data["text"])
        async with self._database.together(turn.incoming.tenant):
            await turn.finish([Outgoing(place=turn.incoming.place, content=said)])

    async def delivered(self, incoming: Incoming, outgoing: Outgoing, receipt: Receipt) -> None:
        """Nothing to note."""

    def stopped(self, _incoming: Incoming) -> Sequence[Outgoing]:
        return ()

    def failed(self, _incoming: Incoming) -> Sequence[Outgoing]:
        return ()


class FilePlatform:
    """One line for each message: its key, where it was said, its words."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @asynccontextmanager
    async def live(self, _incoming: Incoming, _remember: Remember) -> AsyncIterator[Live]:
        yield self

    def thinking(self, speaker: Speaker | None) -> None:
        """Shown nowhere."""

    def piece(self, text: str) -> None:
        """Shown nowhere."""

    async def deliver(self, posting: Posting) -> Receipt:
        await asyncio.sleep(uniform(0, 0.02))
        if not (posting.maybe_posted and posting.key in self._file.read_text(encoding="utf-8")):
            assert isinstance(posting.outgoing.content, Message)
            where, words = posting.outgoing.place.thread, posting.outgoing.content.summary
            written = f"{posting.key}\t{where}\t{words}\n".encode()
            file = os.open(self._file, os.O_WRONLY | os.O_APPEND)
            os.write(file, written)
            os.close(file)
        await asyncio.sleep(uniform(0, 0.02))
        return Receipt("D1", posting.key)


async def work(url: str, file: Path) -> None:
    database = await open_database(url)
    patience = Patience(crashes=1000)
    platform = FilePlatform(file)
    worker = Worker(
        database,
        open_queue(database),
        Echo(database),
        {"test": platform},
        lease_s=LEASE_S,
        concurrency=32,
        patience=patience,
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2])))
