"""From the command line to a call: which kind of surface, and the parts behind it."""

from __future__ import annotations

import asyncio
import secrets
import sys
from typing import TextIO

from bot.composition import open_salesmate
from bot.terminal.lines import Lines
from bot.terminal.pipe import piped_call
from bot.terminal.plain import JsonShow, PlainShow
from bot.terminal.show import Show
from bot.terminal.wish import Wish
from ingestion.settings import Settings

STDIN = 0


def random_seed() -> int:
    """A seed short enough to be typed again."""
    return secrets.randbelow(1_000_000)


def rehearse(wish: Wish, *, database_url: str | None, as_json: bool, choose: bool) -> None:
    """One or more calls on this terminal or pipe. Raises what opening the database and the call raise."""
    if not as_json and _is_terminal(sys.stdin) and _is_terminal(sys.stdout):
        asyncio.run(_at_the_keyboard(wish, database_url, choose=choose))
    else:
        asyncio.run(_from_a_pipe(wish, database_url, as_json=as_json))


async def _from_a_pipe(wish: Wish, database_url: str | None, *, as_json: bool) -> None:
    show: Show = (JsonShow if as_json else PlainShow)(sys.stdout, sys.stderr)
    async with open_salesmate(database_url, show.note) as salesmate:
        await piped_call(salesmate, wish, show, Lines(STDIN))


async def _at_the_keyboard(wish: Wish, database_url: str | None, *, choose: bool) -> None:
    # Only here: a pipe needs neither a prompt nor colours.
    from bot.terminal.interactive import Interactive
    from bot.terminal.keyboard import Keyboard
    from bot.terminal.screen import Screen, screen_console

    screen = Screen(screen_console())
    keyboard = Keyboard(Settings().home / "history")
    async with open_salesmate(database_url, screen.note) as salesmate:
        await Interactive(salesmate, screen, keyboard, random_seed).run(wish, choose=choose)


def _is_terminal(stream: TextIO | None) -> bool:
    # None where the caller closed it.
    return stream is not None and stream.isatty()
