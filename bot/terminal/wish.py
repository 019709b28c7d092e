"""What the rep asked for on the command line."""

from __future__ import annotations

from dataclasses import dataclass

from agents.customer.state import Difficulty
from agents.records.entries import Visibility


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A call to start, or where `resume` is given (empty: the last one), a call to take up again."""

    persona: str
    difficulty: Difficulty
    seed: int
    visibility: Visibility
    resume: str | None = None
