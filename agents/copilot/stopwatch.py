"""How long each stage of an answer took."""

from __future__ import annotations

import time

STAGES = ("plan", "search", "answer", "ground")


class Stopwatch:
    """Milliseconds by stage; a stage that was not reached took none."""

    def __init__(self) -> None:
        self.ms: dict[str, int] = dict.fromkeys(STAGES, 0)
        self._at = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Close a stage."""
        now = time.perf_counter()
        self.ms[stage] = round((now - self._at) * 1000)
        self._at = now
