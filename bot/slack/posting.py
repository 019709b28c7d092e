"""Posts a message exactly once: by its key, part by part, into the placeholder where there is one."""

from __future__ import annotations

from typing import Any

from bot.presentation import Message
from bot.slack.capabilities import CUSTOMIZE, LACKING
from bot.slack.client import Refused
from bot.slack.finding import find, marked
from bot.slack.holding import Held, end_stream, remove
from bot.slack.refusals import BAD_BLOCKS, UNCHANGEABLE
from bot.slack.render import Payload, rendered
from bot.slack.workspace import Workspace
from bot.turns.ports import Posting, Receipt

# Chosen by the caller, where the workspace lets an app bear another name than its own.
_DRESS = ("username", "icon_url", "icon_emoji")


def part_key(key: str, n: int) -> str:
    """The key of part `n` of a message too long for one of Slack's; the first has the posting's own."""
    return f"{key}.{n}" if n else key


class Post:
    """One posting's way into a channel. `begun` is true once something of it may be there."""

    def __init__(self, workspace: Workspace, posting: Posting, channel: str, held: Held | None) -> None:
        self._workspace = workspace
        self._posting = posting
        self._channel = channel
        self._thread = posting.outgoing.place.thread
        self._held = held
        self.begun = posting.maybe_posted

    async def message(self, message: Message) -> Receipt:
        """Raises Refused, Limited, Unclear."""
        payloads = rendered(message, workspace_url=self._workspace.installed.workspace_url)
        first = await self._in_place(payloads[0])
        self.begun = self.begun or bool(first)
        keys = {part_key(self._posting.key, n): n for n in range(len(payloads)) if n or not first}
        there = await self._already(set(keys)) if self._posting.maybe_posted and keys else {}
        for key, n in keys.items():
            ts = there.get(key) or await self._new(payloads[n], key)
            self.begun = True
            first = first or ts
        return Receipt(self._channel, first)

    async def _in_place(self, payload: Payload) -> str:
        """Write it over an earlier message or the placeholder; empty if there is none, or it cannot be."""
        held = self._held
        if replaced := self._posting.outgoing.replaces:
            if held:
                await remove(self._workspace, held)
            return await self._change(replaced, payload)
        if held is None:
            return ""
        if held.fits(self._posting.outgoing, self._channel):
            await end_stream(self._workspace, held)
            if ts := await self._change(held.message, payload):
                return ts
        await remove(self._workspace, held)
        return ""

    async def _change(self, ts: str, payload: Payload) -> str:
        arguments = self._words(payload, self._posting.key) | {"ts": ts}
        try:
            await self._sent("chat.update", arguments)
        except Refused as refused:
            if refused.code in UNCHANGEABLE:
                return ""
            raise
        return ts

    async def _already(self, keys: set[str]) -> dict[str, str]:
        workspace = self._workspace
        try:
            return await find(
                workspace.client, workspace.installed, self._channel, self._thread, keys, self._posting.since
            )
        except Refused as refused:
            # Where SalesMate may not look, a message twice is better than a reply that never comes.
            if refused.code in LACKING or refused.code == "thread_not_found":
                return {}
            raise

    async def _new(self, payload: Payload, key: str) -> str:
        arguments = self._words(payload, key) | {"unfurl_links": False, "unfurl_media": False}
        if self._thread:
            arguments["thread_ts"] = self._thread
        if self._workspace.has(CUSTOMIZE):
            arguments |= dress(payload)
        answer = await self._sent("chat.postMessage", arguments, pace=self._channel)
        return str(answer["ts"])

    def _words(self, payload: Payload, key: str) -> dict[str, Any]:
        return said(payload) | {"channel": self._channel, "metadata": marked(key)}

    async def _sent(self, method: str, arguments: dict[str, Any], *, pace: str = "") -> dict[str, Any]:
        return await sent(self._workspace, method, arguments, pace=pace)


async def sent(
    workspace: Workspace, method: str, arguments: dict[str, Any], *, pace: str = ""
) -> dict[str, Any]:
    """Send it; without the speaker's name where the workspace does not allow one, in plain words where Slack
    refuses the blocks. A refusal means that nothing was posted, so trying again is safe."""
    try:
        return await workspace.send(method, pace=pace, **arguments)
    except Refused as refused:
        if refused.code in BAD_BLOCKS and arguments.get("blocks"):
            return await sent(workspace, method, arguments | {"blocks": []}, pace=pace)
        unnamed = {key: value for key, value in arguments.items() if key not in _DRESS}
        named = len(unnamed) < len(arguments)
        if named and refused.code == "missing_scope" and refused.needed in ("", CUSTOMIZE):
            workspace.learn(CUSTOMIZE, refused.code)
            return await sent(workspace, method, unnamed, pace=pace)
        raise


def said(payload: Payload) -> dict[str, Any]:
    """A payload's words as Slack takes them: nothing in them becomes a link or a mention by itself."""
    return {"text": payload.text, "blocks": list(payload.blocks), "parse": "none", "link_names": False}


def dress(payload: Payload) -> dict[str, str]:
    """Whose name and picture it bears; only what is new can be given one."""
    return {name: value for name in _DRESS if (value := getattr(payload, name))}
