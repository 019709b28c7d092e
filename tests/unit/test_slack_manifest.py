"""The manifest asks Slack for what the code listens to and calls, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import bot.slack
from bot.slack import manifest
from bot.slack.settings import SlackNotSetUp, SlackSettings, Tenancy

SOURCES = [file.read_text() for file in Path(bot.slack.__file__).parent.rglob("*.py")]
CODE = "\n".join(SOURCES)
TOKEN = "xoxb-1"  # noqa: S105
FILLED: dict[str, Any] = manifest.filled_in("https://salesmate.example")

# From each method's page at docs.slack.dev/reference/methods: the scopes a bot needs, any of a group.
SCOPES: dict[str, tuple[str, ...]] = {
    "agents.sessions.rename": ("chat:write",),
    "agents.sessions.setStatus": ("chat:write",),
    "assistant.threads.setStatus": ("assistant:write", "chat:write"),
    "assistant.threads.setSuggestedPrompts": ("assistant:write",),
    "assistant.threads.setTitle": ("assistant:write",),
    "chat.appendStream": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.startStream": ("chat:write",),
    "chat.stopStream": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("im:history",),
    "conversations.open": ("im:write",),
    "conversations.replies": ("im:history",),
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "views.open": (),
    "views.publish": (),
    "auth.test": (),
    "apps.connections.open": (),
    "oauth.v2.access": (),
}
EVENT_SCOPES = {"app_mention": "app_mentions:read", "message.im": "im:history"}
WITHOUT_METHOD = {"commands", "chat:write.customize", "app_mentions:read"}
"""Scopes for commands, for the customer's name on messages, and for an event."""


def methods_called() -> set[str]:
    """Every method of the Web API that stands in the code."""
    named = re.findall(
        r'"((?:agents|apps|assistant|auth|chat|conversations|files|oauth|views)\.[\w.]+)"', CODE
    )
    return set(named)


def listened(kind: str) -> set[str]:
    return set(re.findall(rf'@app\.{kind}\("/?([\w.]+)"\)', CODE))


def test_every_event_that_is_asked_for_is_listened_to_and_the_other_way_round() -> None:
    asked = set(FILLED["settings"]["event_subscriptions"]["bot_events"])
    assert {"message" if name == "message.im" else name for name in asked} == listened("event")


def test_every_command_and_shortcut_has_its_listener() -> None:
    features = FILLED["features"]
    assert {command["command"].strip("/") for command in features["slash_commands"]} == listened("command")
    for kind in ("global", "message"):
        named = {one["callback_id"] for one in features["shortcuts"] if one["type"] == kind}
        assert named == listened(f"{kind}_shortcut")


def test_the_scopes_are_those_that_the_calls_need() -> None:
    scopes = set(manifest.bot_scopes())
    called = methods_called()
    assert called <= SCOPES.keys()
    needed = {scope for method in called for scope in SCOPES[method]}
    assert needed <= scopes
    assert set(EVENT_SCOPES.values()) <= scopes
    assert scopes - needed == WITHOUT_METHOD


def test_slack_takes_its_texts() -> None:
    """By Slack's own schema of manifests (slackapi/manifest-schema)."""
    about, features = FILLED["display_information"], FILLED["features"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4000
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert len(features["agent_view"]["suggested_prompts"]) <= 4
    for command in features["slash_commands"]:
        assert len(command["command"]) <= 32
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    assert features["app_home"]["messages_tab_enabled"]
    assert not features["app_home"]["messages_tab_read_only_enabled"]


@pytest.mark.parametrize(
    "given", ["https://a.example/slack/events", "https://a.example/", "https://a.example"]
)
def test_a_whole_request_url_is_taken_for_its_host(given: str) -> None:
    filled = manifest.filled_in(given)
    assert filled["settings"]["event_subscriptions"]["request_url"] == "https://a.example/slack/events"


def test_it_is_filled_in_for_a_host() -> None:
    text = manifest.as_yaml(FILLED)
    assert manifest.PLACEHOLDER not in text
    assert yaml.safe_load(text) == FILLED
    assert (
        FILLED["settings"]["event_subscriptions"]["request_url"] == "https://salesmate.example/slack/events"
    )
    assert "redirect_urls" not in FILLED["oauth_config"]


def test_a_token_that_nobody_renews_does_not_rotate() -> None:
    assert FILLED["settings"]["token_rotation_enabled"] is False
    many = manifest.filled_in("https://salesmate.example", oauth=True)
    assert many["settings"]["token_rotation_enabled"] is True
    assert many["oauth_config"]["redirect_urls"] == ["https://salesmate.example/slack/oauth_redirect"]


def test_socket_mode_needs_no_address() -> None:
    text = manifest.as_yaml(manifest.filled_in("", socket_mode=True))
    assert "https://" not in text
    assert yaml.safe_load(text)["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize("url", ["", "http://salesmate.example", "salesmate.example", "https://"])
def test_an_address_that_slack_cannot_call_is_refused(url: str) -> None:
    with pytest.raises(manifest.NoSuchHost):
        manifest.filled_in(url)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, "SALESMATE_SLACK_BOT_TOKEN"),
        ({"slack_bot_token": TOKEN}, "SALESMATE_SLACK_SIGNING_SECRET"),
        ({"slack_signing_secret": "s"}, "SALESMATE_SLACK_BOT_TOKEN"),
        ({"slack_client_id": "1.2", "slack_signing_secret": "s"}, "SALESMATE_SLACK_CLIENT_SECRET"),
        (
            {"slack_client_id": "1", "slack_client_secret": "s", "slack_bot_token": TOKEN},
            "set one of them",
        ),
    ],
)
def test_half_a_setup_is_refused_by_name(given: dict[str, str], names: str) -> None:
    with pytest.raises(SlackNotSetUp, match=names) as refused:
        SlackSettings.model_validate(given).tenancy()
    assert "salesmate doctor" in str(refused.value)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"slack_bot_token": "xapp-1-2"}, "BOT_TOKEN holds an app-level token"),
        ({"slack_bot_token": "xoxp-1"}, "BOT_TOKEN holds a user token"),
        ({"slack_bot_token": "xoxe.xoxb-1"}, "token rotation is on"),
        ({"slack_bot_token": "hello"}, "BOT_TOKEN holds something that is no Slack token"),
        ({"slack_bot_token": TOKEN, "slack_app_token": "xoxb-2"}, "APP_TOKEN holds a bot token"),
        ({"slack_bot_token": TOKEN, "slack_signing_secret": "xapp-3"}, "SIGNING_SECRET holds an app-level"),
        ({"slack_client_id": "1", "slack_client_secret": "xoxb-4"}, "CLIENT_SECRET holds a bot token"),
    ],
)
def test_a_value_in_anothers_place_is_named_and_not_quoted(given: dict[str, str], says: str) -> None:
    settings = SlackSettings.model_validate(given)
    said = ". ".join(settings.problems())
    assert says in said
    assert not any(value in said for value in given.values())
    with pytest.raises(SlackNotSetUp):
        settings.tenancy()


@pytest.mark.parametrize("pasted", [" xoxb-1", "xoxb-1\n", "'xoxb-1'", '"xoxb-1" ', "“xoxb-1”"])
def test_what_a_paste_leaves_around_a_value_is_taken_off(pasted: str) -> None:
    assert SlackSettings(slack_bot_token=pasted).slack_bot_token == "xoxb-1"  # noqa: S105


def test_a_whole_setup_is_taken() -> None:
    one = SlackSettings(slack_bot_token=TOKEN, slack_app_token="xapp-1", slack_api_url="http://x/api")  # noqa: S106
    assert one.tenancy() is Tenancy.SINGLE
    assert one.api_url == "http://x/api/"
    assert TOKEN not in repr(one)
    many = SlackSettings(slack_client_id="1", slack_client_secret="s", slack_signing_secret="s")  # noqa: S106
    assert many.tenancy() is Tenancy.OAUTH
