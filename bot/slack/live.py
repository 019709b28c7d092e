"""What a person sees while a reply is made: a status, a stream, or a placeholder with a Stop button.

Only what takes longer than a moment is shown at all. It runs beside the turn: nothing here raises into it,
and it is never waited for longer than it takes to keep a placeholder's id.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from bot.presentation import Place, Speaker
from bot.recent import Recent
from bot.slack.client import Limited, Refused, SlackTrouble, Unclear
from bot.slack.finding import find, leftovers, marked
from bot.slack.holding import THINKING, Held, named, remove_in_the_end, thinking_message
from bot.slack.posting import said
from bot.slack.render import rendered
from bot.slack.sessions import Sessions, Shown, Thread, dressed
from bot.slack.workspace import Workspace
from bot.turns.incoming import Incoming
from bot.turns.ports import Remember

log = logging.getLogger(__name__)

SHOWN_AFTER_S = 0.7
BETWEEN_PIECES_S = 0.5
AGAIN_S = 90.0
"""assistant.threads.setStatus goes out by itself after two minutes."""
GRACE_S = 0.2
"""A placeholder on its way when the turn ends is waited for this long: the reply may take its place."""
SWEPT_AFTER_S, SWEEPS = 2.0, 5
STREAM_LONGEST = 11_000
"""Slack takes 12,000 characters of Markdown in a stream."""

Spawn = Callable[[Coroutine[Any, Any, None]], None]


@dataclass(frozen=True)
class Memory:
    """What the displays of one process, and the deliveries after them, have to know of each other."""

    sessions: Sessions = field(default_factory=Sessions)
    withdrawn: Recent[str, None] = field(default_factory=Recent)
    """Placeholders that are being taken away: nothing may be written over them any more."""
    swept: Recent[Thread, None] = field(default_factory=Recent)
    """Threads that hold no placeholder from before this process."""
    doubtful: Recent[Thread, float] = field(default_factory=Recent)
    """Threads where a stream may have begun in spite of an error, and since when."""


class SlackLive:
    """The display of one turn; an async context manager around the work on it."""

    def __init__(
        self,
        incoming: Incoming,
        remember: Remember,
        *,
        workspace: Callable[[str], Awaitable[Workspace]],
        memory: Memory,
        spawn: Spawn,
    ) -> None:
        self._incoming = incoming
        self._place: Place = incoming.place
        # A line at the top level begins a thread of its own, where the platform shows its status.
        self._thread = incoming.place.thread or str(incoming.data.get("message") or "")
        self._remember = remember
        self._find_workspace = workspace
        self._memory = memory
        self._spawn = spawn
        self._speaker: Speaker | None = None
        self._unsaid: list[str] = []
        self._said = 0
        self._over = asyncio.Event()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._shown: Shown = ""
        self._held: Held | None = None
        self._keeping = False
        self._abandoned = False

    def thinking(self, speaker: Speaker | None) -> None:
        """Begin to show it, unless it is over in a moment."""
        self._speaker = speaker
        self._begin()

    def piece(self, text: str) -> None:
        """Stream it where the workspace takes streams."""
        self._unsaid.append(text)
        self._woken.set()
        self._begin()

    def _begin(self) -> None:
        # Answers to a command's own address are private: there is no thread to show anything in.
        if self._task is None and self._place.channel and self._thread and not self._place.reply_url:
            self._task = asyncio.create_task(self._show())

    async def __aenter__(self) -> SlackLive:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._woken.set()
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=GRACE_S if kind is None else 0.0)
        if self._keeping and not self._task.done():
            await asyncio.wait({self._task})
        self._abandoned = not self._task.done()
        if kind is not None and self._held and not self._abandoned:
            await self._withdraw(self._held)
        self._spawn(self._clear(self._task))

    async def _withdraw(self, held: Held) -> None:
        """The turn ended without a reply. If the turn is still ours, so is the placeholder: another worker
        may be writing its reply over it otherwise."""
        try:
            await self._remember("")
        except Exception as error:
            log.info("slack placeholder kept", extra={"error": type(error).__name__})
            return
        self._memory.withdrawn[str(held)] = None
        self._spawn(self._take_away(held))

    async def _take_away(self, held: Held) -> None:
        await remove_in_the_end(await self._find_workspace(self._incoming.tenant), held)

    async def _clear(self, task: asyncio.Task[None]) -> None:
        await asyncio.wait({task})
        if self._shown:
            workspace = await self._find_workspace(self._incoming.tenant)
            await self._memory.sessions.idle(workspace, self._place.channel, self._thread, self._shown)

    async def _show(self) -> None:
        try:
            if await _within(self._over, SHOWN_AFTER_S):
                return
            workspace = await self._find_workspace(self._incoming.tenant)
            self._shown = await self._memory.sessions.busy(
                workspace, self._place.channel, self._thread, self._speaker
            )
            if not self._shown and not self._over.is_set():
                await self._hold_place(workspace)
            await self._go_on(workspace)
        except Exception as error:
            log.info("slack display given up", extra={"error": type(error).__name__})

    async def _go_on(self, workspace: Workspace) -> None:
        streaming = self._shown and bool(self._place.thread)
        while not self._over.is_set():
            if not await _within(self._woken, AGAIN_S):
                if self._shown == "assistant":
                    await self._memory.sessions.busy(
                        workspace, self._place.channel, self._thread, self._speaker
                    )
                continue
            self._woken.clear()
            if await _within(self._over, BETWEEN_PIECES_S):
                return
            if streaming and self._unsaid:
                streaming = await self._stream(workspace)

    async def _stream(self, workspace: Workspace) -> bool:
        """Say what has come; false once the workspace takes no more of it. Whatever is missing then is in the
        reply itself, which is written over the stream."""
        words = in_markdown("".join(self._unsaid))
        self._unsaid.clear()
        self._said += len(words)
        if self._said > STREAM_LONGEST:
            return False
        channel, thread = self._place.channel, self._thread
        if self._held:
            return (
                await workspace.ornament(
                    "chat.appendStream", channel=channel, ts=self._held.message, markdown_text=words
                )
                is not None
            )
        started = time.time()
        answer = await workspace.attempt(
            "chat.startStream",
            channel=channel,
            thread_ts=thread,
            markdown_text=words,
            recipient_team_id=workspace.installed.team_id,
            recipient_user_id=self._incoming.person,
            **dressed(workspace, self._speaker),
        )
        if isinstance(answer, Unclear):
            # It takes no key: whoever delivers the reply has to look for it.
            self._memory.doubtful[workspace.tenant, channel, thread] = started
        if answer is None or isinstance(answer, Unclear):
            return False
        await self._keep(
            workspace, Held(channel, thread, str(answer["ts"]), named(self._speaker), stream=True)
        )
        return True

    async def _hold_place(self, workspace: Workspace) -> None:
        """Post the placeholder, if the reply can still be written over it this minute; where much was said
        just now, as soon as the channel takes one more."""
        place = self._place
        tenant = workspace.tenant
        if not place.thread or not workspace.pace.spare(tenant, "chat.update"):
            return
        while wait_s := workspace.pace.message_s(tenant, place.channel, patience_s=0.0):
            if await _within(self._over, wait_s):
                return
        payload = rendered(thinking_message(self._speaker), workspace_url=workspace.installed.workspace_url)[
            0
        ]
        try:
            answer = await workspace.send(
                "chat.postMessage",
                channel=place.channel,
                thread_ts=place.thread,
                metadata=marked(THINKING + self._incoming.event_key),
                **said(payload),
                **dressed(workspace, self._speaker),
            )
        except Refused:
            return
        except SlackTrouble:
            # It may be there, and nobody knows its id.
            self._spawn(self._sweep(workspace, ""))
            return
        ts = str(answer["ts"])
        await self._keep(workspace, Held(place.channel, place.thread, ts, named(self._speaker)))
        at = (tenant, place.channel, place.thread)
        if at not in self._memory.swept:
            # A process that died here may have left one behind.
            self._memory.swept[at] = None
            self._spawn(self._sweep(workspace, ts))

    async def _keep(self, workspace: Workspace, held: Held) -> None:
        if self._abandoned:
            await remove_in_the_end(workspace, held)
            return
        self._keeping = True
        try:
            await self._remember(str(held))
            self._held = held
        except Exception:
            # Not kept: the reply will not find it, so it must not stay.
            self._spawn(self._take_away(held))
        finally:
            self._keeping = False

    async def _sweep(self, workspace: Workspace, ours: str) -> None:
        """Take away what nobody will write over: the placeholder of this turn whose id never came back, or
        (with `ours`, the one that did) any that is older. A later turn's must stay, it may become a reply."""
        for _ in range(SWEEPS):
            await asyncio.sleep(0.0 if ours else SWEPT_AFTER_S)
            try:
                found = await self._left(workspace, ours)
            except Limited as limited:
                await asyncio.sleep(limited.after_s)
            except Unclear:
                continue
            else:
                for ts in found:
                    held = Held(self._place.channel, self._place.thread, ts)
                    await remove_in_the_end(workspace, held)
                return

    async def _left(self, workspace: Workspace, ours: str) -> set[str]:
        where = (workspace.client, workspace.installed, self._place.channel, self._place.thread)
        if ours:
            found = await leftovers(*where, THINKING)
            return {ts for ts in found if float(ts) < float(ours)}
        return set((await find(*where, {THINKING + self._incoming.event_key}, 0.0)).values())


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it happened within that time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:@])")


def in_markdown(text: str) -> str:
    """Text as it is, for a stream, whose words are Markdown: no links, mentions or bold of its own."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\1", text)
