"""A recorded call: what every stage of fine-tuning works on, and how it lies in `calls.jsonl`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Side = Literal["seller", "customer"]


class CallTurn(BaseModel):
    """What one side said before the other spoke."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speaker: Side
    text: str = Field(min_length=1)


class RecordedCall(BaseModel):
    """One call between a seller and a customer; a line of `calls.jsonl`, less the fields that are empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: str = Field(min_length=1, description="Its id, unique in the data.")
    turns: tuple[CallTurn, ...]
    outcome: str | None = Field(None, description="How it came out, in the source's own words; for strata.")


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be used, and why, for the person who has the file."""

    source: str
    line: int
    """Of the file, counted from one."""
    reason: str
    """A sentence: what is wrong and what to do. Never what was said in the call."""


@dataclass(frozen=True)
class Place:
    """Where a call stands, for a report that speaks of it later."""

    source: str
    line: int
