"""What `salesmate doctor` finds; each room that it looks at says it in these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """What a look at one part found. `do` says what to do about it; empty where there is nothing to do."""

    name: str
    status: Status
    sentence: str
    do: str = ""
