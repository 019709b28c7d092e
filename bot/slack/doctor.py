"""What `salesmate doctor` looks at of Slack: settings, tokens, scopes, and whether events arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import func, select

from agents.records.database import open_database
from agents.records.errors import RecordsError
from agents.records.queue_tables import InboxRow
from agents.records.settings import RecordsSettings
from agents.records.tables import UtcDateTime, now
from bot.findings import Finding
from bot.serve.settings import ServeSettings
from bot.slack.installations import PLATFORM, Installations
from bot.slack.manifest import bot_scopes
from bot.slack.sealing import Seal, SealBroken, UnusableKey
from bot.slack.silence import silent
from bot.slack.settings import SlackNotSetUp, SlackSettings, Tenancy
from ingestion.file_settings import SettingFileError

TIMEOUT_S = 10
SECRET_LENGTH = 32
AGAIN = "Copy it again from your app's page at https://api.slack.com/apps"


def slack(database_url: str | None) -> Iterator[Finding]:
    """Every part of Slack that can be looked at from here."""
    try:
        settings, serve = SlackSettings(), ServeSettings()
    except SettingFileError as error:
        yield Finding("Slack", "fail", str(error), "Correct that file.")
        return
    if not settings.configured:
        yield Finding("Slack", "ok", "not set up.", "Only if you want it: see “Slack” in the README.")
        return

    async def look() -> list[Finding]:
        return [finding async for finding in _everything(settings, serve, database_url)]

    yield from asyncio.run(look())


async def _everything(
    settings: SlackSettings, serve: ServeSettings, database_url: str | None
) -> AsyncIterator[Finding]:
    for wrong in _shapes(settings):
        yield wrong
    try:
        tenancy = settings.tenancy()
    except SlackNotSetUp as error:
        yield Finding("Slack", "fail", str(error), "Set what is missing, and look again.")
        return
    yield Finding("Slack", "ok", f"{tenancy.value}.")
    client = AsyncWebClient(base_url=settings.api_url, timeout=TIMEOUT_S, retry_handlers=[], logger=silent())
    if tenancy is Tenancy.SINGLE:
        async for finding in _bot_token(client, settings.slack_bot_token or ""):
            yield finding
    if settings.slack_app_token:
        yield await _app_token(client, settings.slack_app_token)
    elif serve.public_url:
        yield await _address(serve.public_url)
    try:
        database = await open_database(database_url or RecordsSettings().database)
    except RecordsError:
        return  # the database's own check has said so
    try:
        if tenancy is Tenancy.OAUTH:
            yield await _installed(database, serve.secret_key, settings.slack_client_id or "")
        yield await _events(database)
    finally:
        await database.close()


def _shapes(settings: SlackSettings) -> Iterator[Finding]:
    """Values in the wrong place are the commonest mistake."""
    bot, app, secret = settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret
    if bot and bot.startswith("xapp-"):
        do = "Put it into SALESMATE_SLACK_APP_TOKEN; the bot token begins with xoxb-."
        yield Finding("Slack bot token", "fail", "SALESMATE_SLACK_BOT_TOKEN holds an app-level token.", do)
    elif bot and not bot.startswith(("xoxb-", "xoxe.xoxb-")):
        yield Finding(
            "Slack bot token", "fail", "SALESMATE_SLACK_BOT_TOKEN begins with no xoxb-.", f"{AGAIN}."
        )
    if app and app.startswith("xoxb-"):
        do = "Put it into SALESMATE_SLACK_BOT_TOKEN; the app-level token begins with xapp-."
        yield Finding("Slack app token", "fail", "SALESMATE_SLACK_APP_TOKEN holds a bot token.", do)
    elif app and not app.startswith("xapp-"):
        yield Finding(
            "Slack app token", "fail", "SALESMATE_SLACK_APP_TOKEN begins with no xapp-.", f"{AGAIN}."
        )
    if secret and secret.startswith(("xoxb-", "xapp-")):
        do = "The Signing Secret is under Basic Information, App Credentials."
        yield Finding("Slack signing secret", "fail", "SALESMATE_SLACK_SIGNING_SECRET holds a token.", do)
    elif secret and len(secret) != SECRET_LENGTH:
        sentence = (
            f"SALESMATE_SLACK_SIGNING_SECRET has {len(secret)} characters; Slack's have {SECRET_LENGTH}."
        )
        yield Finding("Slack signing secret", "warn", sentence, f"{AGAIN} if events are refused (401).")


async def _bot_token(client: AsyncWebClient, token: str) -> AsyncIterator[Finding]:
    name = "Slack bot token"
    try:
        answer: Any = await client.auth_test(token=token)
    except SlackApiError as error:
        code = error.response.get("error", "no answer")
        yield Finding(name, "fail", f"Slack refuses it ({code}).", f"{AGAIN}, OAuth & Permissions.")
        return
    except (SlackClientError, ClientError, OSError, TimeoutError) as error:
        sentence = f"Slack did not answer ({type(error).__name__})."
        yield Finding(
            name, "fail", sentence, "Check that this machine reaches Slack (SALESMATE_SLACK_API_URL)."
        )
        return
    yield Finding(name, "ok", f"it works in {answer.get('team')} ({answer.get('team_id')}).")
    granted = {
        one.strip() for one in str(_header(answer.headers, "x-oauth-scopes")).split(",") if one.strip()
    }
    missing = sorted(set(bot_scopes()) - granted)
    if granted and missing:
        do = "Add them under OAuth & Permissions, and install the app again."
        yield Finding("Slack scopes", "fail", f"The token lacks {', '.join(missing)}.", do)
    elif granted:
        yield Finding("Slack scopes", "ok", "all that the manifest asks for.")


async def _app_token(client: AsyncWebClient, token: str) -> Finding:
    name = "Slack Socket Mode"
    do = "Make an app-level token with the scope connections:write, and turn Socket Mode on."
    try:
        await client.apps_connections_open(app_token=token)
    except SlackApiError as error:
        return Finding(name, "fail", f"Slack opens no connection ({error.response.get('error')}).", do)
    except (SlackClientError, ClientError, OSError, TimeoutError) as error:
        return Finding(name, "fail", f"Slack did not answer ({type(error).__name__}).", "Try again.")
    return Finding(name, "ok", "Slack opens a connection.")


async def _address(public_url: str) -> Finding:
    name, do = "Public address", "Run `salesmate serve`, and let that address lead to it."
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=TIMEOUT_S)) as session,
            session.get(f"{public_url}/healthz") as response,
        ):
            if response.status == 200:
                return Finding(name, "ok", f"{public_url} answers.")
            return Finding(name, "fail", f"{public_url}/healthz answers {response.status}.", do)
    except (ClientError, OSError, TimeoutError) as error:
        return Finding(name, "fail", f"{public_url} does not answer ({type(error).__name__}).", do)


async def _installed(database: Any, keys: str | None, client_id: str) -> Finding:
    name = "Slack workspaces"
    try:
        seal = Seal(keys)
        sealed = await Installations(database, seal, client_id).everywhere()
        for one in sealed:
            seal.open(one)
    except (UnusableKey, SealBroken) as error:
        return Finding(name, "fail", str(error), "Correct SALESMATE_SECRET_KEY.")
    return Finding(name, "ok", f"installed in {len(sealed)}.", "" if sealed else "Open /slack/install.")


async def _events(database: Any) -> Finding:
    newest = select(func.max(InboxRow.received_at, type_=UtcDateTime())).where(InboxRow.platform == PLATFORM)
    async with database.house(reading=True) as connection:
        last = (await connection.execute(newest)).scalar_one_or_none()
    if last is None:
        do = "Check the Request URL and the event subscriptions of the app, and that `salesmate serve` runs."
        return Finding("Slack events", "warn", "No event has ever arrived.", do)
    minutes = int((now() - last).total_seconds() // 60)
    return Finding("Slack events", "ok", f"the last one arrived {minutes} min ago.")


def _header(headers: Any, name: str) -> str:
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")
