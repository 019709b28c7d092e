"""Events as Slack sends them: pure functions from what happened to the JSON of it, after its reference."""

from __future__ import annotations

from tests.fakes.slack.payloads import VERIFICATION_TOKEN
from tests.fakes.slack.state import App, Body, Channel, Message, Workspace


def event_callback(app: App, workspace: Workspace, event: Body, event_id: str, now: float) -> Body:
    """The envelope in which every event comes."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.id,
        "context_team_id": workspace.id,
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.id,
                "user_id": workspace.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def message_event(message: Message, channel: Channel, team: Workspace, app: App) -> Body:
    """A message, by whomever. With a name of its own an app's message is a bot_message without a user."""
    event: Body = {
        **message.shown(metadata=bool(message.metadata)),
        "channel": message.channel,
        "event_ts": message.ts,
        "channel_type": channel.kind,
    }
    if message.thread_ts and message.thread_ts == message.ts:
        event.pop("thread_ts")
    if message.files and not message.subtype:
        event |= {"subtype": "file_share", "upload": False}
    if message.bot_id == team.bot_id:
        event["app_id"] = app.id
        event["bot_profile"] = {"id": team.bot_id, "app_id": app.id, "name": app.name, "team_id": team.id}
        if message.username:
            event["subtype"] = "bot_message"
            event.pop("user", None)
    if message.broadcast:
        event["subtype"] = "thread_broadcast"
    return event


def changed_event(message: Message, previous: Body, channel: Channel, now_ts: str) -> Body:
    """A message has other words, or an unfurled link, than before; hidden."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": message.shown(),
        "previous_message": previous,
        "channel": message.channel,
        "hidden": True,
        "ts": now_ts,
        "event_ts": now_ts,
        "channel_type": channel.kind,
    }


def deleted_event(message: Message, previous: Body, channel: Channel, now_ts: str) -> Body:
    """A message is gone; hidden."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": previous,
        "deleted_ts": message.ts,
        "channel": message.channel,
        "hidden": True,
        "ts": now_ts,
        "event_ts": now_ts,
        "channel_type": channel.kind,
    }


def app_home_opened(user: str, dm: str, tab: str, event_ts: str, view: Body | None) -> Body:
    """A person opened the app's Home (tab home) or its direct messages (tab messages)."""
    event: Body = {
        "type": "app_home_opened",
        "user": user,
        "channel": dm,
        "tab": tab,
        "event_ts": event_ts,
    }
    return event | ({"view": view} if view and tab == "home" else {})


def app_context_changed(channel: str, team: str) -> Body:
    """What the person looks at beside the app; who she is stands in the envelope alone."""
    entity = {"type": "slack#/types/channel_id", "value": channel, "team_id": team}
    return {"type": "app_context_changed", "context": {"entities": [entity]} if channel else {}}


def agent_session_stopped(user: str, channel: str, thread_ts: str, streams: list[str], event_ts: str) -> Body:
    """The native Stop was pressed; `streams` are the streaming messages that Slack has stopped for it."""
    return {
        "type": "agent_session_stopped",
        "user": user,
        "channel": channel,
        "thread_ts": thread_ts,
        "streaming_message_ts": streams,
        "event_ts": event_ts,
    }


def tokens_revoked(bots: list[str], event_ts: str, users: list[str]) -> Body:
    """Tokens ceased to be; named by the users they belong to."""
    return {
        "type": "tokens_revoked",
        "tokens": {"oauth": users, "bot": bots},
        "event_ts": event_ts,
    }


def app_uninstalled(event_ts: str) -> Body:
    """The app was removed from the workspace."""
    return {"type": "app_uninstalled", "event_ts": event_ts}
