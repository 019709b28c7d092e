"""Portuguese number words: a pattern that finds them, and what they are worth. Data: `spoken.yaml`."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

_FILE = Path(__file__).parent / "spoken.yaml"


class Words(BaseModel):
    """What `spoken.yaml` holds; each part is explained there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    units: dict[str, int]
    scales: dict[str, int]
    never_alone: tuple[str, ...]
    halves: tuple[str, ...]
    currencies: dict[str, str]
    cents: tuple[str, ...]
    months: tuple[str, ...] = Field(min_length=12, max_length=12)
    english_months: tuple[str, ...] = Field(min_length=12, max_length=12)
    english_small: tuple[str, ...]


@cache
def words() -> Words:
    return Words.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def one_of(options: list[str] | tuple[str, ...]) -> str:
    """A pattern for any of them, longest first so that none hides a longer one."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(options, key=lambda w: (-len(w), w))) + ")"


@cache
def number_pattern() -> str:
    """A number in words: "doze", "cento e vinte e três", "dois mil e quinhentos", "meio milhão".

    Only what grammar lets be one number: "dois três" is two of them. "Milhões" without a count is none.
    """
    known = words()

    def between(low: int, high: int) -> str:
        return one_of([word for word, value in known.units.items() if low <= value <= high])

    below_hundred = rf"(?:{between(20, 90)}(?:\s+e\s+{between(1, 9)})?|{between(10, 19)}|{between(0, 9)})"
    small = rf"(?:{between(100, 900)}(?:\s+e\s+{below_hundred})?|{below_hundred})\b"
    scale = rf"{one_of(list(known.scales))}\b"
    thousand = one_of([word for word, value in known.scales.items() if value == 1000])
    half = one_of(known.halves)
    decimal = rf"{small}\s+vírgula\s+(?:zero\s+)?{small}"
    large = (
        rf"(?:{small}\s+{scale}|{half}\s+{scale}|{thousand}\b)"
        rf"(?:(?:\s+e)?\s+{small}(?:\s+{thousand}\b)?)*(?:\s+e\s+{half}\b)?"
    )
    halved = rf"{small}\s+e\s+meio\b(?!\s+{scale}|-)"
    return rf"(?:{decimal}|{large}|{halved}|(?<!por )(?!{one_of(known.never_alone)}\b){small})"


def value_of(text: str) -> Decimal:
    """The number that a match of `number_pattern` says: "dois milhões e meio" is 2500000.

    After "vírgula" come decimals: "três vírgula quarenta e nove" is 3.49.
    """
    known = words()
    if decimal := re.fullmatch(r"(.+?)\s+vírgula\s+(zero\s+)?(.+)", text, re.I):
        digits = f"{'0' * bool(decimal[2])}{value_of(decimal[3])}"
        return value_of(decimal[1]) + Decimal(f"0.{digits}")
    total, group, last_scale = Decimal(0), Decimal(0), Decimal(1)
    for word in text.lower().split():
        if word in known.units:
            group += known.units[word]
        elif word in known.halves:
            # Half of a scale that it stands before ("meio milhão") or after ("dois milhões e meio").
            if total:
                total += last_scale / 2
            else:
                group += Decimal("0.5")
        elif word in known.scales:
            last_scale = Decimal(known.scales[word])
            total += (group or 1) * last_scale
            group = Decimal(0)
    return total + group
