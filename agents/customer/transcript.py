"""The talk so far, as the engine sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Who = Literal["customer", "rep"]


@dataclass(frozen=True)
class Turn:
    """One turn: who spoke and what was said."""

    speaker: Who
    text: str


def said_by(turns: Sequence[Turn], speaker: Who) -> tuple[str, ...]:
    """What that side has said, in order."""
    return tuple(turn.text for turn in turns if turn.speaker == speaker)
