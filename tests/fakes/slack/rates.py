"""How often an app may call: a tier of calls a minute for each method and workspace, and one message a second
for each channel with short bursts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.slack.web import METHODS

POSTS = ("chat.postMessage", "chat.postEphemeral")
BURST = 4
"""Messages a channel takes at once before one a second holds."""


@dataclass
class Bucket:
    """Refills at `per_second` up to `size`."""

    size: float
    per_second: float
    left: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until one more may pass; 0 takes it."""
        self.left = min(self.size, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) / self.per_second


@dataclass
class Rates:
    """The buckets in use."""

    clock: Callable[[], float]
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def wait(self, method: str, team: str, channel: str) -> int:
        """Whole seconds the caller has to wait, as `Retry-After` says; 0 lets the call pass."""
        if method in POSTS:
            return self._take((f"{team}:{channel}", "post"), BURST, 1.0)
        rule = METHODS.get(method)
        if rule is None or not rule.tier:
            return 0
        return self._take((team, method), rule.tier, rule.tier / 60)

    def _take(self, key: tuple[str, str], size: float, per_second: float) -> int:
        now = self.clock()
        bucket = self.buckets.setdefault(key, Bucket(size, per_second, size, now))
        return math.ceil(bucket.wait(now))
