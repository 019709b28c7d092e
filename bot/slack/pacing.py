"""How fast SalesMate speaks: about one message a second in a channel, and no sooner than Slack allows.

Slack's rules (docs: Web API rate limits): chat.postMessage takes one message a second in each channel, short
bursts apart; every other method has a rate a minute in each workspace; after a 429, Retry-After. What a
person waits for is paced by its channel only, so that conversations never wait for each other; ornaments are
left out when a method's minute is used up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

CHANNEL_BURST = 4
CHANNEL_INTERVAL_S = 1.1
"""A little more than Slack's second: messages do not all take the same time to get there."""
# Calls a minute in a workspace, with something in hand for what is no ornament.
MINUTE = {
    "agents.sessions.setStatus": 45,
    "agents.sessions.rename": 45,
    "assistant.threads.setStatus": 45,
    "assistant.threads.setTitle": 18,
    "assistant.threads.setSuggestedPrompts": 18,
    "chat.startStream": 18,
    "chat.appendStream": 90,
    "chat.update": 40,
}
_MANY = 20_000
"""Keys remembered before those that no longer matter are let go."""


@dataclass
class _Rate:
    """When the next message would be due if they came evenly (the generic cell rate algorithm)."""

    due: float = 0.0


class Pace:
    """Says how long to wait before a call. It only counts: the caller sleeps."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._channels: dict[tuple[str, str], _Rate] = {}
        self._methods: dict[tuple[str, str], _Rate] = {}
        self._held: dict[tuple[str, str], float] = {}

    def wait_s(self, tenant: str, method: str) -> float:
        """Seconds until the workspace may call the method again after a 429."""
        return max(self._held.get((tenant, method), 0.0) - self._clock(), 0.0)

    def message_s(self, tenant: str, channel: str, *, patience_s: float) -> float:
        """Seconds until this channel may have its next message. The moment is taken, in the order of asking,
        unless it is further away than `patience_s`."""
        now = self._clock()
        rate = self._rate(self._channels, (tenant, channel), now)
        # Rounded, because a sum of seconds is seldom exact and a wait of 1e-13 s is none.
        wait = max(round(rate.due - (CHANNEL_BURST - 1) * CHANNEL_INTERVAL_S - now, 6), 0.0)
        if wait <= patience_s:
            rate.due = max(rate.due, now) + CHANNEL_INTERVAL_S
        return wait

    def spare(self, tenant: str, method: str, calls: int = 1) -> bool:
        """Whether an ornament may make so many calls now; if so, they are counted."""
        now = self._clock()
        if self._held.get((tenant, method), 0.0) > now:
            return False
        interval = 60.0 / MINUTE[method]
        rate = self._rate(self._methods, (tenant, method), now)
        if rate.due - (MINUTE[method] - calls) * interval > now:
            return False
        rate.due = max(rate.due, now) + calls * interval
        return True

    def held(self, tenant: str, method: str, after_s: float, channel: str = "") -> None:
        """Slack said 429: the workspace's calls of the method wait, and the channel has used up its burst."""
        now = self._clock()
        self._prune(now)
        self._held[tenant, method] = max(self._held.get((tenant, method), 0.0), now + after_s)
        if channel:
            rate = self._rate(self._channels, (tenant, channel), now)
            rate.due = max(rate.due, now + after_s + (CHANNEL_BURST - 1) * CHANNEL_INTERVAL_S)

    def _rate(self, rates: dict[tuple[str, str], _Rate], key: tuple[str, str], now: float) -> _Rate:
        if len(rates) > _MANY:
            self._prune(now)
        return rates.setdefault(key, _Rate())

    def _prune(self, now: float) -> None:
        for rates in (self._channels, self._methods):
            for key in [key for key, rate in rates.items() if rate.due < now]:
                del rates[key]
        for key in [key for key, until in self._held.items() if until < now]:
            del self._held[key]
