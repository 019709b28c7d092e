"""Streamed messages: begun, written to and ended within five minutes, or over all the same."""

from __future__ import annotations

from tests.fakes.slack import limits
from tests.fakes.slack.methods.agents import STATUSES, set_status
from tests.fakes.slack.methods.chat import checked_blocks, metadata, thread_of, written
from tests.fakes.slack.state import STREAM_LIFE_S, Body, Message, Session
from tests.fakes.slack.web import TIER_2, TIER_4, Ask, Refused, invalid_arguments, method

CHUNKS = ("markdown_text", "task_update", "plan_update", "blocks")


@method("chat.startStream", "chat:write", tier=TIER_2, newer=True, kinds=("bot",))
async def chat_start_stream(ask: Ask) -> Body:
    """Begin a message in a thread; its session begins with it and is processing."""
    channel = ask.channel()
    ask.needed("thread_ts")
    if channel.kind != "im":
        for name in ("recipient_team_id", "recipient_user_id"):
            if not ask.text(name):
                raise Refused(f"missing_{name}")
        if ask.workspace.bot_user not in channel.members:
            raise Refused("not_in_channel")
    thread = thread_of(ask, channel)
    message = written(ask, channel, (_text(ask), []))
    message.thread_ts = thread
    message.streaming_since = ask.state.clock()
    message.streamed = True
    ask.state.post(message)
    key = (channel.id, thread)
    session = ask.state.sessions.setdefault(key, Session(channel.team, channel.id, thread))
    set_status(ask, session, "processing")
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream", "chat:write", tier=TIER_4, newer=True, kinds=("bot",))
async def chat_append_stream(ask: Ask) -> Body:
    """Add to a message that is still streaming."""
    message = _streaming(ask)
    if not ask.text("markdown_text") and not ask.args.get("chunks"):
        raise Refused("markdown_text_or_chunks_required")
    message.text += _text(ask)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.stopStream", "chat:write", tier=TIER_2, newer=True, kinds=("bot",))
async def chat_stop_stream(ask: Ask) -> Body:
    """End a streamed message, with blocks under it; its session is active again, or as told."""
    message = _streaming(ask)
    status = ask.text("session_status") or "active"
    if status not in STATUSES:
        raise invalid_arguments("must be a valid enum value [json-pointer:/session_status]")
    blocks = checked_blocks(ask, ask.args.get("blocks"))
    given = metadata(ask)
    text = message.text + _text(ask)
    if not text and not blocks:
        raise Refused("no_text")
    message.streaming_since = None
    message.metadata = given or message.metadata
    ask.state.edit(message, text=text, blocks=blocks)
    session = ask.state.sessions.get((message.channel, message.root))
    if session is not None:
        set_status(ask, session, status)
    return {"channel": message.channel, "ts": message.ts, "message": message.shown(metadata=True)}


def _streaming(ask: Ask) -> Message:
    message = ask.state.find(ask.channel().id, ask.needed("ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.bot_id != ask.workspace.bot_id:
        raise Refused("message_not_owned_by_app")
    if message.stopped_by_user:
        raise Refused("stopped_by_user")
    since = message.streaming_since
    if since is not None and ask.state.clock() - since > STREAM_LIFE_S:
        message.streaming_since = since = None
    if since is None:
        raise Refused("message_not_in_streaming_state")
    return message


def _text(ask: Ask) -> str:
    markdown, chunks = ask.text("markdown_text"), ask.args.get("chunks") or []
    if markdown and chunks:
        raise Refused("cannot_provide_both_markdown_text_and_chunks")
    if not isinstance(chunks, list) or any(chunk.get("type") not in CHUNKS for chunk in chunks):
        raise Refused("invalid_chunks")
    texts = [markdown, *(str(chunk.get("text") or "") for chunk in chunks)]
    if ask.state.strict and any(len(text) > limits.MARKDOWN for text in texts):
        raise Refused("msg_too_long")
    return "".join(texts)
