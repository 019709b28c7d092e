"""Opens a modal, within the three seconds that a trigger lives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from bot.slack.client import Limited, SlackClient, SlackTrouble, Unclear
from bot.slack.tokens import Installed

log = logging.getLogger(__name__)

PATIENCE_S = 2.5
"""A trigger dies after three seconds, and some have passed already."""
TOO_LATE = "Slack could not open the window in time. Nothing is lost: please try once more."


class Opening:
    """Opens modals in whatever workspace somebody pressed something."""

    def __init__(self, client: SlackClient) -> None:
        self._client = client

    async def open(self, installed: Installed, asked: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        """Open `view` for what `asked`, a signed payload with its trigger. Too late, she is told."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._opened(installed, str(asked["trigger_id"]), view)
        except (*SlackTrouble, TimeoutError) as error:
            log.warning("slack modal failed", extra={"error": type(error).__name__})
            await self.say(asked, TOO_LATE)

    async def say(self, asked: Mapping[str, Any], text: str) -> None:
        """Tell only her, where she asked. A shortcut that belongs to no channel has no way back."""
        if not (url := asked.get("response_url")):
            return
        body = {"response_type": "ephemeral", "replace_original": False, "text": text}
        try:
            await self._client.post("response_url", str(url), body=body)
        except SlackTrouble as error:
            log.warning("slack note failed", extra={"error": type(error).__name__})

    async def _opened(self, installed: Installed, trigger: str, view: Mapping[str, Any]) -> None:
        """A trigger works once, so asking again where nothing is known never opens a second window."""
        arguments = {"trigger_id": trigger, "view": dict(view)}
        try:
            await self._client.call("views.open", installed.token, **arguments)
        except Limited as limited:
            await asyncio.sleep(limited.after_s)
            await self._client.call("views.open", installed.token, **arguments)
        except Unclear:
            await self._client.call("views.open", installed.token, **arguments)
