"""Messages: posting, changing and deleting them, and showing one to a single person."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack import limits
from tests.fakes.slack.methods.conversations import timestamp
from tests.fakes.slack.state import Body, Channel, Message
from tests.fakes.slack.web import TIER_3, TIER_4, Ask, Refused, method

IDENTITY = ("username", "icon_url", "icon_emoji")


@method("chat.postMessage", "chat:write", tier=0)
async def chat_post_message(ask: Ask) -> Body:
    """Say something in a conversation, or in a thread of it."""
    channel = _writable(ask)
    said = content(ask)
    message = written(ask, channel, said)
    message.metadata = metadata(ask) or {}
    thread = thread_of(ask, channel)
    message.thread_ts = "" if thread == message.ts else thread
    message.broadcast = bool(thread) and ask.flag("reply_broadcast")
    ask.state.post(message)
    warning = {"warning": "message_truncated"} if len(ask.text("text")) > limits.TEXT else {}
    body = {"channel": channel.id, "ts": message.ts, "message": message.shown(metadata=True)}
    return body | warning


@method("chat.postEphemeral", "chat:write", tier=TIER_4)
async def chat_post_ephemeral(ask: Ask) -> Body:
    """Show something to one member only. It is in no history and cannot be changed by its time stamp."""
    channel = _writable(ask)
    user = ask.needed("user")
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    message = written(ask, channel, content(ask))
    message.ephemeral_to = user
    message.thread_ts = thread_of(ask, channel)
    ask.state.post(message)
    return {"message_ts": message.ts}


@method("chat.update", "chat:write", tier=TIER_3)
async def chat_update(ask: Ask) -> Body:
    """Give a message of the app's own other words; metadata stays unless other metadata is given."""
    message = _own(ask, "cant_update_message")
    if message.streaming_since is not None:
        raise Refused("streaming_state_conflict")
    text, blocks = content(ask, longest=limits.UPDATE_TEXT)
    given = metadata(ask)
    if given is not None:
        message.metadata = given
    ask.state.edit(message, text=text, blocks=blocks)
    body = {"channel": message.channel, "ts": message.ts, "text": message.text}
    return body | {"message": message.shown(metadata=True)}


@method("chat.delete", "chat:write", tier=TIER_3)
async def chat_delete(ask: Ask) -> Body:
    """Take a message of the app's own away."""
    message = _own(ask, "cant_delete_message")
    ask.state.delete(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink", tier=0)
async def chat_get_permalink(ask: Ask) -> Body:
    """The address at which people find a message."""
    channel, ts = ask.channel(), ask.needed("message_ts")
    message = ask.state.find(channel.id, ts)
    if message is None:
        raise Refused("message_not_found")
    link = f"{ask.workspace.url}archives/{channel.id}/p{ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def content(ask: Ask, longest: int | None = None) -> tuple[str, list[Body]]:
    """The words and blocks of a call, within Slack's limits.

    Raises Refused: `no_text`, `msg_too_long`, `invalid_blocks`, `msg_blocks_too_long`,
    `markdown_text_conflict`.
    """
    text, markdown, blocks = ask.text("text"), ask.text("markdown_text"), ask.args.get("blocks")
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    if not (text or markdown or blocks or ask.args.get("attachments")):
        raise Refused("no_text")
    checked = checked_blocks(ask, blocks)
    if ask.state.strict and len(markdown) > limits.MARKDOWN:
        raise Refused("msg_too_long")
    if ask.state.strict and longest is not None and len(text) > longest:
        raise Refused("msg_too_long")
    return (text or markdown)[: limits.TEXT], checked


def checked_blocks(ask: Ask, blocks: Any) -> list[Body]:
    """The blocks, if Slack would take them in a message. Raises Refused (`invalid_blocks` and the like)."""
    if not blocks:
        return []
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    problems = limits.message_problems(blocks) if ask.state.strict else []
    if problems:
        messages = [f"[ERROR] {problem}" for problem in problems]
        raise Refused("invalid_blocks", errors=problems, response_metadata={"messages": messages})
    if ask.state.strict and limits.characters(blocks) > limits.BLOCKS_TEXT:
        raise Refused("msg_blocks_too_long")
    return limits.with_ids(blocks)


def written(ask: Ask, channel: Channel, said: tuple[str, list[Body]]) -> Message:
    """A message by the app, not posted yet, with the name and picture it asked for."""
    if any(ask.text(name) for name in IDENTITY):
        ask.allow("chat:write.customize")
    icons = {}
    if emoji := ask.text("icon_emoji"):
        icons = {"emoji": emoji}
    elif picture := ask.text("icon_url"):
        icons = {"image_48": picture}
    workspace = ask.workspace
    return Message(
        channel.id,
        ask.state.new_ts(),
        channel.team,
        workspace.bot_user,
        said[0],
        said[1],
        bot_id=workspace.bot_id,
        app_id=ask.state.app.id,
        username=ask.text("username"),
        icons=icons,
    )


def thread_of(ask: Ask, channel: Channel) -> str:
    """The root of the thread named by `thread_ts`, empty without one.

    A reply's own time stamp leads to its thread. Raises Refused (`thread_not_found`) where none is there.
    """
    if not ask.text("thread_ts"):
        return ""
    root = ask.state.find(channel.id, timestamp(ask, "thread_ts"))
    if root is None:
        raise Refused("thread_not_found")
    return root.root


def metadata(ask: Ask) -> Body | None:
    """The metadata of a call, None where none is given. Raises Refused (`invalid_metadata_format` …)."""
    given = ask.args.get("metadata")
    if given is None or given == "":
        return None
    if not isinstance(given, dict):
        raise Refused("invalid_metadata_format")
    if given and (
        not isinstance(given.get("event_type"), str) or not isinstance(given.get("event_payload"), dict)
    ):
        raise Refused("invalid_metadata_format")
    return given


def _writable(ask: Ask) -> Channel:
    channel = ask.channel()
    if channel.kind == "im" or ask.workspace.bot_user in channel.members:
        return channel
    if channel.kind == "channel" and "chat:write.public" in ask.token.scopes:
        return channel
    raise Refused("not_in_channel")


def _own(ask: Ask, error: str) -> Message:
    message = ask.state.find(ask.channel().id, timestamp(ask, "ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.bot_id != ask.workspace.bot_id:
        raise Refused(error)
    return message
