"""What Slack sends, as JSON and forms: pure functions from what happened to the body of a request.

Shapes follow Slack's reference of events, of interaction payloads and of slash commands, with the fields that
apps are known to read; fields of Slack's that say nothing to an app are left out.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from tests.fakes.slack.state import App, Body, Channel, Message, User, View, Workspace

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
VERIFICATION_TOKEN = "verification-token-of-the-double"  # noqa: S105 - belongs to no real app


def signed_headers(secret: str, body: bytes, now: float, content_type: str) -> dict[str, str]:
    """The headers of a request of Slack's: version 0 of its signature over the time and the body."""
    stamp = str(int(now))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
    }


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


def url_verification(challenge: str) -> Body:
    """Sent when a request URL is entered in the app's settings; the answer is the challenge."""
    return {"type": "url_verification", "token": VERIFICATION_TOKEN, "challenge": challenge}


def ssl_check() -> dict[str, str]:
    """Sent now and then to see whether the certificate holds; answered with 200."""
    return {"ssl_check": "1", "token": VERIFICATION_TOKEN}


def form(fields: dict[str, str]) -> bytes:
    """A form's body."""
    return urlencode(fields).encode()


def as_json(body: Body) -> bytes:
    """A JSON body."""
    return json.dumps(body).encode()


# --- events -----------------------------------------------------------------------------------------------


def channel_type(channel: Channel) -> str:
    """im, channel, group or mpim, as message events say it."""
    return channel.kind


def message_event(message: Message, channel: Channel, team: Workspace, app: App) -> Body:
    """A message, by whomever. With a name of its own an app's message is a bot_message without a user."""
    event: Body = {
        **message.shown(metadata=bool(message.metadata)),
        "channel": message.channel,
        "event_ts": message.ts,
        "channel_type": channel_type(channel),
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
        "channel_type": channel_type(channel),
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
        "channel_type": channel_type(channel),
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


def rich_text(text: str) -> list[Body]:
    """The block in which Slack's composer writes what a person types."""
    words = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "block_id": "typed", "elements": [words]}] if text else []


# --- commands and interactions ----------------------------------------------------------------------------


def slash_command(
    app: App,
    workspace: Workspace,
    user: User,
    channel: Channel,
    *,
    command: str,
    text: str,
    trigger_id: str,
    response_url: str,
) -> dict[str, str]:
    """What a person typed after a slash. There is no thread in it: commands do not run in threads."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.kind == "im" else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def _interaction(kind: str, app: App, workspace: Workspace, user: User) -> Body:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": workspace.id},
        "api_app_id": app.id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": workspace.id, "domain": workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _channel(channel: Channel) -> Body:
    return {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name}


def pressed_in_message(
    app: App,
    workspace: Workspace,
    user: User,
    channel: Channel,
    message: Message,
    action: Body,
    *,
    trigger_id: str,
    response_url: str,
) -> Body:
    """A button or menu of a message was used. Of an ephemeral message Slack sends the place, not the text."""
    container: Body = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.ephemeral_to),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    body = {
        **_interaction("block_actions", app, workspace, user),
        "container": container,
        "trigger_id": trigger_id,
        "channel": _channel(channel),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }
    return body if message.ephemeral_to else {**body, "message": message.shown()}


def pressed_in_view(
    app: App, workspace: Workspace, user: User, view: View, action: Body, trigger_id: str
) -> Body:
    """A button or menu of a modal or of the Home page was used."""
    return {
        **_interaction("block_actions", app, workspace, user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": view.shown(app.id, workspace.bot_id),
        "actions": [action],
    }


def view_submission(app: App, workspace: Workspace, user: User, view: View, trigger_id: str) -> Body:
    """A modal was submitted with what stands in its fields."""
    return {
        **_interaction("view_submission", app, workspace, user),
        "trigger_id": trigger_id,
        "view": view.shown(app.id, workspace.bot_id),
        "response_urls": [],
    }


def view_closed(app: App, workspace: Workspace, user: User, view: View, *, cleared: bool) -> Body:
    """A modal that asked to be told was closed."""
    return {
        **_interaction("view_closed", app, workspace, user),
        "view": view.shown(app.id, workspace.bot_id),
        "is_cleared": cleared,
    }


def block_suggestion(
    app: App, workspace: Workspace, user: User, view: View, *, block_id: str, action_id: str, value: str
) -> Body:
    """A person typed into a menu whose options the app gives."""
    return {
        **_interaction("block_suggestion", app, workspace, user),
        "container": {"type": "view", "view_id": view.id},
        "action_id": action_id,
        "block_id": block_id,
        "value": value,
        "view": view.shown(app.id, workspace.bot_id),
    }


def global_shortcut(
    app: App, workspace: Workspace, user: User, *, callback_id: str, trigger_id: str, action_ts: str
) -> Body:
    """A shortcut was chosen from the search bar or the composer; it belongs to no channel."""
    return {
        **_interaction("shortcut", app, workspace, user),
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": action_ts,
    }


def message_shortcut(
    app: App,
    workspace: Workspace,
    user: User,
    channel: Channel,
    message: Message,
    *,
    callback_id: str,
    trigger_id: str,
    response_url: str,
    action_ts: str,
) -> Body:
    """A shortcut was chosen from a message's menu."""
    return {
        **_interaction("message_action", app, workspace, user),
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "response_url": response_url,
        "action_ts": action_ts,
        "channel": _channel(channel),
        "message_ts": message.ts,
        "message": message.shown(),
    }


def action_of(element: Body, block_id: str, action_ts: str, chosen: Body | None = None) -> Body:
    """What was done to an element of a block: its value or, for menus, the option chosen."""
    names = ("action_id", "type", "text", "value", "style")
    action: Body = {name: element[name] for name in names if name in element}
    action |= {"block_id": block_id, "action_ts": action_ts}
    if chosen is None:
        return action
    if element["type"] in ("checkboxes", "multi_static_select"):
        return action | {"selected_options": chosen["selected_options"]}
    return action | {"selected_option": chosen}


_READ = (
    "text",
    "fields",
    "elements",
    "label",
    "hint",
    "placeholder",
    "accessory",
    "element",
    "options",
    "title",
    "positive_button",
    "negative_button",
)
"""Where blocks keep what a person reads, in reading order."""


def texts_of(value: Any) -> list[str]:
    """All that a person reads in blocks, in their order: the texts of text objects and of rich text."""
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("text")
    found = [own] if isinstance(own, str) else []
    inner = [value.get(name) for name in _READ]
    return found + [text for part in inner if not isinstance(part, str) for text in texts_of(part)]
