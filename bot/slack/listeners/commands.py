"""The slash commands. Slack never sends one again, and shows the person an error if none answers in 3 s."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.slack import translate
from bot.slack.intake import Front
from bot.slack.listeners.events import team
from bot.slack.listeners.start import open_start
from bot.slack.written import written
from bot.turns.incoming import Kind

LOOKING = "Looking in your documents …"


def listen(app: AsyncApp, front: Front) -> None:
    """Registers the listeners of slash commands."""

    @app.command("/roleplay")
    async def roleplay(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
        incoming = translate.roleplay_command(team(context), command)
        if incoming is None:
            open_start(front, context, command, written(command.get("text") or ""))
        await front.intake.take(incoming)
        await ack()

    @app.command("/copilot")
    async def copilot(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
        incoming = translate.copilot_command(team(context), command)
        await front.intake.take(incoming)
        if incoming.kind is Kind.ASK:
            await ack(text=LOOKING, response_type="ephemeral")
        else:
            await ack()
