"""A call at the keyboard: prompt, interruptions, and what comes after the scorecard."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import FrameType

from agents.customer.persona_list import catalogue, public_card
from bot.salesmate import SalesMate
from bot.terminal.commands import END, NEW, QUIT, Command, Plain, Retry, Say, parse, parse_after
from bot.terminal.keyboard import Keyboard
from bot.terminal.picker import pick
from bot.terminal.plain import REP
from bot.terminal.rehearsal import Rehearsal
from bot.terminal.screen import Screen
from bot.terminal.wish import Wish
from bot.terminal.wording import how_to_resume

HELLO = "Type what you would say; an empty line is silence. /help lists the commands, Ctrl-D ends the call."
LEAVE = "Leave the call? Ctrl-C again leaves it, to be resumed later. Ctrl-D ends it."
STOPPED = "(Stopped. Press Enter to hear the answer.)"
NOT_SAID = "(The customer had ended the call; what you typed was not said.)"
IS_OVER = "The call is over: /retry N takes it up again, /new calls someone else, /quit leaves."
NEXT = "Next (/retry N, /new, /quit)"


class Interactive:
    """One rep at one keyboard, for as many calls as she likes."""

    def __init__(
        self, salesmate: SalesMate, screen: Screen, keyboard: Keyboard, new_seed: Callable[[], int]
    ) -> None:
        self._salesmate = salesmate
        self._screen = screen
        self._keyboard = keyboard
        self._new_seed = new_seed
        self._rehearsal = Rehearsal(salesmate, screen)

    async def run(self, wish: Wish, *, choose: bool) -> None:
        """Call after call until she leaves; with `choose` she first chooses whom to call."""
        try:
            if choose:
                wish = await self._other_persona(wish)
        except (KeyboardInterrupt, EOFError):
            return
        await self._begin(wish)
        while True:
            await self._talk()
            if self._rehearsal.left or not await self._what_next(wish):
                break
        if not self._rehearsal.over and self._rehearsal.roleplay:
            self._screen.note(how_to_resume(self._rehearsal.roleplay))

    async def _begin(self, wish: Wish) -> None:
        self._rehearsal = Rehearsal(self._salesmate, self._screen)
        await self._unless_stopped(self._rehearsal.begin(wish))
        if not self._rehearsal.over:
            self._screen.note(HELLO)

    async def _talk(self) -> None:
        """Until the call is over or she leaves it."""
        asked_to_leave = False
        while not (self._rehearsal.over or self._rehearsal.left):
            listening = time.perf_counter()
            try:
                command = parse(await self._keyboard.line(REP))
            except EOFError:
                command = Plain(END)
            except KeyboardInterrupt:
                self._rehearsal.left = asked_to_leave
                if not asked_to_leave:
                    self._screen.note(LEAVE)
                asked_to_leave = True
                continue
            asked_to_leave = False
            await self._do(command, round(1000 * (time.perf_counter() - listening)))

    async def _do(self, command: Command, ms: int) -> None:
        if isinstance(command, Say) and await self._rehearsal.owes_answer():
            # She stopped the customer; the answer comes before anything else is said.
            if not await self._unless_stopped(self._rehearsal.go_on()) or not command.text.strip():
                return
            if self._rehearsal.over:
                self._screen.note(NOT_SAID)
                return
        await self._unless_stopped(self._rehearsal.take(command, ms))

    async def _what_next(self, wish: Wish) -> bool:
        """What she does after the scorecard; False to leave."""
        if self._rehearsal.scored is None and not await self._unless_stopped(self._rehearsal.go_on()):
            return False
        while True:
            try:
                command = parse_after(await self._keyboard.line(NEXT))
                if command in (Plain(QUIT), Say("")):
                    return False
                if command == Plain(NEW):
                    await self._begin(await self._other_persona(wish))
                    return True
            except (KeyboardInterrupt, EOFError):
                return False
            if isinstance(command, Say) or command == Plain(END):
                self._screen.note(IS_OVER)
                continue
            await self._unless_stopped(self._rehearsal.take(command))
            if isinstance(command, Retry) and not self._rehearsal.over:
                return True

    async def _other_persona(self, wish: Wish) -> Wish:
        cards = [public_card(persona) for persona in catalogue().all()]
        chosen = await pick(cards, self._keyboard, self._screen.console, wish.persona)
        return replace(wish, persona=chosen, seed=self._new_seed(), resume=None)

    async def _unless_stopped(self, work: Coroutine[None, None, None]) -> bool:
        """Do it with an indicator, and let Ctrl-C stop it. False if it was stopped."""
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def stop(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(task.cancel)

        before = signal.signal(signal.SIGINT, stop)
        try:
            with self._screen.thinking(self._rehearsal.customer or "Ringing"):
                await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            signal.signal(signal.SIGINT, before)
        if task.cancelled():
            self._screen.note(STOPPED)
            return False
        task.result()
        return True
