"""What goes wrong between an app and Slack: errors, delays and cut connections, before or after the effect.

Slack says of `internal_error` and `fatal_error` that part of the operation may have succeeded all the same,
and a connection that dies tells nothing: so each of these happens on either side of the effect.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from random import Random

SIDED = ("500", "503", "timeout", "reset")
"""The kinds that may strike before or after the call has had its effect."""


@dataclass
class Faults:
    """So many of all calls fail, drawn from a seed; single failures can be ordered with `next`.

    Kinds are 429, 500, 503, timeout and reset; all but 429 take `_before` or `_after` to say on which side of
    the effect they strike, and are drawn for either side without it.
    """

    rate: float = 0.0
    seed: int = 0
    kinds: tuple[str, ...] = ("500", "429", "timeout", "reset")
    hold_s: float = 30.0
    """How long a timed-out call is left without an answer before its connection is cut."""
    retry_after_s: int = 1
    """What a 429 asks the caller to wait."""
    spares: frozenset[str] = frozenset({"response_url"})
    """Methods that never fail by chance: what is said through a response URL cannot be found again."""
    drawn: list[tuple[str, str]] = field(default_factory=list)
    """Every fault so far: method and kind."""

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._ordered: dict[str, deque[str]] = defaultdict(deque)

    def next(self, method: str, kind: str, times: int = 1) -> None:
        """Let the next calls of a method fail so; "" lets one pass."""
        self._ordered[method].extend([kind] * times)

    def draw(self, method: str) -> str:
        """The fault that strikes this call, with its side; empty for none."""
        kind = ""
        if self._ordered[method]:
            kind = self._ordered[method].popleft()
        elif self.kinds and method not in self.spares and self._random.random() < self.rate:
            kind = self._random.choice(self.kinds)
        if kind in SIDED:
            kind += self._random.choice(("_before", "_after"))
        if kind:
            self.drawn.append((method, kind))
        return kind
