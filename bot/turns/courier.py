"""Tells a person what a turn has for her: in order, each once, with patience for the platform."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.turns.events import DeliveryTried, Tried
from bot.turns.outbox import GONE, SETTLED, Letter, posting
from bot.turns.ports import DeliverLater, LostLease, Undeliverable

if TYPE_CHECKING:
    from bot.turns.claimed import Claimed
    from bot.turns.ports import Receipt, Surface
    from bot.turns.tools import Tools

SHOWABLE = re.compile(r"[\w .:-]{1,60}")
"""A platform's error code is kept for operators; anything longer may be somebody's words."""
log = logging.getLogger(__name__)


class Courier:
    """Delivers the outbox of one answered turn."""

    def __init__(self, claimed: Claimed, surface: Surface, tools: Tools, overdue: Callable[[], bool]) -> None:
        self._claimed = claimed
        self._surface = surface
        self._tools = tools
        self._overdue = overdue
        self._letters: list[Letter] = []

    async def deliver_all(self, letters: list[Letter] | None) -> bool:
        """To the end of the turn; `letters` are read if they are not at hand. False: the platform is to be
        tried so much later that the turn is let go of. Raises LostLease."""
        outbox = self._tools.outbox
        if letters == []:
            return True  # it ended as it was answered
        self._letters = letters or await outbox.letters(self._claimed)
        waiting = [letter.position for letter in self._letters if letter.status not in SETTLED]
        if not waiting:
            await outbox.close(self._claimed)
        for position, following in zip(waiting, [*waiting[1:], None], strict=False):
            if not await self._deliver(position, following):
                return False
        return True

    async def _deliver(self, position: int, following: int | None) -> bool:
        while True:
            try:
                await self._try(position, following)
            except Undeliverable as error:
                await self._set_aside(position, _showable(error), following)
            except DeliverLater as error:
                wait = await self._put_off(position, error, following)
                if wait >= self._tools.patience.hold_s:
                    if not await self._tools.queue.release(self._claimed, wait):
                        raise LostLease from None
                    return False
                await asyncio.sleep(wait)
            if self._letters[position].status in SETTLED:
                return True

    async def _try(self, position: int, following: int | None) -> None:
        letter = self._letters[position]
        if letter.status == "pending" or self._overdue():
            await self._tools.outbox.sending(self._claimed, position)
        start = time.monotonic()
        outcome: Tried = "later"
        try:
            sent = posting(self._claimed, letter, self._letters[0])
            receipt = await self._surface.deliver(sent)
            outcome = "delivered"
            told = replace(letter, outgoing=sent.outgoing)
            await self._tools.outbox.delivered(self._claimed, told, receipt, self._tools.work, following)
        except Undeliverable:
            outcome = "undeliverable"
            raise
        except (DeliverLater, LostLease):
            raise
        except Exception as error:
            # Nothing is known about how far it came.
            name = type(error).__name__
            log.warning("delivery failed", extra={"turn": self._claimed.id, "error": name})
            raise DeliverLater(name, maybe_posted=True) from None
        finally:
            self._count(outcome, time.monotonic() - start)
        self._settle(position, "delivered", following, receipt)

    async def _put_off(self, position: int, error: DeliverLater, following: int | None) -> float:
        """Returns for how many seconds; 0 when it is set aside for good."""
        letter = self._letters[position]
        attempts = letter.attempts + 1
        if attempts >= self._tools.patience.deliveries:
            await self._set_aside(position, _showable(error), following)
            return 0.0
        maybe = letter.maybe_posted or error.maybe_posted
        await self._tools.outbox.failed(
            self._claimed, position, _showable(error), attempts, maybe_posted=maybe
        )
        status = "sending" if maybe else "pending"
        self._letters[position] = replace(letter, attempts=attempts, maybe_posted=maybe, status=status)
        return max(error.after_s, self._tools.patience.deliver(attempts))

    async def _set_aside(self, position: int, reason: str, following: int | None) -> None:
        log.warning("undeliverable", extra={"turn": self._claimed.id, "reason": reason})
        await self._tools.outbox.undeliverable(self._claimed, position, reason, following)
        self._settle(position, GONE, following)

    def _settle(
        self, position: int, status: str, following: int | None, receipt: Receipt | None = None
    ) -> None:
        channel, message = (receipt.channel, receipt.message) if receipt else ("", "")
        settled = replace(self._letters[position], status=status, channel=channel, message=message)
        self._letters[position] = settled
        if following is not None:
            # Put down as being sent in the same transaction, by us and just now.
            was = self._letters[following]
            self._letters[following] = replace(was, status="sending")

    def _count(self, outcome: Tried, seconds: float) -> None:
        platform = self._claimed.incoming.platform
        self._tools.on_event(DeliveryTried(platform, outcome, seconds))


def _showable(error: Exception) -> str:
    said = str(error)
    return said if SHOWABLE.fullmatch(said) else type(error).__name__
