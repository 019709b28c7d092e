"""What newer workspaces have: agent sessions, and the status, title and prompts of an assistant's thread."""

from __future__ import annotations

from tests.fakes.slack.state import Body, Channel, Session
from tests.fakes.slack.web import TIER_3, TIER_4, Ask, Refused, invalid_arguments, method

STATUSES = ("active", "processing", "suspended", "closed")
TITLE = 200
MOST_PROMPTS = 4


@method("agents.sessions.setStatus", "chat:write", tier=TIER_3, newer=True, kinds=("bot",))
async def agents_sessions_set_status(ask: Ask) -> Body:
    """Set a session's state, beginning it if need be; a title counts only then."""
    channel, thread = _thread(ask)
    status = ask.needed("status")
    if status not in STATUSES:
        raise invalid_arguments("must be a valid enum value [json-pointer:/status]")
    if any(ask.text(name) for name in ("username", "icon_emoji", "icon_url")):
        ask.allow("chat:write.customize")
    title = ask.text("title")
    if len(title) > TITLE:
        raise invalid_arguments(f"must be less than {TITLE + 1} characters [json-pointer:/title]")
    session = ask.state.sessions.get((channel.id, thread))
    if session is None:
        session = Session(channel.team, channel.id, thread, title=title)
        ask.state.sessions[channel.id, thread] = session
    set_status(ask, session, status)
    return {"status": status, "agent_status": status, "title": session.title}


@method("agents.sessions.rename", "chat:write", tier=TIER_3, newer=True, kinds=("bot",))
async def agents_sessions_rename(ask: Ask) -> Body:
    """Give a session another title."""
    channel, thread = _thread(ask)
    title = ask.needed("title")
    if len(title) > TITLE:
        raise invalid_arguments(f"must be less than {TITLE + 1} characters [json-pointer:/title]")
    session = ask.state.sessions.get((channel.id, thread))
    if session is None:
        raise Refused("session_not_found")
    session.title = title
    ask.state.changed("session_renamed", channel.team, session)
    return {"title": title}


@method("assistant.threads.setStatus", "chat:write", "assistant:write", tier=0, newer=True)
async def assistant_threads_set_status(ask: Ask) -> Body:
    """Say what the app is doing; an empty status clears it, and so does the app's next message."""
    channel, thread = _thread(ask)
    if len(ask.args.get("loading_messages") or []) > 10:
        raise invalid_arguments("no more than 10 items allowed [json-pointer:/loading_messages]")
    ask.state.thread_status[channel.id, thread] = ask.text("status")
    return {}


@method("assistant.threads.setTitle", "assistant:write", tier=TIER_4, newer=True)
async def assistant_threads_set_title(ask: Ask) -> Body:
    """Name a thread."""
    channel, thread = _thread(ask)
    key = (channel.id, thread)
    session = ask.state.sessions.setdefault(key, Session(channel.team, channel.id, thread))
    session.title = ask.needed("title")
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write", tier=TIER_4, newer=True)
async def assistant_threads_set_suggested_prompts(ask: Ask) -> Body:
    """Offer what a person may say, at most four of them; above the composer where no thread is named."""
    channel = ask.channel("channel_id")
    if ask.text("thread_ts"):
        _thread(ask)
    prompts = ask.args.get("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS:
        raise invalid_arguments(f"between 1 and {MOST_PROMPTS} items allowed [json-pointer:/prompts]")
    for place, prompt in enumerate(prompts):
        if not isinstance(prompt, dict) or not prompt.get("title") or not prompt.get("message"):
            raise invalid_arguments(
                f"missing required field: title or message [json-pointer:/prompts/{place}]"
            )
    ask.state.prompts[channel.id] = prompts
    return {}


def set_status(ask: Ask, session: Session, status: str) -> None:
    """Note a session's state and tell of it."""
    session.status = status
    session.history.append(status)
    ask.state.changed("session", session.team, session)


def _thread(ask: Ask) -> tuple[Channel, str]:
    channel = ask.channel("channel_id")
    root = ask.state.find(channel.id, ask.needed("thread_ts"))
    if root is None:
        raise Refused("invalid_thread_ts")
    return channel, root.root
