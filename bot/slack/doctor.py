"""What `salesmate doctor` looks at of Slack: settings, tokens, scopes, and whether events arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from pydantic import ValidationError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agents.records.database import Database, open_database
from agents.records.errors import RecordsError
from agents.records.settings import RecordsSettings
from bot.cli import wrong_setting
from bot.findings import Finding
from bot.settings import ServeSettings
from bot.slack.arrivals import REACH, UNREACHABLE, events, request_url, waiting
from bot.slack.installations import Installations
from bot.slack.manifest import bot_scopes
from bot.slack.sealing import Seal, SealBroken, UnusableKey
from bot.slack.settings import SLACKS_OWN, WANTED, SlackSettings, Tenancy
from bot.slack.silence import silent
from bot.slack.tokens import NO_CONNECTION, advice
from ingestion.file_settings import SettingFileError

TIMEOUT_S = 10
SECRET_LENGTH = 32


def slack(database_url: str | None) -> Iterator[Finding]:
    """Every part of Slack that can be looked at from here."""
    try:
        settings, serve = SlackSettings(), ServeSettings()
    except SettingFileError as error:
        yield Finding("Slack", "fail", str(error), "Correct that file.")
        return
    except ValidationError as error:
        yield Finding("Slack", "fail", wrong_setting(error), "Correct it, and look again.")
        return
    if not settings.configured:
        yield Finding(
            "Slack",
            "ok",
            "not set up.",
            "Only if you want it: docs/slack.md, from a workspace to the first call.",
        )
        return

    async def look() -> list[Finding]:
        return [finding async for finding in _everything(settings, serve, database_url)]

    yield from asyncio.run(look())


async def _everything(
    settings: SlackSettings, serve: ServeSettings, database_url: str | None
) -> AsyncIterator[Finding]:
    for problem in settings.problems():
        do = "Correct it, and look again. docs/slack.md says where to find each value."
        yield Finding("Slack", "fail", f"{problem}.", do)
    if settings.problems():
        return
    tenancy = settings.tenancy()
    over = "over Socket Mode" if settings.slack_app_token else "over HTTP"
    yield Finding("Slack", "ok", f"{tenancy.value}, {over}.")
    for odd in _odd(settings):
        yield odd
    client = AsyncWebClient(base_url=settings.api_url, timeout=TIMEOUT_S, retry_handlers=[], logger=silent())
    if tenancy is Tenancy.SINGLE:
        async for finding in _bot_token(client, settings.slack_bot_token or ""):
            yield finding
    if settings.slack_app_token:
        yield await _app_token(client, settings.slack_app_token)
    else:
        yield await request_url(serve.public_url, settings.slack_signing_secret or "")
    try:
        database = await open_database(database_url or RecordsSettings().database)
    except RecordsError:
        return  # the database's own check has said so
    try:
        if tenancy is Tenancy.OAUTH:
            seal_with = serve.secret_key, settings.slack_client_secret or ""
            yield await _installed(database, *seal_with, settings.slack_client_id or "")
        yield await events(database, socket_mode=bool(settings.slack_app_token))
        async for finding in waiting(database):
            yield finding
    finally:
        await database.close()


def _odd(settings: SlackSettings) -> Iterator[Finding]:
    """What may be right, and is mostly not."""
    secret = settings.slack_signing_secret
    if secret and len(secret) != SECRET_LENGTH:
        sentence = (
            f"SALESMATE_SLACK_SIGNING_SECRET has {len(secret)} characters; Slack's have {SECRET_LENGTH}."
        )
        do = f"Set {WANTED['slack_signing_secret'][1]}."
        yield Finding("Slack signing secret", "warn", sentence, do)
    if settings.slack_api_url != SLACKS_OWN:
        sentence = f"calls go to {settings.api_url}, which stands in for Slack."
        yield Finding("Slack address", "ok", sentence, "Unset SALESMATE_SLACK_API_URL for Slack itself.")


async def _bot_token(client: AsyncWebClient, token: str) -> AsyncIterator[Finding]:
    name = "Slack bot token"
    try:
        answer: Any = await client.auth_test(token=token)
    except SlackApiError as error:
        code = str(error.response.get("error") or "no answer")
        yield Finding(name, "fail", f"Slack refuses it ({code}).", advice(code))
        return
    except UNREACHABLE as error:
        yield Finding(name, "fail", f"Slack did not answer ({type(error).__name__}).", REACH)
        return
    yield Finding(name, "ok", f"it works in {answer.get('team')} ({answer.get('team_id')}).")
    granted = {
        one.strip() for one in str(_header(answer.headers, "x-oauth-scopes")).split(",") if one.strip()
    }
    missing = sorted(set(bot_scopes()) - granted)
    if granted and missing:
        do = "Add them under OAuth & Permissions, Bot Token Scopes, and press Reinstall there."
        yield Finding("Slack scopes", "fail", f"The token lacks {', '.join(missing)}.", do)
    elif granted:
        yield Finding("Slack scopes", "ok", "all that the manifest asks for.")


async def _app_token(client: AsyncWebClient, token: str) -> Finding:
    name = "Slack Socket Mode"
    try:
        await client.apps_connections_open(app_token=token)
    except SlackApiError as error:
        return Finding(
            name, "fail", f"Slack opens no connection ({error.response.get('error')}).", NO_CONNECTION
        )
    except UNREACHABLE as error:
        return Finding(name, "fail", f"Slack did not answer ({type(error).__name__}).", REACH)
    return Finding(name, "ok", "Slack opens a connection.")


async def _installed(database: Database, keys: str | None, client_secret: str, client_id: str) -> Finding:
    name = "Slack workspaces"
    try:
        seal = Seal(keys, client_secret)
        sealed = await Installations(database, seal, client_id).everywhere()
        for one in sealed:
            seal.open(one)
    except (UnusableKey, SealBroken) as error:
        return Finding(name, "fail", str(error), "Set it right, and look again.")
    do = "" if sealed else "Open /slack/install at your public address, and allow it there."
    return Finding(name, "ok", f"installed in {len(sealed)}.", do)


def _header(headers: Any, name: str) -> str:
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")
