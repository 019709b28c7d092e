"""Modals that were sent. A mistake in one is shown beside its field, and nothing is done."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.slack import modals, translate
from bot.slack.intake import Front
from bot.slack.listeners.events import team
from bot.turns.incoming import Kind

Body = dict[str, Any]


def listen(app: AsyncApp, front: Front) -> None:
    """Registers the listeners of modals."""

    @app.view(modals.START)
    async def start(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await sent(ack, body, context, Kind.START, modals.read_start(body["view"]))

    @app.view(modals.ASK)
    async def ask(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await sent(ack, body, context, Kind.ASK, modals.read_ask(body["view"]))

    @app.view(modals.RETRY)
    async def retry(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await sent(ack, body, context, Kind.RETRY, modals.read_retry(body["view"]))

    async def sent(
        ack: AsyncAck, body: Body, context: AsyncBoltContext, kind: Kind, read: modals.Read
    ) -> None:
        if read.errors:
            await ack(response_action="errors", errors=read.errors)
            return
        await front.intake.take(translate.submitted(team(context), body, kind, **read.data))
        await ack()
