"""Conversations: opening the direct messages, and reading what was said."""

from __future__ import annotations

import base64
import binascii

from tests.fakes.slack.state import Body, Channel, Message
from tests.fakes.slack.web import TIER_3, Ask, Refused, invalid_arguments, method

PREFIX = {"im": "im", "channel": "channels", "group": "groups", "mpim": "mpim"}
MAX_PAGE = 999


@method("conversations.open", "im:write", "mpim:write")
async def conversations_open(ask: Ask) -> Body:
    """The direct messages with a person, opened if need be."""
    if channel_id := ask.text("channel"):
        channel = ask.state.channels.get(channel_id)
        if channel is None or channel.team != ask.token.team:
            raise Refused("channel_not_found")
        return {"no_op": True, "already_open": True, "channel": {"id": channel.id}}
    users = ask.args.get("users")
    wanted = users if isinstance(users, list) else [name for name in ask.text("users").split(",") if name]
    if not wanted:
        raise Refused("users_list_not_supplied")
    if len(wanted) > 1:
        raise Refused("not_enough_users")
    user = ask.state.users.get(wanted[0])
    if user is None or user.team != ask.token.team:
        raise Refused("user_not_found")
    if user.deleted:
        raise Refused("user_disabled")
    if user.is_bot:
        raise Refused("cannot_dm_bot")
    channel = ask.state.dm(ask.token.team, user.id)
    more = {"created": 0, "is_im": True, "user": user.id} if ask.flag("return_im") else {}
    return {"channel": {"id": channel.id, **more}}


@method("conversations.info")
async def conversations_info(ask: Ask) -> Body:
    """One conversation."""
    channel = ask.channel()
    ask.allow(f"{PREFIX[channel.kind]}:read")
    body: Body = {"id": channel.id, "created": 0, "is_archived": False, "context_team_id": channel.team}
    if channel.kind == "im":
        return {"channel": body | {"is_im": True, "user": channel.user, "is_open": True}}
    kinds = {"is_channel": channel.kind == "channel", "is_group": channel.kind == "group", "is_im": False}
    bot_in = ask.workspace.bot_user in channel.members
    return {"channel": body | kinds | {"name": channel.name, "is_member": bot_in}}


@method("conversations.history", tier=TIER_3)
async def conversations_history(ask: Ask) -> Body:
    """What was said at the top of a conversation, newest first; replies in threads are left out."""
    channel = _readable(ask)
    kept = [m for m in ask.state.seen(channel.id) if m.root == m.ts or m.broadcast]
    return _page(ask, _within(ask, kept)[::-1], default=100)


@method("conversations.replies", tier=TIER_3)
async def conversations_replies(ask: Ask) -> Body:
    """A thread, its root first, whichever message of it is named."""
    channel = _readable(ask)
    named = ask.state.find(channel.id, ask.needed("ts"))
    if named is None:
        raise Refused("thread_not_found")
    kept = ask.state.thread(channel.id, named.root)
    root = [m for m in kept if m.ts == named.root]
    return _page(ask, root + _within(ask, [m for m in kept if m.ts != named.root]), default=1000)


def _readable(ask: Ask) -> Channel:
    channel = ask.channel()
    ask.allow(f"{PREFIX[channel.kind]}:history")
    if channel.kind != "im" and ask.workspace.bot_user not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _within(ask: Ask, messages: list[Message]) -> list[Message]:
    oldest, latest = ask.text("oldest") or "0", ask.text("latest") or "9" * 12
    inclusive = ask.flag("inclusive")

    def inside(message: Message) -> bool:
        ts = float(message.ts)
        low, high = float(oldest), float(latest)
        return low <= ts <= high if inclusive else low < ts < high

    return [message for message in messages if inside(message)]


def _page(ask: Ask, messages: list[Message], default: int) -> Body:
    limit = ask.number("limit", default)
    if not 1 <= limit <= MAX_PAGE + 1:
        raise Refused("invalid_limit")
    start = _opened(ask.text("cursor"))
    page, rest = messages[start : start + limit], messages[start + limit :]
    cursor = base64.b64encode(f"next:{start + limit}".encode()).decode() if rest else ""
    body: Body = {"messages": [_told(ask, message) for message in page], "has_more": bool(rest)}
    return body | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _opened(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (ValueError, binascii.Error) as forged:
        raise Refused("invalid_cursor") from forged


def _told(ask: Ask, message: Message) -> Body:
    body = message.shown(metadata=ask.flag("include_all_metadata"))
    replies = [m for m in ask.state.thread(message.channel, message.ts) if m.ts != message.ts]
    if message.root == message.ts and replies:
        people = list(dict.fromkeys(reply.user for reply in replies))
        body |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
        body |= {"reply_users": people, "reply_users_count": len(people)}
    elif message.thread_ts and (root := ask.state.find(message.channel, message.thread_ts)):
        body["parent_user_id"] = root.user
    return body


def timestamp(ask: Ask, name: str) -> str:
    """An argument that names a message. Raises Refused (`invalid_arguments`)."""
    value = ask.needed(name)
    try:
        float(value)
    except ValueError as wrong:
        raise invalid_arguments(f"must be a timestamp [json-pointer:/{name}]") from wrong
    return value
