"""Buttons. Most are kept like anything else a person does; a few open a window, one stops a reply."""

from __future__ import annotations

import re
import time
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from agents.records.errors import NotFound
from bot.shown.trouble import not_yours
from bot.slack import modals, translate
from bot.slack.blocks import ACTION_PREFIX
from bot.slack.intake import INSTALLED, Front
from bot.slack.listeners.events import team
from bot.slack.listeners.start import open_start
from bot.slack.tokens import tenant_of

Body = dict[str, Any]

OURS = re.compile(f"^{ACTION_PREFIX}")


def listen(app: AsyncApp, front: Front) -> None:
    """Registers the listener of buttons."""

    @app.action(OURS)
    async def pressed(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        action = body["actions"][0]
        value = str(action.get("value") or "")
        match str(action["action_id"]).removeprefix(ACTION_PREFIX):
            case "start":
                open_start(front, context, body, value)
            case "ask":
                view = modals.ask_modal(value)
                front.later.run(front.opening.open(context[INSTALLED], body, view))
            case "retry":
                front.later.run(_open_retry(front, context, body, value))
            case "stop":
                await _stop(front, context, body)
            case _:
                await front.intake.take(translate.pressed(team(context), body))
        await ack()


async def _open_retry(front: Front, context: AsyncBoltContext, body: Body, roleplay: str) -> None:
    try:
        turns = await front.turns_of(tenant_of(team(context)), body["user"]["id"], roleplay)
    except NotFound:
        await front.opening.say(body, not_yours().summary)
        return
    await front.opening.open(context[INSTALLED], body, modals.retry_modal(roleplay, turns))


async def _stop(front: Front, context: AsyncBoltContext, body: Body) -> None:
    place = translate.pressed_at(body)
    if place.thread:
        conversation = translate.thread_of(team(context), place)
        await front.intake.stop(conversation, place.person, str(body["trigger_id"]), time.time())
