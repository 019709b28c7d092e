"""Where the worker meets what it does not know: who thinks, and who tells the person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.presentation import Outgoing, Speaker
from bot.turns.incoming import Incoming


class LostLease(Exception):
    """Another worker has taken the turn over: write nothing, post nothing."""


class TryLater(Exception):
    """The turn cannot be worked yet; it is no failure and not counted as an attempt."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"to be tried again in {after_s:g} s")
        self.after_s = after_s


class DeliverLater(Exception):
    """The platform did not take it. `maybe_posted`: it may have taken it all the same (a time-out, a broken
    connection, its own error), so that the next attempt has to look before it posts again."""

    def __init__(self, reason: str, *, after_s: float = 0.0, maybe_posted: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s
        self.maybe_posted = maybe_posted


class Undeliverable(Exception):
    """The platform will never take it: the channel is gone, the person left, the token is revoked."""


@dataclass(frozen=True)
class Posting:
    """An outgoing on its way. `key` is its own for ever: a surface writes it into what it posts, and finds it
    there again."""

    key: str
    tenant: str
    outgoing: Outgoing
    maybe_posted: bool
    """An earlier attempt may have reached the platform."""
    placeholder: str = ""
    """The platform's id of a message that holds the place of this one already; to be finished by update."""
    since: float = 0.0
    """When the turn came in, in seconds since 1970: nothing of it was posted earlier. 0: unknown."""


@dataclass(frozen=True)
class Receipt:
    """Where it landed: the platform's id of the (first) message, empty for what has none."""

    channel: str = ""
    message: str = ""


class Live(Protocol):
    """What a person sees while a reply is made: a status, a placeholder or a stream. An ornament: it never
    raises, and a reply is whole without it."""

    def thinking(self, speaker: Speaker | None) -> None:
        """`speaker` (None: the copilot, the coach) has begun to think."""

    def piece(self, text: str) -> None:
        """The next words of the reply, already checked."""


Remember = Callable[[str], Awaitable[None]]
"""Keeps the platform's id of a placeholder with the turn, so that whoever finishes the turn finds it."""


class Surface(Protocol):
    """A platform, as the worker knows it."""

    def live(self, incoming: Incoming, remember: Remember) -> AbstractAsyncContextManager[Live]:
        """For the time that a turn is worked on."""

    async def deliver(self, posting: Posting) -> Receipt:
        """Tell the person. Raises DeliverLater, Undeliverable."""


class Turn(Protocol):
    """A turn that this worker holds."""

    @property
    def incoming(self) -> Incoming:
        """What is to be worked."""

    @property
    def attempt(self) -> int:
        """1 at the first try."""

    @property
    def stopped(self) -> bool:
        """She asked to stop before anything was thought: keep what she said, think nothing, and finish with
        what `Work.stopped` says. (A stop while `handle` thinks cancels it instead.)"""

    async def finish(self, outgoing: Sequence[Outgoing], then: Incoming | None = None) -> None:
        """Put the replies into the outbox and the turn down as answered; `then` is to be worked after it.
        Called inside `Database.together`, it is one transaction with whatever else is written there. Raises
        LostLease."""


class Work(Protocol):
    """What thinks."""

    async def handle(self, turn: Turn, live: Live) -> None:
        """Do what was asked and `finish` the turn. May be cancelled by a stop, and called again after a crash
        at any point. Raises TryLater."""

    async def delivered(self, incoming: Incoming, outgoing: Outgoing, receipt: Receipt) -> None:
        """Something reached the person. Called inside the transaction that notes it."""

    def stopped(self, incoming: Incoming) -> Sequence[Outgoing]:
        """What the person is told when she stopped the turn."""

    def failed(self, incoming: Incoming) -> Sequence[Outgoing]:
        """What the person is told when the turn is given up."""
