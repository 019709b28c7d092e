"""The shortcuts: one from everywhere, one on a message."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.slack import translate
from bot.slack.intake import Front
from bot.slack.listeners.events import team
from bot.slack.listeners.start import open_start


def listen(app: AsyncApp, front: Front) -> None:
    """Registers the listeners of shortcuts."""

    @app.global_shortcut("start_roleplay")
    async def start(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        open_start(front, context, body)
        await ack()

    @app.message_shortcut("ask_copilot")
    async def ask(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await front.intake.take(translate.message_shortcut(team(context), body))
        await ack()
