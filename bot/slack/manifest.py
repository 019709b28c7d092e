"""The Slack app's manifest, filled in for one host."""

from __future__ import annotations

from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import yaml

PLACEHOLDER = "https://YOUR-HOST"
EVENTS = "/slack/events"


class NoSuchHost(Exception):
    """An address that Slack could not reach. The message says what is wanted."""


def shipped() -> str:
    """The manifest as it lies beside this file, its addresses to be filled in."""
    return files("bot.slack").joinpath("manifest.yaml").read_text(encoding="utf-8")


def filled_in(url: str, *, socket_mode: bool = False, oauth: bool = False) -> dict[str, Any]:
    """The manifest for `url`; with Socket Mode it needs no address. `oauth`: for many workspaces, whose
    tokens rotate. Raises NoSuchHost."""
    manifest: dict[str, Any] = yaml.safe_load(shipped().replace(PLACEHOLDER, _base(url) or PLACEHOLDER))
    settings = manifest["settings"]
    settings["token_rotation_enabled"] = settings["org_deploy_enabled"] = oauth
    if not oauth:
        del manifest["oauth_config"]["redirect_urls"]
    if socket_mode:
        settings["socket_mode_enabled"] = True
        del settings["event_subscriptions"]["request_url"]
        settings["interactivity"] = {"is_enabled": True}
        for command in manifest["features"]["slash_commands"]:
            del command["url"]
    elif not url:
        raise NoSuchHost("Say where Slack reaches SalesMate (--url https://your.host), or use --socket-mode.")
    if oauth and not url:
        raise NoSuchHost("OAuth needs an address for people to come back to: --url https://your.host")
    return manifest


def bot_scopes() -> tuple[str, ...]:
    """What the app asks a workspace for."""
    scopes: list[str] = yaml.safe_load(shipped())["oauth_config"]["scopes"]["bot"]
    return tuple(scopes)


def as_yaml(manifest: dict[str, Any]) -> str:
    """To be pasted where Slack asks for it."""
    return str(yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=100))


def _base(url: str) -> str:
    if not url:
        return ""
    parts = urlsplit(url.strip())
    if parts.scheme != "https" or not parts.hostname:
        raise NoSuchHost(f"Slack calls https addresses only, such as https://salesmate.example; got {url!r}.")
    # People paste the whole Request URL, too.
    path = parts.path.rstrip("/").removesuffix(EVENTS).rstrip("/")
    return f"https://{parts.netloc}{path}"
