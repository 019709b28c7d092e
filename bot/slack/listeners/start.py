"""Opens the window in which a call is chosen, from wherever it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncBoltContext

from bot.neutral import one_line
from bot.shown.customers import customers, found, wished
from bot.slack import modals
from bot.slack.intake import INSTALLED, Front
from bot.slack.splitting import clipped

WISH_LONGEST = 80
"""Longer than any customer's name; a command takes forty thousand letters, and a window does not."""


def open_start(front: Front, context: AsyncBoltContext, asked: Mapping[str, Any], wish: str = "") -> None:
    """`wish` names a customer, by id or by name; it may be empty, or nobody's."""
    front.later.run(_open(front, context, asked, wish))


async def _open(front: Front, context: AsyncBoltContext, asked: Mapping[str, Any], wish: str) -> None:
    # Personas are files; reading them holds nobody else up.
    view = await asyncio.to_thread(view_for, wish)
    await front.opening.open(context[INSTALLED], asked, view)


def view_for(wish: str) -> dict[str, Any]:
    """The window, with the customer who was wished for, or with a word on why she is not there.

    Without a wish somebody stands there already, so that one press begins a call.
    """
    wish = clipped(one_line(wish), WISH_LONGEST)
    cards = customers()
    if not wish:
        return modals.start_modal(next(iter(cards), None))
    if card := wished(wish, cards):
        return modals.start_modal(card)
    if found(wish, cards):
        return modals.start_modal(note=f"Several customers fit “{wish}”. Pick one of them.")
    return modals.start_modal(note=f"There is no customer called “{wish}”. Pick one from the list.")
