"""Installing SalesMate in many workspaces by Slack's OAuth: from the install page back to ours."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import delete, insert

from agents.records.surface_tables import OAuthStateRow
from agents.records.tables import now
from agents.records.unbroken import unbroken
from bot.slack import install_pages
from bot.slack.installations import Installations
from bot.slack.installed import WORKSPACE_URL, OAuthTokens
from bot.slack.rotation import Rotation
from bot.slack.sealing import Seal
from bot.slack.silence import silent
from bot.turns.backlog import Backlog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slack_bolt.request.async_request import AsyncBoltRequest
    from slack_sdk.oauth.installation_store import Installation

    from agents.records.database import Database
    from bot.settings import ServeSettings
    from bot.slack.settings import SlackSettings

TIMEOUT_S = 10
STATE_S = 600
HTML = {"Content-Type": ["text/html; charset=utf-8"], **install_pages.HEADERS}

log = logging.getLogger(__name__)


class States(AsyncOAuthStateStore):
    """Installations under way: each state is good once, for ten minutes, and kept by its hash only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def logger(self) -> logging.Logger:
        """What the interface asks for."""
        return log

    @unbroken
    async def async_issue(self, *_: Any, **__: Any) -> str:
        """A new state."""
        state = secrets.token_urlsafe(32)
        async with self._database.house() as connection:
            await connection.execute(delete(OAuthStateRow).where(OAuthStateRow.expires_at < now()))
            row = {"hashed": _hashed(state), "expires_at": now() + timedelta(seconds=STATE_S)}
            await connection.execute(insert(OAuthStateRow).values(**row))
        return state

    @unbroken
    async def async_consume(self, state: str) -> bool:
        """Use it up. False if it is not ours, was used before, or is too old."""
        async with self._database.house() as connection:
            used = await connection.execute(
                delete(OAuthStateRow)
                .where(OAuthStateRow.hashed == _hashed(state), OAuthStateRow.expires_at > now())
                .returning(OAuthStateRow.hashed)
            )
            return used.first() is not None


@dataclass(frozen=True)
class Installing:
    """All that many workspaces need. Close it before the database."""

    tokens: OAuthTokens
    installations: Installations
    flow: AsyncOAuthFlow

    async def close(self) -> None:
        """Let renewals of tokens that are under way finish."""
        await self.tokens.close()


def installing(
    slack: SlackSettings, serve: ServeSettings, database: Database, scopes: Sequence[str]
) -> Installing:
    """Everything of OAuth, put together. Raises UnusableKey.

    Without a public URL Slack uses the first redirect URL of the app's configuration.
    """
    client_id, client_secret = slack.slack_client_id or "", slack.slack_client_secret or ""
    # Codes and refresh tokens are good once: the SDK is not to send them again by itself.
    web = AsyncWebClient(base_url=slack.api_url, timeout=TIMEOUT_S, retry_handlers=[], logger=silent())
    installations = Installations(database, Seal(serve.secret_key, client_secret), client_id)
    rotation = Rotation(installations, web, client_id=client_id, client_secret=client_secret)
    tokens = OAuthTokens(installations, rotation, Backlog(database))
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=list(scopes),
        user_scopes=[],
        redirect_uri=f"{serve.public_url}/slack/oauth_redirect" if serve.public_url else None,
        authorization_url=authorize_url(slack.api_url),
        callback_options=AsyncCallbackOptions(success=_installed_page, failure=_failed_page),
        installation_store=installations,
        installation_store_bot_only=True,
        state_store=States(database),
        state_expiration_seconds=STATE_S,
        logger=silent(),
    )
    settings.authorize_url_generator = _AuthorizeUrl(
        client_id=client_id,
        redirect_uri=settings.redirect_uri,
        scopes=settings.scopes,
        authorization_url=settings.authorization_url,
    )
    return Installing(
        tokens, installations, _Flow(client=web, logger=silent(), settings=settings, tokens=tokens)
    )


def authorize_url(api_url: str) -> str:
    """Where a person allows the installation: beside the Web API."""
    parts = urlsplit(api_url)
    return f"{parts.scheme}://{parts.netloc}/oauth/v2/authorize"


class _Flow(AsyncOAuthFlow):
    def __init__(self, *, tokens: OAuthTokens, **given: Any) -> None:
        super().__init__(**given)
        self._tokens = tokens

    async def build_install_page_html(self, url: str, request: AsyncBoltRequest) -> str:
        return install_pages.offer(url)

    async def append_set_cookie_headers(
        self, headers: dict[str, Any], set_cookie_value: str | None
    ) -> dict[str, Any]:
        given: dict[str, Any] = await super().append_set_cookie_headers(headers, set_cookie_value)
        return {**given, **install_pages.HEADERS}

    async def run_installation(self, code: str) -> Installation | None:
        """As Bolt does it; what it cannot reach is a page for the person, not a broken request."""
        try:
            installation = await super().run_installation(code)
            if installation is None or not installation.bot_token:
                return None
            answer = await self.client.auth_test(token=installation.bot_token)
        except (SlackClientError, ClientError, OSError, TimeoutError) as error:
            log.warning("installation_failed", extra={"error": type(error).__name__})
            return None
        installation.custom_values = {WORKSPACE_URL: str(answer.get("url") or "")}
        return installation

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        await super().store_installation(request, installation)
        self._tokens.forget()


class _AuthorizeUrl(AuthorizeUrlGenerator):
    """Slack's, with every value encoded: `team` comes from the address of our install page."""

    def generate(self, state: str, team: str | None = None) -> str:
        query = {"client_id": self.client_id, "scope": ",".join(self.scopes or ()), "user_scope": ""}
        query["state"] = state
        if self.redirect_uri:
            query["redirect_uri"] = self.redirect_uri
        if team:
            query["team"] = team
        return f"{self.authorization_url}?{urlencode(query)}"


async def _installed_page(args: AsyncSuccessArgs) -> BoltResponse:
    installation = args.installation
    name = installation.team_name or installation.enterprise_name or ""
    page = install_pages.installed(name, installation.team_id or "", installation.app_id or "")
    return _page(200, page, args.settings)


async def _failed_page(args: AsyncFailureArgs) -> BoltResponse:
    log.warning(
        "installation_failed", extra={"code": args.reason if args.reason in install_pages.WHY else "other"}
    )
    return _page(args.suggested_status_code, install_pages.failed(args.reason), args.settings)


def _page(status: int, page: str, settings: AsyncOAuthSettings) -> BoltResponse:
    gone = settings.state_utils.build_set_cookie_for_deletion()
    return BoltResponse(status=status, body=page, headers={**HTML, "Set-Cookie": [gone]})


def _hashed(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
