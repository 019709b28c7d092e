"""One claimed turn on its way: thought about, put down as answered, told."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from agents.records.errors import DatabaseUnavailable, WriteRefused
from agents.records.tables import now
from bot.turns.claimed import Claimed
from bot.turns.courier import Courier
from bot.turns.outbox import Letter, fresh
from bot.turns.ports import LostLease, TryLater

if TYPE_CHECKING:
    from bot.presentation import Outgoing, Speaker
    from bot.turns.incoming import Incoming
    from bot.turns.ports import Surface
    from bot.turns.tools import Tools

Outcome = Literal["done", "stopped", "dead", "failed", "later", "lost", "released"]
WAITING = "waiting since "
log = logging.getLogger(__name__)


class NotFinished(Exception):
    """The work came back without having finished the turn."""


class Quiet:
    """For turns whose placeholder stands already, and for those where nobody thinks."""

    def thinking(self, speaker: Speaker | None) -> None:
        """Nothing to show."""

    def piece(self, text: str) -> None:
        """Nothing to show."""


class Passage:
    """A turn that this worker holds (`ports.Turn`). `lease_until` is the worker's own monotonic clock."""

    def __init__(self, claimed: Claimed, surface: Surface, tools: Tools, lease_until: float) -> None:
        self.claimed = claimed
        self.lease_until = lease_until
        self._surface = surface
        self._tools = tools
        self._thinking: asyncio.Task[None] | None = None
        self._stop_seen = False
        self._letters: list[Letter] | None = None

    @property
    def incoming(self) -> Incoming:
        """What is to be worked."""
        return self.claimed.incoming

    @property
    def attempt(self) -> int:
        """1 at the first try."""
        return self.claimed.attempts

    @property
    def stopped(self) -> bool:
        """She asked to stop before anything was thought."""
        return self.claimed.stopped

    async def finish(self, outgoing: Sequence[Outgoing], then: Incoming | None = None) -> None:
        """See `ports.Turn`. Raises LostLease."""
        await self._tools.outbox.fill(self.claimed, outgoing, then, stopped=self.stopped)
        self._letters = fresh(outgoing)

    def stop(self) -> None:
        """She asked to: whoever thinks is cancelled. What is answered already is told all the same."""
        if self._stop_seen or self.claimed.stopped:
            return
        self._stop_seen = True
        if self._thinking is not None:
            self._thinking.cancel()

    async def run(self) -> Outcome:
        """To the end, or until it is put back. Cancelled, it leaves the row as it stands."""
        try:
            if not self.claimed.answered and (put_back := await self._think()):
                return put_back
            courier = Courier(self.claimed, self._surface, self._tools, self._overdue)
            if not await courier.deliver_all(self._letters):
                return "released"
        except LostLease:
            return "lost"
        return "dead" if self.claimed.error else "stopped" if self.claimed.stopped else "done"

    def _overdue(self) -> bool:
        return time.monotonic() > self.lease_until

    async def _think(self) -> Outcome | None:
        """None: the turn is answered."""
        if self._stop_seen:
            self.claimed = replace(self.claimed, stopped=True)
        if self.attempt > self._tools.patience.crashes:
            await self._give_up("Crashed")
            return None
        self._thinking = asyncio.create_task(self._handle())
        try:
            await asyncio.wait([self._thinking])
        finally:
            thinking, self._thinking = self._thinking, None
            if not thinking.done():
                thinking.cancel()
                with suppress(Exception, asyncio.CancelledError):
                    await thinking
        return await self._thought(thinking)

    async def _handle(self) -> None:
        if self.claimed.placeholder or self.claimed.stopped:
            await self._tools.work.handle(self, Quiet())
            return
        async with self._surface.live(self.incoming, self._remember) as live:
            await self._tools.work.handle(self, live)

    async def _remember(self, placeholder: str) -> None:
        self.claimed = replace(self.claimed, placeholder=placeholder)
        await self._tools.queue.remember(self.claimed, placeholder)

    async def _thought(self, thinking: asyncio.Task[None]) -> Outcome | None:
        error = asyncio.CancelledError() if thinking.cancelled() else thinking.exception()
        if error is None and self._letters is None:
            error = NotFinished()
        if error is not None and not await self._answered_all_the_same(error):
            if isinstance(error, DatabaseUnavailable) and not isinstance(error, WriteRefused):
                # That tells nothing about this turn; it is not to be given up for it.
                error = TryLater(self._tools.patience.retry(1))
            if isinstance(error, TryLater):
                return await self._later(error)
            if isinstance(error, asyncio.CancelledError) and self._stop_seen:
                await self._end_with(self._tools.work.stopped, stopped=True)
                return None
            return await self._failed(type(error).__name__)
        self.claimed = replace(self.claimed, answered=True, error="")
        return None

    async def _answered_all_the_same(self, error: BaseException) -> bool:
        """Whether it went wrong, or was stopped, after the answer was kept."""
        if isinstance(error, LostLease):
            raise error
        status = await self._tools.queue.status(self.claimed)
        if status is None:
            raise LostLease
        return status != "running"

    async def _later(self, error: TryLater) -> Outcome | None:
        began = self.claimed.error.removeprefix(WAITING)
        since = datetime.fromisoformat(began) if began != self.claimed.error else now()
        if (now() - since).total_seconds() > self._tools.patience.later_s:
            await self._give_up(type(error).__name__)
            return None
        waiting = WAITING + since.isoformat()
        if not await self._tools.queue.requeue(self.claimed, error.after_s, error=waiting, counted=False):
            raise LostLease
        return "later"

    async def _failed(self, name: str) -> Outcome | None:
        """`name` is the error's type: its text may quote what was said."""
        fields = {"turn": self.claimed.id, "kind": self.incoming.kind.value, "error": name}
        log.warning("turn failed", extra={**fields, "attempt": self.attempt})
        if self.attempt >= self._tools.patience.attempts:
            await self._give_up(name)
            return None
        wait = self._tools.patience.retry(self.attempt)
        if not await self._tools.queue.requeue(self.claimed, wait, error=name):
            raise LostLease
        return "failed"

    async def _give_up(self, name: str) -> None:
        await self._end_with(self._tools.work.failed, error=name)

    async def _end_with(
        self,
        say: Callable[[Incoming], Sequence[Outgoing]],
        *,
        error: str = "",
        stopped: bool = False,
    ) -> None:
        try:
            outgoing = say(self.incoming)
        except Exception as fault:  # a turn must come to its end, whatever becomes of the words about it
            log.warning("no words for it", extra={"turn": self.claimed.id, "error": type(fault).__name__})
            outgoing = ()
        await self._tools.outbox.fill(self.claimed, outgoing, error=error, stopped=stopped)
        self._letters = fresh(outgoing)
        self.claimed = replace(self.claimed, answered=True, error=error, stopped=stopped)
