"""One workspace as delivery sees it: its token, its pace, and what it offers."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from bot.slack.capabilities import Capabilities
from bot.slack.client import Limited, Refused, SlackClient, Unclear
from bot.slack.pacing import Pace
from bot.slack.tokens import Installed

log = logging.getLogger(__name__)

PATIENCE_S = 8.0
"""A turn waits this long for its place in a channel; if it would be longer, it comes back later."""

TRIES, BACK_OFF_S = 8, 0.5


@dataclass(frozen=True)
class Workspace:
    """Everything needed to call Slack for one tenant."""

    tenant: str
    installed: Installed
    client: SlackClient
    pace: Pace
    capabilities: Capabilities

    async def send(self, method: str, *, pace: str = "", **arguments: Any) -> dict[str, Any]:
        """A call that somebody waits for. `pace` is the channel in which it shows a new message. Raises
        Refused, Limited, Unclear."""
        wait = self.pace.wait_s(self.tenant, method)
        if wait > PATIENCE_S:
            raise Limited(method, wait)
        if pace:
            turn = self.pace.message_s(self.tenant, pace, patience_s=PATIENCE_S)
            if turn > PATIENCE_S:
                raise Limited(method, turn)
            wait = max(wait, turn)
        if wait:
            await asyncio.sleep(wait)
        try:
            return await self.client.call(method, self.installed.token, **arguments)
        except Limited as limited:
            self.pace.held(self.tenant, method, limited.after_s, pace)
            raise

    async def ornament(self, method: str, *, calls: int = 1, **arguments: Any) -> dict[str, Any] | None:
        """A call that nobody would miss: None where the workspace lacks it, the minute is used up, or it
        failed. `calls` counts it together with those it will need later. Never raises."""
        answer = await self.attempt(method, calls=calls, **arguments)
        return None if isinstance(answer, Unclear) else answer

    async def attempt(
        self, method: str, *, calls: int = 1, **arguments: Any
    ) -> dict[str, Any] | Unclear | None:
        """As `ornament`, for what has to be undone if it may have happened: Unclear then."""
        if not self.has(method) or not self.pace.spare(self.tenant, method, calls):
            return None
        try:
            return await self.client.call(method, self.installed.token, **arguments)
        except Limited as limited:
            self.pace.held(self.tenant, method, limited.after_s)
        except Refused as refused:
            if not self.learn(method, refused.code):
                log.info("slack ornament refused", extra={"method": method, "error": refused.code})
        except Unclear as unclear:
            log.info("slack ornament failed", extra={"method": method, "error": unclear.reason})
            return unclear
        return None

    async def insist(self, method: str, **arguments: Any) -> None:
        """A call that nobody waits for, but that has to be made: tried again until Slack did it or refused.
        Never raises."""
        for n in range(1, TRIES + 1):
            try:
                await self.send(method, **arguments)
            except Limited as limited:
                await asyncio.sleep(limited.after_s)
            except Unclear:
                await asyncio.sleep(n * BACK_OFF_S)
            except Refused:
                return
            else:
                return
        log.warning("slack call given up", extra={"method": method, "attempts": TRIES})

    def has(self, method: str) -> bool:
        """Whether the workspace may offer this method or scope."""
        return self.capabilities.has(self.installed.token, method)

    def learn(self, method: str, code: str) -> bool:
        """Slack refused it with `code`; true if it will always do so."""
        return self.capabilities.learn(self.installed.token, method, code)
