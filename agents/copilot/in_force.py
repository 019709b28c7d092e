"""Since when what a sentence or row says holds, and where that is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.copilot.change import changed_column, column_since, tells
from agents.copilot.result import Support
from ingestion.dates import dates_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from agents.copilot.evidence import Unit
    from ingestion.index.protocol import Hit


@dataclass(frozen=True)
class Since:
    """`day` is when it begins to hold, `notice` where that is written: None for the paper's own date."""

    day: date
    notice: Support | None


def holds_since(unit: Unit, units: Sequence[Unit], passages: Sequence[Hit]) -> Since | None:
    """The day beside the value itself, else the one that its paper gives for all it says, else its date.

    None for a paper that bears no date.
    """
    own = Support(unit.passage, unit.quote)
    column = changed_column(unit)
    if day := (column and column_since(unit, column)) or _day_after_since(unit.text):
        return Since(day, own)
    for text, other in _lines_of_its_paper(unit, units, passages):
        if day := _day_after_since(text):
            return Since(day, other)
    if day := _day_after_since(unit.heading) or _day_after_since(unit.title):
        return Since(day, own)
    return Since(unit.dated, None) if unit.dated else None


def _lines_of_its_paper(
    unit: Unit, units: Sequence[Unit], passages: Sequence[Hit]
) -> Iterator[tuple[str, Support]]:
    """The line above it, then what its paper says of all it holds, nearest first."""
    paper = [other for other in units if (other.title, other.dated) == (unit.title, unit.dated)]
    nearest = sorted(paper, key=lambda other: (other.heading != unit.heading, other.passage))
    for other in (unit, *nearest):
        if lead := _lead_in(other, passages):
            yield lead, Support(other.passage, lead)
        if other is not unit and not other.cells and tells("for_all").search(other.text):
            yield other.text, Support(other.passage, other.quote)


def _day_after_since(text: str) -> date | None:
    return next((day for start, _, day in dates_in(text) if tells("since").search(text[:start])), None)


def _lead_in(unit: Unit, passages: Sequence[Hit]) -> str:
    """The line before a sentence, if it ends in a colon ("From 15 June 2026 for pallets:"), word for word."""
    if unit.cells or not unit.before.endswith(":") or unit.passage >= len(passages):
        return ""
    words = r"\s+".join(map(re.escape, unit.before.split()))
    found = re.search(words, passages[unit.passage].text)
    return found.group() if found else ""
