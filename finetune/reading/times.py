"""When something was said, however a file writes it."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)")
NUMBER = re.compile(r"[-+]?\d{1,18}(?:[.,]\d+)?\s*(?:s|ms|sec)?")


def seconds(value: object) -> float | None:
    """A number that grows with time: a count, "0:03", "01:02:03,500", an ISO date. None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    words = str(value).strip()
    if NUMBER.fullmatch(words):
        return float(re.sub(r"[^\d.+-]", "", words.replace(",", ".")))
    if clock := CLOCK.fullmatch(words):
        hours, minutes, rest = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(rest.replace(",", "."))
    try:
        when = datetime.fromisoformat(words)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
