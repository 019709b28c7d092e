"""Leaves a failing model alone for a while, so that no rep waits for what will not come."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds on a clock that never goes back."""


class CircuitBreaker:
    """Closed until so many calls in a row have failed, then open; after the cool-down one call may try.

    Each call that `admits` let in ends in exactly one of `succeeded`, `failed` or `abandoned`.
    """

    def __init__(self, failures_to_open: int, cool_down: float, clock: Clock = time.monotonic) -> None:
        self._failures_to_open = failures_to_open
        self._cool_down = cool_down
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._trying = False

    def admits(self) -> bool:
        """Whether a call may be made now. When half open, the call that asks first is the one that tries."""
        if self._opened_at is None:
            return True
        if self._trying or self.seconds_left() > 0:
            return False
        self._trying = True
        return True

    def seconds_left(self) -> float:
        """Until a call may try again; 0 when one may."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._cool_down - self._clock())

    def succeeded(self) -> None:
        self._failures, self._opened_at, self._trying = 0, None, False

    def failed(self) -> None:
        self._failures += 1
        if self._trying or self._failures >= self._failures_to_open:
            self._opened_at = self._clock()
        self._trying = False

    def abandoned(self) -> None:
        """The call was cancelled before it told anything about the model."""
        self._trying = False
