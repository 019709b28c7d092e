"""Renewing the tokens of installations before they run out, each refresh token once.

Slack's tokens live for twelve hours where rotation is on, and a refresh token works once. So whoever renews
claims the installation first, in the database, for longer than Slack may take to answer; all others go on
with the token they have, which is good for two more hours.
"""

from __future__ import annotations

import asyncio
import logging
import time
from copy import copy
from typing import TYPE_CHECKING

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError

from agents.records.errors import DatabaseUnavailable
from bot.slack.tokens import NotInstalled, TokenUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk.oauth.installation_store import Installation
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.slack.installations import Installations, Kept

EARLY_S = 2 * 60 * 60  # before it runs out, a token is renewed
CLAIM_S = 30.0  # longer than a call to Slack may take
AGAIN_S = 60.0  # after Slack did not answer, while the token is still good
LOOK_S = 0.2  # between two looks whether another worker is done
SAVE_PAUSES_S = (0.0, 0.5, 2.0, 5.0)  # a renewed token that is not kept is lost

REFUSED = "refused"
"""Among an installation's custom values: Slack's word for why its token cannot be renewed ever again."""
# A wrong client secret is not among these: it is ours to correct, and costs nobody the installation.
FOR_EVER = frozenset(
    (
        "invalid_refresh_token",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "invalid_auth",
        "invalid_grant",
    )
)

log = logging.getLogger(__name__)


class Rotation:
    """Keeps tokens fresh. Several processes may do so for the same installations."""

    def __init__(
        self,
        installations: Installations,
        client: AsyncWebClient,
        *,
        client_id: str,
        client_secret: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._installations = installations
        self._client = client
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._under_way: dict[tuple[str, str], asyncio.Task[Kept]] = {}

    async def fresh(self, kept: Kept) -> Kept:
        """The installation with a token that is good, renewed if it is time.

        Raises NotInstalled when Slack will never renew it, TokenUnreachable when it ran out and Slack or the
        records do not answer.
        """
        if not self._due(kept.installation):
            return kept
        if kept.installation.custom_values.get(REFUSED):
            return self._while_it_lasts(kept)
        key = (kept.enterprise, kept.team)
        if (renewing := self._under_way.get(key)) is None:
            renewing = self._under_way[key] = asyncio.create_task(self._renew(kept))
            renewing.add_done_callback(lambda _: self._under_way.pop(key, None))
        # A caller who is cancelled must not cut it: a refresh token that was used and not replaced is lost.
        return self._while_it_lasts(await asyncio.shield(renewing))

    async def close(self) -> None:
        """Let what is under way finish."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _due(self, installation: Installation) -> bool:
        ends = installation.bot_token_expires_at
        return ends is not None and ends <= self._clock() + EARLY_S

    def _over(self, installation: Installation) -> bool:
        ends = installation.bot_token_expires_at
        return ends is not None and ends <= self._clock()

    def _while_it_lasts(self, kept: Kept) -> Kept:
        if not self._over(kept.installation):
            return kept
        if kept.installation.custom_values.get(REFUSED):
            raise NotInstalled(
                "Slack does not renew the token of this workspace. Install SalesMate there again."
            )
        raise TokenUnreachable("The token of this workspace ran out, and Slack did not renew it yet.")

    async def _renew(self, kept: Kept) -> Kept:
        if not await self._installations.claim(kept, CLAIM_S):
            return await self._by_another(kept)
        where = {"team": kept.team or kept.enterprise}
        renewed = copy(kept.installation)
        try:
            await self._ask(renewed)
        except SlackApiError as error:
            code = str(error.response.get("error", ""))
            if code not in FOR_EVER:
                log.warning("token_not_renewed", extra={**where, "code": code})
                return await self._left(kept)
            log.warning("token_refused", extra={**where, "code": code})
            renewed.custom_values = {**renewed.custom_values, REFUSED: code}
        except (SlackClientError, ClientError, OSError, TimeoutError, ValueError, KeyError) as error:
            log.warning("token_not_renewed", extra={**where, "error": type(error).__name__})
            return await self._left(kept)
        else:
            log.info("token_renewed", extra=where)
        return await self._kept(kept, renewed)

    async def _ask(self, installation: Installation) -> None:
        """Trade the refresh token in: `installation` gets the new pair."""
        answer = await self._client.oauth_v2_access(
            client_id=self._client_id,
            client_secret=self._client_secret,
            grant_type="refresh_token",
            refresh_token=installation.bot_refresh_token,
        )
        installation.bot_token = str(answer["access_token"])
        installation.bot_refresh_token = str(answer["refresh_token"])
        installation.bot_token_expires_at = int(self._clock()) + int(answer["expires_in"])

    async def _kept(self, kept: Kept, renewed: Installation) -> Kept:
        for pause in SAVE_PAUSES_S:
            await asyncio.sleep(pause)
            try:
                await self._installations.replace(kept, renewed)
            except DatabaseUnavailable:
                log.warning("renewed_token_not_kept", extra={"team": kept.team or kept.enterprise})
            else:
                return await self._again(kept)
        raise TokenUnreachable("The renewed token of this workspace could not be kept.")

    async def _left(self, kept: Kept) -> Kept:
        await self._installations.leave(kept, 0.0 if self._over(kept.installation) else AGAIN_S)
        return kept

    async def _by_another(self, kept: Kept) -> Kept:
        """Somebody else is at it: no reason to wait while the token is good."""
        until = self._clock() + CLAIM_S
        while self._over(kept.installation) and self._clock() < until:
            await asyncio.sleep(LOOK_S)
            now = await self._again(kept)
            if now.sealed != kept.sealed:
                return now
        return kept

    async def _again(self, kept: Kept) -> Kept:
        now = await self._installations.find(kept.team, kept.enterprise, org_wide=not kept.team)
        if now is None:
            raise NotInstalled("SalesMate was taken out of this workspace.")
        return now
