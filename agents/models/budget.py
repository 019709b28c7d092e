"""How many requests may leave in a minute."""

from __future__ import annotations

import time
from collections import deque

from agents.models.breaker import Clock

MINUTE = 60.0


class CallBudget:
    """Counts the requests of the last minute. No limit where none is given."""

    def __init__(self, calls_per_minute: int | None, clock: Clock = time.monotonic) -> None:
        self._most = calls_per_minute
        self._clock = clock
        self._sent: deque[float] = deque()

    def take(self) -> bool:
        """Count one request, or False when the minute's requests are spent."""
        if self._most is None:
            return True
        now = self._clock()
        while self._sent and self._sent[0] <= now - MINUTE:
            self._sent.popleft()
        if len(self._sent) >= self._most:
            return False
        self._sent.append(now)
        return True
