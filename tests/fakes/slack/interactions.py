"""Commands, presses, submissions and shortcuts as Slack sends them, with the fields that apps read."""

from __future__ import annotations

from tests.fakes.slack.payloads import VERIFICATION_TOKEN
from tests.fakes.slack.state import App, Body, Channel, Message, User, View, Workspace


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
