"""Takes turns from the queue and sees them through, many at once."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from agents.records.errors import DatabaseUnavailable
from bot.turns.bell import STOP, TURN
from bot.turns.events import OnEvent, TurnWorked, unheard
from bot.turns.outbox import Outbox
from bot.turns.passage import Outcome, Passage
from bot.turns.patience import Patience
from bot.turns.tools import Tools

if TYPE_CHECKING:
    from agents.records.database import Database
    from bot.turns.claimed import Claimed
    from bot.turns.ports import Surface, Work
    from bot.turns.queue import Queue

CLAIMED_AT_ONCE = 50
LONGEST_IDLE_S = 30.0
BUSY_S = 0.05
"""So long nobody asks the database when the next turn is due: more may come at once."""
GATHER_S = 0.005
DATABASE_PAUSE_S = 1.0
KEPT = timedelta(days=8)
"""Finished turns: longer than any platform sends an event again."""
PRUNED_EVERY_S = 3600.0
log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Held:
    passage: Passage
    task: asyncio.Task[None]


class Worker:
    """One process's hands. Any number of workers may share a database."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        work: Work,
        surfaces: Mapping[str, Surface],
        *,
        concurrency: int = 256,
        lease_s: float = 15.0,
        patience: Patience | None = None,
        on_event: OnEvent = unheard,
    ) -> None:
        self._queue = queue
        self._surfaces = surfaces
        self._concurrency = concurrency
        self._lease_s = lease_s
        self._on_event = on_event
        self._tools = Tools(
            queue=queue,
            outbox=Outbox(database, queue),
            work=work,
            patience=patience or Patience(),
            on_event=on_event,
        )
        self.owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._held: dict[int, _Held] = {}
        self._woken = asyncio.Event()
        self._stop_rung = asyncio.Event()
        self._closing = False
        self._patience_over = asyncio.Event()
        self._prune_at = 0.0

    async def run(self) -> None:
        """Until `drain` is called or this is cancelled; then every turn is finished or put back."""
        async with self._queue.bell.hear(self._hear):
            renewing = asyncio.create_task(self._renew_always())
            try:
                while not self._closing:
                    await self._claim()
                await self._patience_over.wait()
            finally:
                await self._put_all_back()
                renewing.cancel()
                with suppress(asyncio.CancelledError):
                    await renewing

    async def drain(self, patience_s: float) -> None:
        """Claim nothing more, let the running turns come to their end for so long, and have `run` put the
        rest back for other workers."""
        self._closing = True
        self._woken.set()
        if tasks := [held.task for held in self._held.values()]:
            await asyncio.wait(tasks, timeout=patience_s)
        self._patience_over.set()

    @property
    def running(self) -> int:
        """Turns in hand."""
        return len(self._held)

    def _hear(self, word: str) -> None:
        if word == TURN:
            self._woken.set()
        elif word == STOP:
            self._stop_rung.set()

    async def _claim(self) -> None:
        """Begin what is due, and wait for more."""
        self._woken.clear()
        most = min(CLAIMED_AT_ONCE, self._concurrency - len(self._held))
        try:
            claimed = await self._queue.claim(self.owner, self._lease_s, self._surfaces.keys(), most)
            for one in claimed:
                self._begin(one)
            if len(claimed) < most or len(self._held) >= self._concurrency:
                await self._wait()
        except DatabaseUnavailable as error:
            log.warning("queue unavailable", extra={"error": type(error).__name__})
            await asyncio.sleep(DATABASE_PAUSE_S)

    async def _wait(self) -> None:
        """Until the bell rings, a turn ends, or the time comes for something that waits."""
        # When much is going on, what comes within a moment is claimed together.
        if self._held:
            await asyncio.sleep(GATHER_S)
        await _within(BUSY_S, self._woken)
        while len(self._held) >= self._concurrency and not self._closing:
            self._woken.clear()
            await self._woken.wait()
        if self._woken.is_set():
            return
        await self._prune()
        due_s = await self._queue.next_due_s(self._surfaces.keys())
        if due_s is None or due_s > 0:
            await _within(min(due_s or LONGEST_IDLE_S, LONGEST_IDLE_S), self._woken)

    async def _prune(self) -> None:
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + PRUNED_EVERY_S
            await self._queue.prune(KEPT)

    def _begin(self, claimed: Claimed) -> None:
        if lost := self._held.get(claimed.id):  # our own lease ran out, and we have it anew
            lost.task.cancel()
        surface = self._surfaces[claimed.incoming.platform]
        passage = Passage(claimed, surface, self._tools, time.monotonic() + self._lease_s)
        held = _Held(passage, asyncio.create_task(self._see_through(passage)))
        self._held[claimed.id] = held
        held.task.add_done_callback(lambda _: self._end(claimed.id, held))

    def _end(self, number: int, held: _Held) -> None:
        if self._held.get(number) is held:
            del self._held[number]
        self._woken.set()

    async def _see_through(self, passage: Passage) -> None:
        start = time.monotonic()
        outcome: Outcome = "lost"
        try:
            outcome = await passage.run()
        except asyncio.CancelledError:
            if self._closing:
                outcome = "released"
            raise
        except Exception as error:
            # The lease runs out, and somebody goes on from what is committed.
            fields = {"turn": passage.claimed.id, "error": type(error).__name__}
            log.warning("turn left", extra=fields)
        finally:
            self._on_event(TurnWorked(passage.incoming.kind, outcome, time.monotonic() - start))

    async def _renew_always(self) -> None:
        while True:
            await _within(self._lease_s / 3, self._stop_rung)
            self._stop_rung.clear()
            if held := dict(self._held):
                await self._renew(held)

    async def _renew(self, held: dict[int, _Held]) -> None:
        start = time.monotonic()
        fences = {number: one.passage.claimed.fence for number, one in held.items()}
        try:
            kept = await self._queue.renew(self.owner, fences, self._lease_s)
            for number, one in held.items():
                if number in kept:
                    one.passage.lease_until = start + self._lease_s
                    if kept[number]:
                        one.passage.stop()
                elif not one.task.done() and await self._is_lost(one.passage):
                    one.task.cancel()
        except DatabaseUnavailable as error:
            log.warning("lease not renewed", extra={"error": type(error).__name__})
            for one in held.values():
                if one.passage.lease_until < time.monotonic():
                    one.task.cancel()

    async def _is_lost(self, passage: Passage) -> bool:
        """Rather than come to its end a moment ago."""
        return await self._queue.status(passage.claimed) is None

    async def _put_all_back(self) -> None:
        left = list(self._held.values())
        for held in left:
            held.task.cancel()
        if left:
            await asyncio.wait([held.task for held in left])
        for held in left:
            with suppress(DatabaseUnavailable):  # then the lease runs out instead
                claimed = held.passage.claimed
                if not await self._queue.requeue(claimed, counted=False):
                    await self._queue.release(claimed)


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Not `wait_for`, which before Python 3.12 forgets a cancellation that comes together with the event."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
