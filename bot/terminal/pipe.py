"""A call whose lines come from a pipe or a file."""

from __future__ import annotations

import asyncio
import time

from bot.salesmate import SalesMate
from bot.terminal.commands import parse
from bot.terminal.lines import LONGEST, Lines
from bot.terminal.rehearsal import Rehearsal
from bot.terminal.show import Show
from bot.terminal.wish import Wish
from bot.terminal.wording import how_to_resume


async def piped_call(salesmate: SalesMate, wish: Wish, show: Show, lines: Lines) -> None:
    """From the opening line to the scorecard. The end of the input ends the call; what comes after the end
    of the call is not read."""
    rehearsal = Rehearsal(salesmate, show)
    try:
        await rehearsal.begin(wish)
        while not (rehearsal.over or rehearsal.left):
            await _next(rehearsal, lines, show)
    except asyncio.CancelledError:
        # Ctrl-C. What was said is kept.
        if rehearsal.roleplay:
            show.note(how_to_resume(rehearsal.roleplay))
        raise
    if rehearsal.left and rehearsal.roleplay:
        show.note(how_to_resume(rehearsal.roleplay))


async def _next(rehearsal: Rehearsal, lines: Lines, show: Show) -> None:
    listening, cut = time.perf_counter(), lines.cut
    line = await lines.read()
    if line is None:
        return await rehearsal.end()
    if lines.cut > cut:
        show.note(f"A line was longer than {LONGEST:,} bytes; the rest of it was left out.")
    return await rehearsal.take(parse(line), round(1000 * (time.perf_counter() - listening)))
