"""What a listener may do: keep what a person did, stop a reply, and leave the rest for later."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.messages import Spoken
from bot.recent import Recent
from bot.slack import translate
from bot.slack.opening import Opening
from bot.slack.tokens import Tokens
from bot.turns.incoming import Incoming

log = logging.getLogger(__name__)

INSTALLED = "installed"
"""Under this name Bolt's context holds the workspace that a request comes from."""
STOP_LIVES_S = 30.0
"""A stop means the reply of that moment; delivered again much later, it would hit another one."""
STOPS_REMEMBERED = 1000


class Inbox(Protocol):
    """The durable queue, as listeners know it."""

    async def put(self, incoming: Incoming) -> bool:
        """Keep it; False if it was there already."""

    async def stop(self, conversation: str, person: str) -> int:
        """Stop the replies to her that are under way in a conversation; how many there were."""


TurnsOf = Callable[[str, str, str], Awaitable[Sequence[Spoken]]]
"""The turns of a call, given tenant, person and call. Raises NotFound for a call that is not hers."""


TakenBack = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Forgets what a workspace has taken back, given Slack's whole envelope of the event."""


class Suggests(Protocol):
    """Offers a person who opens her messages something to begin with, where the workspace can."""

    async def suggest(self, tenant: str, channel: str) -> None: ...


@dataclass
class Later:
    """Work that must not keep Slack waiting, and that nobody misses if the process dies."""

    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self, patience_s: float = 3.0) -> None:
        """Let what runs come to its end, for a while."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=patience_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # The kind alone: Slack's own errors quote what was sent.
            log.warning("slack later failed", extra={"error": type(error).__name__})


class Intake:
    """Takes what listeners translated."""

    def __init__(self, queue: Inbox) -> None:
        self._queue = queue
        self._stops: Recent[tuple[str, str], bool] = Recent(STOPS_REMEMBERED)

    async def take(self, incoming: Incoming | None) -> None:
        """Make it durable. Whoever returns from here may tell Slack that it arrived."""
        if incoming is not None:
            await self._queue.put(incoming)

    async def said(self, incoming: Incoming | None, at: float) -> None:
        """Take her words; "stop" stops the reply under way, if there is one. `at`: when she wrote it."""
        if incoming is not None and translate.is_stop(incoming):
            stopped = await self.stop(incoming.conversation, incoming.person, incoming.event_key, at)
            if stopped:
                return
        await self.take(incoming)

    async def stop(self, conversation: str, person: str, event_key: str, at: float) -> bool:
        """Whether a reply to her was stopped; asked again for the same event, it says so again and stops
        nothing."""
        event = conversation, event_key
        if event in self._stops:
            return self._stops[event]
        if not abs(time.time() - at) <= STOP_LIVES_S:
            return False
        stopped = await self._queue.stop(conversation, person) > 0
        self._stops[event] = stopped
        return stopped


@dataclass(frozen=True)
class Front:
    """Everything that the listeners stand on."""

    intake: Intake
    tokens: Tokens
    later: Later
    opening: Opening
    turns_of: TurnsOf
    suggests: Suggests
    taken_back: TakenBack | None = None
    """None where one workspace is served by its token, which the settings hold."""
