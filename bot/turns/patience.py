"""How long to wait before trying again, and when to stop trying."""

from __future__ import annotations

from dataclasses import dataclass
from random import uniform


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Waits double from one attempt to the next, up to a longest one, and vary by half either way, so that
    what failed together does not come back together."""

    attempts: int = 3
    """Of working a turn, before it is given up."""
    crashes: int = 10
    """Attempts of a turn that never came to an end, because its worker died. More than `attempts`: most of
    the time it is not the turn that brought it down."""
    retry_s: float = 1.0
    longest_retry_s: float = 60.0
    later_s: float = 120.0
    """For how long a turn may ask to be tried later."""
    deliveries: int = 20
    """Attempts to tell somebody; with the waits below, about half an hour."""
    deliver_s: float = 0.5
    longest_deliver_s: float = 120.0
    hold_s: float = 10.0
    """A turn that waits less than this for its platform stays with its worker."""

    def retry(self, attempt: int) -> float:
        """Seconds until a turn is worked again after so many attempts."""
        return _wait(self.retry_s, attempt, self.longest_retry_s)

    def deliver(self, attempt: int) -> float:
        """Seconds until somebody is told again after so many attempts."""
        return _wait(self.deliver_s, attempt, self.longest_deliver_s)


def _wait(first_s: float, attempt: int, longest_s: float) -> float:
    return float(min(longest_s, first_s * 2 ** (attempt - 1)) * uniform(0.5, 1.5))
