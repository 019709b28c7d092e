"""What newer workspaces show of a thread: its title, that somebody is thinking, that a call is over.

Two generations of calls do it (agents.sessions.*, assistant.threads.*); where a workspace has neither,
nothing is shown and nobody is told. All of it is ornament: nothing here raises.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakValueDictionary

from bot.presentation import Outgoing, Speaker
from bot.recent import Recent
from bot.slack.capabilities import CUSTOMIZE
from bot.slack.holding import thinking_message, thinking_words
from bot.slack.posting import dress
from bot.slack.render import rendered
from bot.slack.workspace import Workspace

TITLE_LONGEST = 200
SHOW_AND_CLEAR = 2

Thread = tuple[str, str, str]
"""Tenant, channel, thread."""
Shown = Literal["", "session", "assistant"]
"""By which generation of calls a thread is shown as busy; empty: by none."""


@dataclass
class Sessions:
    """The threads of this process."""

    _over: Recent[Thread, None] = field(default_factory=Recent)
    _turns: WeakValueDictionary[Thread, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def busy(self, workspace: Workspace, channel: str, thread: str, speaker: Speaker | None) -> Shown:
        """Show that somebody thinks there; says how it is shown, or may be."""
        who = dressed(workspace, speaker)
        async with self._turn((workspace.tenant, channel, thread)):
            if await workspace.attempt(
                "agents.sessions.setStatus",
                calls=SHOW_AND_CLEAR,
                channel_id=channel,
                thread_ts=thread,
                status="processing",
                **who,
            ):
                return "session"
            if await workspace.attempt(
                "assistant.threads.setStatus",
                calls=SHOW_AND_CLEAR,
                channel_id=channel,
                thread_ts=thread,
                status="is thinking …",
                loading_messages=[thinking_words(speaker)],
                **who,
            ):
                return "assistant"
            return ""

    async def idle(self, workspace: Workspace, channel: str, thread: str, shown: Shown) -> None:
        """Nobody thinks there any more. Left to itself, Slack would show it for up to an hour."""
        at = (workspace.tenant, channel, thread)
        async with self._turn(at):
            if shown == "session":
                status = "closed" if at in self._over else "active"
                await workspace.insist(
                    "agents.sessions.setStatus", channel_id=channel, thread_ts=thread, status=status
                )
            elif shown == "assistant":
                await workspace.insist(
                    "assistant.threads.setStatus", channel_id=channel, thread_ts=thread, status=""
                )

    async def tell(self, workspace: Workspace, outgoing: Outgoing, channel: str, thread: str) -> None:
        """Name the thread, and say whether its call runs or is over, as a delivered message has it."""
        at = (workspace.tenant, channel, thread)
        title = outgoing.title[:TITLE_LONGEST]
        async with self._turn(at):
            self._remember(at, outgoing.session)
            status = {"running": "active", "over": "closed"}.get(outgoing.session)
            # A title goes with the call that makes the session; later it is a change of name.
            opening: dict[str, Any] = {"title": title} if title and outgoing.opens else {}
            arguments: dict[str, Any] = {"channel_id": channel, "thread_ts": thread, "status": status}
            if status and await workspace.ornament("agents.sessions.setStatus", **arguments, **opening):
                title = "" if opening else title
            if title and not await workspace.ornament(
                "agents.sessions.rename", channel_id=channel, thread_ts=thread, title=title
            ):
                await workspace.ornament(
                    "assistant.threads.setTitle", channel_id=channel, thread_ts=thread, title=title
                )

    def _remember(self, at: Thread, session: str) -> None:
        if session == "running":
            self._over.pop(at, None)
        elif session == "over":
            self._over[at] = None

    def _turn(self, at: Thread) -> asyncio.Lock:
        """One after the other, so that "over" is not overtaken by "busy"."""
        lock = self._turns.get(at)
        if lock is None:
            lock = self._turns[at] = asyncio.Lock()
        return lock


def dressed(workspace: Workspace, speaker: Speaker | None) -> dict[str, Any]:
    """Whose name and picture a status, a placeholder or a stream bears, where the workspace allows one."""
    if speaker is None or not workspace.has(CUSTOMIZE):
        return {}
    return dict(dress(rendered(thinking_message(speaker))[0]))
