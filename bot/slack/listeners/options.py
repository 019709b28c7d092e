"""The list of customers, while a person types into its search."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack import modals
from bot.slack.intake import Front


def listen(app: AsyncApp, _front: Front) -> None:
    """Registers the listener of searches."""

    @app.options(modals.PERSONA_SEARCH)
    async def customers(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await asyncio.to_thread(modals.persona_options, str(body.get("value") or "")))
