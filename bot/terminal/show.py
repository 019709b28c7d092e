"""What a rehearsal needs from whatever shows it: a screen, plain text or JSON lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.messages import Event, Spoken


class Show(Protocol):
    """Tells the rep what happens. Everything it is given may be hostile; what it prints is not."""

    def event(self, event: Event) -> None:
        """Something happened in the call."""

    def replay(self, turns: Sequence[Spoken]) -> None:
        """Turns of a call that is taken up again, said before."""

    def piece(self, text: str) -> None:
        """A piece of the customer's reply as it is spoken; the whole turn follows as an event."""

    def note(self, sentence: str) -> None:
        """Something for the rep that is no part of the call."""
