"""Installing SalesMate in many workspaces: Slack's OAuth, and the tokens that come of it."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Mapping
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
from sqlalchemy import delete, insert

from agents.records.errors import DatabaseUnavailable
from agents.records.surface_tables import OAuthStateRow
from agents.records.tables import now
from agents.records.unbroken import unbroken
from bot.slack import install_pages
from bot.slack.installations import PLATFORM
from bot.slack.sealing import SealBroken
from bot.slack.tokens import Installed, NotInstalled, TokenUnreachable, tenant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from slack_bolt.request.async_request import AsyncBoltRequest
    from slack_sdk.oauth.installation_store import Installation
    from slack_sdk.web.async_client import AsyncWebClient

    from agents.records.database import Database
    from bot.slack.installations import Installations, Kept
    from bot.slack.rotation import Rotation
    from bot.turns.backlog import Backlog

STATE_S = 600
REMEMBER_S = 30.0
"""How long a token is taken from memory. What another process changes is known here so much later."""
WORKSPACE_URL = "workspace_url"
HTML = {"Content-Type": ["text/html; charset=utf-8"], **install_pages.HEADERS}

log = logging.getLogger(__name__)


class OAuthTokens:
    """The bot tokens of installed workspaces (`bot.slack.tokens.Tokens`)."""

    def __init__(
        self,
        installations: Installations,
        rotation: Rotation,
        backlog: Backlog,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backlog = backlog
        self._installations = installations
        self._rotation = rotation
        self._clock = clock
        self._known: dict[str, tuple[Installed, float]] = {}

    async def bot(self, tenant: str, enterprise: str = "") -> Installed:
        """Raises NotInstalled, TokenUnreachable.

        `enterprise` is the organisation that Slack says the workspace belongs to; a workspace that has come
        with its organisation is known by it the first time, and remembered.
        """
        known = self._known.get(tenant)
        if known and known[1] > self._clock():
            return known[0]
        team = tenant.removeprefix(tenant_of(""))
        try:
            kept = await self._rotation.fresh(await self._find(team, enterprise))
        except SealBroken as error:
            raise NotInstalled(str(error)) from None
        except DatabaseUnavailable as error:
            raise TokenUnreachable(str(error)) from None
        installed = _installed(kept, team)
        self._known[tenant] = installed, self._clock() + REMEMBER_S
        return installed

    async def _find(self, team: str, enterprise: str) -> Kept:
        if found := await self._installations.find(team, None):
            return found
        if enterprise and (found := await self._installations.find(None, enterprise, org_wide=True)):
            await self._installations.belongs(team, enterprise)
            return found
        self._known.pop(tenant_of(team), None)
        raise NotInstalled("SalesMate is not installed in this workspace.")

    async def taken_back(self, body: Mapping[str, Any]) -> None:
        """Slack's `tokens_revoked` or `app_uninstalled` (the whole envelope): delete what was revoked.

        What was waiting there can reach nobody any more and is dropped; the records of calls stay. An event
        that arrives late, after SalesMate was installed anew, is about tokens that are gone already.
        """
        event = body.get("event") or {}
        team, enterprise, org_wide = _whose(body)
        kept = await self._find_whatever(None if org_wide else team, enterprise, org_wide=org_wide)
        if kept is not None and int(kept.installation.installed_at) > int(body.get("event_time") or 0):
            return
        where = {"enterprise_id": enterprise or None, "team_id": None if org_wide else team}
        revoked = event.get("tokens") or {}
        for person in revoked.get("oauth") or []:
            await self._installations.async_delete_installation(**where, user_id=str(person))
        if event.get("type") == "app_uninstalled":
            await self._installations.async_delete_installation(**where)
        if event.get("type") == "app_uninstalled" or revoked.get("bot"):
            teams = await self._installations.teams(where["team_id"], where["enterprise_id"])
            await self._installations.async_delete_bot(**where)
            self.forget()
            for gone in teams:
                await self._backlog.drop_tenant(PLATFORM, tenant_of(gone))

    def forget(self) -> None:
        """Look into the records again before the next call."""
        self._known.clear()

    async def close(self) -> None:
        """Let renewals that are under way finish."""
        await self._rotation.close()

    async def _find_whatever(self, team: str | None, enterprise: str, *, org_wide: bool) -> Kept | None:
        try:
            return await self._installations.find(team, enterprise or None, org_wide=org_wide)
        except SealBroken:
            return None  # it cannot be used, and can be deleted all the same


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


def oauth_flow(
    *,
    client_id: str,
    client_secret: str,
    scopes: Sequence[str],
    api_url: str,
    public_url: str | None,
    client: AsyncWebClient,
    installations: Installations,
    states: States,
    tokens: OAuthTokens,
) -> AsyncOAuthFlow:
    """`/slack/install` and `/slack/oauth_redirect`, each installation bound to its browser (by Bolt).

    Without `public_url` Slack uses the first redirect URL of the app's configuration.
    """
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=list(scopes),
        user_scopes=[],
        redirect_uri=f"{public_url}/slack/oauth_redirect" if public_url else None,
        authorization_url=authorize_url(api_url),
        callback_options=AsyncCallbackOptions(success=_installed_page, failure=_failed_page),
        installation_store=installations,
        installation_store_bot_only=True,
        state_store=states,
        state_expiration_seconds=STATE_S,
        logger=log,
    )
    settings.authorize_url_generator = _AuthorizeUrl(
        client_id=client_id,
        redirect_uri=settings.redirect_uri,
        scopes=settings.scopes,
        authorization_url=settings.authorization_url,
    )
    return _Flow(client=client, logger=log, settings=settings, tokens=tokens)


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
    log.warning("installation_failed", extra={"code": args.reason if args.reason.isidentifier() else "other"})
    return _page(args.suggested_status_code, install_pages.failed(args.reason), args.settings)


def _page(status: int, page: str, settings: AsyncOAuthSettings) -> BoltResponse:
    gone = settings.state_utils.build_set_cookie_for_deletion()
    return BoltResponse(status=status, body=page, headers={**HTML, "Set-Cookie": [gone]})


def _installed(kept: Kept, team: str) -> Installed:
    one = kept.installation
    return Installed(
        token=one.bot_token or "",
        team_id=team,
        bot_user_id=one.bot_user_id or "",
        bot_id=one.bot_id or "",
        workspace_url=str(one.custom_values.get(WORKSPACE_URL, "")) if kept.team else "",
        enterprise_id=kept.enterprise,
    )


def _whose(body: Mapping[str, Any]) -> tuple[str, str, bool]:
    """Team, organisation, and whether the installation was the whole organisation's."""
    authorizations = body.get("authorizations") or [{}]
    org_wide = bool(authorizations[0].get("is_enterprise_install") or body.get("is_enterprise_install"))
    return str(body.get("team_id") or ""), str(body.get("enterprise_id") or ""), org_wide


def _hashed(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
