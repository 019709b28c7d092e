"""Whose voice SalesMate has in a workspace: the bot token, by tenant."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

# What Slack answers when a token will never be good again.
DEAD = frozenset(
    (
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
        *("org_login_required", "no_permission", "not_allowed_token_type"),
    )
)
COPY = "Copy the Bot User OAuth Token (xoxb-…) of your app again, from OAuth & Permissions."
ADVICE = {
    "account_inactive": f"The app was taken out of the workspace: install it there again. {COPY}",
    "token_revoked": f"The token was taken back: install the app in the workspace again. {COPY}",
    "token_expired": (
        "The token has run out, because token rotation is on in this app: make the app anew from the "
        "manifest, or have it installed by OAuth."
    ),
    "not_allowed_token_type": f"It is another kind of token. {COPY}",
}

NO_CONNECTION = (
    "Turn Socket Mode on in the app's settings, and make an App-Level Token with the scope connections:write "
    "under Basic Information."
)
"""What to do where Slack opens no connection for Socket Mode."""


def advice(code: str) -> str:
    """What to do where Slack refuses a workspace's own token with this word."""
    return ADVICE.get(code, COPY)


class NotInstalled(Exception):
    """SalesMate has no permission to act for this tenant: never had, or it was taken back."""


class TokenUnreachable(Exception):
    """The token cannot be had just now (Slack or the records did not answer); try again later."""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A workspace that SalesMate may act in. `workspace_url` ends with a slash, or is empty if unknown."""

    token: str = field(repr=False)
    team_id: str
    bot_user_id: str
    bot_id: str = ""
    workspace_url: str = ""
    enterprise_id: str = ""


class Tokens(Protocol):
    """Finds the token of a tenant. Tokens may change between two calls, so nobody else keeps one."""

    async def bot(self, tenant: str, enterprise: str = "") -> Installed:
        """`enterprise`: the organisation that Slack says the workspace is in, where that is known. Raises
        NotInstalled, TokenUnreachable."""


def tenant_of(team_id: str) -> str:
    """The tenant that a Slack team is."""
    return f"slack-{team_id}"


class OneToken:
    """One workspace by one token from the settings. Who it belongs to is asked once (auth.test)."""

    def __init__(self, token: str, client: AsyncWebClient) -> None:
        self._token = token
        self._client = client
        self._asking = asyncio.Lock()
        self._known: Installed | None = None

    async def installed(self) -> Installed:
        """Whose token it is. Raises NotInstalled, TokenUnreachable."""
        async with self._asking:
            if self._known is None:
                self._known = await self._ask()
            return self._known

    async def bot(self, tenant: str, enterprise: str = "") -> Installed:
        """Raises NotInstalled also for every tenant but the token's own."""
        known = await self.installed()
        if tenant != tenant_of(known.team_id):
            raise NotInstalled(f"the bot token belongs to another workspace than {tenant}")
        return known

    async def _ask(self) -> Installed:
        try:
            answer = await self._client.auth_test(token=self._token)
        except SlackApiError as error:
            code = str(error.response.get("error", ""))
            if code in DEAD:
                raise NotInstalled(
                    f"Slack refuses SALESMATE_SLACK_BOT_TOKEN ({code}). {advice(code)}"
                ) from None
            raise TokenUnreachable("Slack did not say whose token it is") from None
        except (SlackClientError, ClientError, OSError, TimeoutError):
            raise TokenUnreachable("Slack could not be reached") from None
        return Installed(
            token=self._token,
            team_id=str(answer["team_id"]),
            bot_user_id=str(answer["user_id"]),
            bot_id=str(answer.get("bot_id") or ""),
            workspace_url=str(answer.get("url") or ""),
            enterprise_id=str(answer.get("enterprise_id") or ""),
        )
