"""The bot tokens of workspaces that installed SalesMate by OAuth, and their end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agents.records.errors import DatabaseUnavailable
from bot.slack.installations import PLATFORM
from bot.slack.sealing import SealBroken
from bot.slack.tokens import Installed, NotInstalled, TokenUnreachable, tenant_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.slack.installations import Installations, Kept
    from bot.slack.rotation import Rotation
    from bot.turns.backlog import Backlog

REMEMBER_S = 30.0
"""How long a token is taken from memory. What another process changes is known here so much later."""
WORKSPACE_URL = "workspace_url"
"""Among an installation's custom values: the address of its workspace."""


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
