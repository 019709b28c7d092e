"""Everything of Slack that one process runs, made from the settings: the app, its surface, its routes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route

from agents.records.database import Database
from bot.house import House
from bot.messages import Spoken
from bot.settings import ServeSettings
from bot.slack.app import create_slack_app
from bot.slack.client import Observe, SlackClient
from bot.slack.delivery import SlackSurface
from bot.slack.intake import Front, Inbox, Intake, Later, TakenBack
from bot.slack.manifest import bot_scopes
from bot.slack.oauth import installing
from bot.slack.opening import Opening
from bot.slack.settings import SlackNotSetUp, SlackSettings, Tenancy
from bot.slack.silence import silent
from bot.slack.tokens import NO_CONNECTION, NotInstalled, OneToken, Tokens, TokenUnreachable
from bot.slack.web import install_routes, slack_routes

CONNECT_S = 20.0
"""How long Slack may take to open the first connection of Socket Mode."""

GOODBYE_S = 2.0
"""For how long Slack may be silent when its connection is closed; replies under way wait meanwhile."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Joined:
    """Slack, as the rest of the process uses it."""

    app: AsyncApp
    surface: SlackSurface
    routes: Sequence[Route]
    transport: str
    """How Slack's events come in, for people to read."""


@asynccontextmanager
async def join_slack(
    settings: SlackSettings,
    serve: ServeSettings,
    *,
    database: Database,
    house: House,
    queue: Inbox,
    observe: Observe | None = None,
) -> AsyncIterator[Joined]:
    """Raises SlackNotSetUp where the settings are incomplete or Slack refuses a token, UnusableKey. Leaving
    it, nothing more comes in; what was taken is not told any more."""
    tenancy = settings.tenancy()
    async with AsyncExitStack() as stack:
        client = SlackClient(settings.api_url, observe=observe)
        stack.push_async_callback(client.close)
        routes: list[Route] = []
        taken_back: TakenBack | None = None
        tokens: Tokens
        if tenancy is Tenancy.SINGLE:
            tokens = await _one_token(settings)
        else:
            oauth = installing(settings, serve, database, bot_scopes())
            stack.push_async_callback(oauth.close)
            tokens, taken_back = oauth.tokens, oauth.tokens.taken_back
            routes += install_routes(oauth.flow)
        surface = SlackSurface(client, tokens)
        stack.push_async_callback(surface.close)
        later = Later()
        stack.push_async_callback(later.close)

        async def turns_of(tenant: str, person: str, roleplay: str) -> Sequence[Spoken]:
            return (await house.salesmate(tenant, person).call(roleplay)).spoken()

        front = Front(
            intake=Intake(queue),
            tokens=tokens,
            later=later,
            opening=Opening(client),
            turns_of=turns_of,
            suggests=surface,
            taken_back=taken_back,
        )
        app = create_slack_app(settings, front)
        if settings.slack_signing_secret:
            routes += slack_routes(app, settings.slack_signing_secret)
        transport = "over Socket Mode" if settings.slack_app_token else "at /slack/events"
        yield Joined(app, surface, routes, f"{tenancy.value}, {transport}")


@asynccontextmanager
async def socket_mode(settings: SlackSettings, app: AsyncApp) -> AsyncIterator[None]:
    """Events over a connection that this process opens, where there is an app token; else nothing.

    Raises SlackNotSetUp where Slack refuses the token.
    """
    if not settings.slack_app_token:
        yield
        return
    handler = AsyncSocketModeHandler(
        app,
        settings.slack_app_token,
        logger=silent(),
        web_client=AsyncWebClient(base_url=settings.api_url, logger=silent()),
    )
    try:
        async with asyncio.timeout(CONNECT_S):
            # The handler's own way would ask again for ever, without a word, where Slack refuses the token.
            handler.client.wss_uri = await handler.client.issue_new_wss_url()
            await handler.client.connect()  # type: ignore[no-untyped-call]
    except (SlackClientError, ClientError, OSError, TimeoutError) as error:
        await handler.client.close()  # type: ignore[no-untyped-call]
        if isinstance(error, SlackApiError):
            code, do = str(error.response.get("error", "")), NO_CONNECTION
        else:
            code, do = "no answer", "Check that this machine reaches Slack, and start again."
        raise SlackNotSetUp(
            f"Slack did not open a connection for SALESMATE_SLACK_APP_TOKEN ({code}). {do} "
            "`salesmate doctor` checks it."
        ) from None
    try:
        yield
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await handler.client.close()  # type: ignore[no-untyped-call]
        # Once more, without waiting for Slack's goodbye: it lets go of what is left.
        await handler.client.close()  # type: ignore[no-untyped-call]


async def _one_token(settings: SlackSettings) -> OneToken:
    tokens = OneToken(settings.slack_bot_token or "", AsyncWebClient(base_url=settings.api_url))
    try:
        await tokens.installed()
    except NotInstalled as refused:
        raise SlackNotSetUp(f"{refused} `salesmate doctor` checks it.") from None
    except TokenUnreachable:
        # Slack may be away for a moment; events wait until it says whose token this is.
        log.warning("slack unreachable at start")
    return tokens
