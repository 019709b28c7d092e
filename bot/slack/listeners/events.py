"""What happens in a workspace: messages, the opened app, mentions, Stop, and SalesMate being removed."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.slack import translate
from bot.slack.intake import Front
from bot.slack.tokens import tenant_of

Body = dict[str, Any]


def listen(app: AsyncApp, front: Front) -> None:
    """Registers the listeners of events."""

    @app.event("message")
    async def wrote(body: Body, event: Body, context: AsyncBoltContext) -> None:
        incoming = translate.message(team(context), body["event_id"], event)
        await front.intake.said(incoming, _seconds(event))

    @app.event("app_home_opened")
    async def opened(body: Body, event: Body, context: AsyncBoltContext) -> None:
        await front.intake.take(translate.home_opened(team(context), body["event_id"], event))
        if event.get("tab") == "messages":
            front.later.run(front.suggests.suggest(tenant_of(team(context)), event["channel"]))

    @app.event("app_mention")
    async def mentioned(body: Body, event: Body, context: AsyncBoltContext) -> None:
        outsiders = bool(body.get("is_ext_shared_channel"))
        asked = translate.mention(team(context), body["event_id"], event, outsiders=outsiders)
        await front.intake.take(asked)

    @app.event("agent_session_stopped")
    async def stopped(body: Body, event: Body, context: AsyncBoltContext) -> None:
        conversation = translate.stopped_session(team(context), event)
        await front.intake.stop(conversation, str(event.get("user")), body["event_id"], _seconds(event))

    @app.event("tokens_revoked")
    async def revoked(body: Body) -> None:
        await _taken_back(front, body)

    @app.event("app_uninstalled")
    async def uninstalled(body: Body) -> None:
        await _taken_back(front, body)


async def _taken_back(front: Front, body: Body) -> None:
    if front.taken_back is not None:
        await front.taken_back(body)


def team(context: AsyncBoltContext) -> str:
    """The workspace that something comes from; the organisation where it belongs to none."""
    return str(context.team_id or context.enterprise_id or "")


def _seconds(event: Body) -> float:
    return float(event.get("event_ts") or event.get("ts") or 0)
