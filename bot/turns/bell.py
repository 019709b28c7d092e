"""How workers are woken: a word to everybody who listens. A missed word costs time, never a turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import text

from agents.records.errors import DatabaseUnavailable
from agents.records.faults import explain

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from agents.records.database import Database

TURN, STOP = "turn", "stop"
"""There is something to claim; somebody asked to stop."""
CHANNEL = "salesmate_turns"
RECONNECT_S = 1.0

Ear = Callable[[str], None]
log = logging.getLogger(__name__)


class Bell(Protocol):
    """Carries words from whoever writes to the workers."""

    async def ring(self, connection: AsyncConnection, word: str) -> None:
        """Within the transaction that gives the reason; heard once that is committed."""

    def hear(self, ear: Ear) -> AbstractAsyncContextManager[None]:
        """Call `ear` with every word, for the time of the block."""


class LocalBell:
    """Within one process, for SQLite. It sounds a moment before the commit, and that is early enough: who
    hears it has to wait for the writer to finish."""

    def __init__(self) -> None:
        self._ears: list[Ear] = []

    async def ring(self, _connection: AsyncConnection, word: str) -> None:
        for ear in self._ears:
            ear(word)

    @asynccontextmanager
    async def hear(self, ear: Ear) -> AsyncIterator[None]:
        self._ears.append(ear)
        try:
            yield
        finally:
            self._ears.remove(ear)


class PostgresBell:
    """LISTEN and NOTIFY, over one connection that is opened again whenever it breaks."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def ring(self, connection: AsyncConnection, word: str) -> None:
        await connection.execute(
            text("SELECT pg_notify(:channel, :word)"), {"channel": CHANNEL, "word": word}
        )

    @asynccontextmanager
    async def hear(self, ear: Ear) -> AsyncIterator[None]:
        listening = asyncio.create_task(self._listen_always(ear))
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _listen_always(self, ear: Ear) -> None:
        me = asyncio.current_task()
        while not (me and me.cancelling()):  # hanging up may fail, and the failure take its place
            try:
                with explain(self._engine.url):
                    await self._listen(ear)
            except DatabaseUnavailable as error:
                log.warning("bell lost", extra={"error": type(error).__name__})
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self, ear: Ear) -> None:
        """Until the connection is lost."""
        lost = asyncio.Event()

        def heard(_connection: Any, _pid: int, _channel: str, word: str) -> None:
            ear(word)

        async with self._engine.connect() as connection:
            wire: Any = (await connection.get_raw_connection()).driver_connection
            wire.add_termination_listener(lambda _: lost.set())
            try:
                await wire.add_listener(CHANNEL, heard)
                for word in (TURN, STOP):  # whatever was said while nobody listened
                    ear(word)
                await lost.wait()
            finally:
                # Not back to the pool: it would go on listening there.
                await connection.invalidate()


def bell_of(database: Database) -> Bell:
    """The one that reaches everybody who works on this database."""
    postgres = database.engine.dialect.name == "postgresql"
    return PostgresBell(database.engine) if postgres else LocalBell()
