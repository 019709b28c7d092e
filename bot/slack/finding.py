"""Whether a message is there already: every message of ours bears its key in its metadata.

chat.postMessage takes no idempotency key, so after a broken connection the only way to know is to look.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from typing import Any

from bot.slack.client import SlackClient
from bot.slack.tokens import Installed

EVENT_TYPE = "salesmate"
PAGE = 200
PAGES = 10
EARLIER_S = 60.0
"""Clocks differ: messages are looked for from this long before the turn came in."""


def marked(key: str) -> dict[str, Any]:
    """The metadata of a message that has this key."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


async def find(
    client: SlackClient, installed: Installed, channel: str, thread: str, keys: Collection[str], since: float
) -> dict[str, str]:
    """The ids of those messages of ours that are there, by key; the thread, or the channel's top level, is
    looked through. Raises what `SlackClient.call` raises."""
    found: dict[str, str] = {}
    async for message in _messages(client, installed, channel, thread, since):
        key = _key(message, installed)
        if key in keys and key not in found:
            found[key] = str(message["ts"])
            if len(found) == len(keys):
                break
    return found


async def find_file(
    client: SlackClient, installed: Installed, channel: str, thread: str, name: str, since: float
) -> str:
    """The id of a message of ours that shares a file of this name since then; empty if there is none. A
    file's message takes no metadata, so its name and its time have to do."""
    async for message in _messages(client, installed, channel, thread, since):
        names = {file.get("name") for file in message.get("files") or () if isinstance(file, Mapping)}
        if name in names and _ours(message, installed):
            return str(message["ts"])
    return ""


async def leftovers(
    client: SlackClient, installed: Installed, channel: str, thread: str, prefix: str
) -> set[str]:
    """The ids of those messages of ours in a thread whose keys begin so."""
    return {
        str(message["ts"])
        async for message in _messages(client, installed, channel, thread, 0.0)
        if _key(message, installed).startswith(prefix)
    }


async def unmarked(
    client: SlackClient, installed: Installed, channel: str, thread: str, since: float
) -> list[str]:
    """The ids of those messages of ours in a thread that have no key and share no file: streams, that is,
    which nobody finished."""
    return [
        str(message["ts"])
        async for message in _messages(client, installed, channel, thread, since)
        if _ours(message, installed) and not _key(message, installed) and not message.get("files")
    ]


async def _messages(
    client: SlackClient, installed: Installed, channel: str, thread: str, since: float
) -> AsyncIterator[Mapping[str, Any]]:
    cursor: str | None = None
    for _ in range(PAGES):
        page = await client.call(
            "conversations.replies" if thread else "conversations.history",
            installed.token,
            channel=channel,
            limit=PAGE,
            include_all_metadata=True,
            cursor=cursor,
            **({"ts": thread} if thread else {}),
            **({"oldest": f"{since - EARLIER_S:.6f}"} if since else {}),
        )
        for message in _each(page):
            yield message
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "") or None
        if cursor is None:
            return


def _each(page: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (message for message in page.get("messages") or () if isinstance(message, Mapping))


def _key(message: Mapping[str, Any], installed: Installed) -> str:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE or not _ours(message, installed):
        return ""
    return str((metadata.get("event_payload") or {}).get("key") or "")


def _ours(message: Mapping[str, Any], installed: Installed) -> bool:
    """Another app could write our keys into its messages, and so keep ours from being posted."""
    bot = message.get("bot_id")
    return message.get("user") == installed.bot_user_id or bool(bot and bot == installed.bot_id)
