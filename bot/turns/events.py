"""What the worker tells whoever counts: small facts, nobody's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.turns.incoming import Kind


@dataclass(frozen=True)
class TurnWorked:
    """A worker has let go of a turn. `seconds` run from its claim until now."""

    kind: Kind
    outcome: Literal["done", "stopped", "dead", "failed", "later", "lost", "released"]
    """failed: it will be tried again. later: it asked to be. lost: another worker has it. released: this
    worker is closing, or the platform is to be tried later."""
    seconds: float


Tried = Literal["delivered", "later", "undeliverable"]


@dataclass(frozen=True)
class DeliveryTried:
    """A surface was asked to tell a person something."""

    platform: str
    outcome: Tried
    seconds: float


TurnEvent = TurnWorked | DeliveryTried
OnEvent = Callable[[TurnEvent], None]


def unheard(_: TurnEvent) -> None:
    """For who counts nothing."""
