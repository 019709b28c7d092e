"""Since when what a sentence or row says holds, and where that is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.copilot.change import changed_column, column_since, tells, values_of
from agents.copilot.facts import days
from agents.copilot.result import Support
from agents.copilot.same_thing import look_alikes
from ingestion.dates import TITLE_AREA, dates_in
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from agents.copilot.evidence import Unit
    from ingestion.index.protocol import Hit


PRICES = frozenset({"£", "$", "€", "%", "p"})
"""What a new paper in another's place may change; a length or a weight it most likely repeats."""
REPEATED = 0.75
"""Share of the words of a value that another paper must repeat."""
CLOCK = re.compile(r"\b\d{1,2}:\d\d\b")


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
    if tells("then_on").search(unit.text) and (named := _day_before(unit, units)):
        return named
    for text, other in _lines_of_its_paper(unit, units, passages):
        if day := _day_after_since(text):
            return Since(day, other)
    if day := _day_after_since(unit.heading) or _day_after_since(unit.title):
        return Since(day, own)
    return Since(unit.dated, None) if unit.dated else None


def announced(unit: Unit, units: Sequence[Unit], passages: Sequence[Hit]) -> Since | None:
    """Since when a value holds that its paper announces as a change; None for what stays as it was.

    The day must be told as that of the change, or as that of a paper that takes another's place.
    """
    if tells("unchanged").search(unit.text):
        return None
    told = holds_since(unit, units, passages)
    measures = values_of(unit).measures
    if told is None:
        return None
    if told.notice is None:
        told = where_written(told, unit, units, passages)
        priced = bool(measures & PRICES) and takes_a_place(unit, passages)
        return told if told.notice and priced else None
    elsewhere = _days_of_its_paper(unit, units, passages) - {told.day}
    if not _is_near(told.notice, unit, units) and elsewhere:
        # Of a paper of several days, which one is meant cannot be told.
        return None
    if not measures - {""} and not CLOCK.search(unit.text):
        return None
    return told if tells("announces").search(f"{unit.title}\n{unit.text}\n{told.notice.quote}") else None


def takes_a_place(unit: Unit, passages: Sequence[Hit]) -> bool:
    """Whether a unit's paper says at its top that it replaces another."""
    paper = [hit for hit in passages if (hit.title, hit.dated) == (unit.title, unit.dated)]
    return any(tells("replaces").search(hit.text[:TITLE_AREA]) for hit in paper)


def where_written(since: Since, unit: Unit, units: Sequence[Unit], passages: Sequence[Hit]) -> Since:
    """With the sentence that names the day, so that a reader can see it.

    It stands in the unit's own paper, or in the notice of a paper that gives the same value from that day on.
    """
    if since.notice:
        return since
    for other in units:
        own = (other.title, other.dated) == (unit.title, unit.dated)
        if own and not other.cells and since.day in days(other.text):
            return Since(since.day, Support(other.passage, other.quote))
    for other in units:
        told = holds_since(other, units, passages) if _repeats(other, unit) else None
        if told and told.notice and told.day == since.day:
            return told
    return since


def _repeats(other: Unit, unit: Unit) -> bool:
    """Whether another unit gives the same value in most of the same words."""
    shared = values_of(other).now & values_of(unit).now
    if other is unit or not any(figure.unit for figure in shared) or look_alikes(other, unit):
        return False
    words = set(content_stems(unit.text))
    return len(words & set(content_stems(other.text))) >= REPEATED * len(words)


def _days_of_its_paper(unit: Unit, units: Sequence[Unit], passages: Sequence[Hit]) -> frozenset[date]:
    """Every day from which its paper says that something holds or happens."""
    paper = [other for other in units if (other.title, other.dated) == (unit.title, unit.dated)]
    told = (_day_after_since(text) for other in paper for text in (other.text, _lead_in(other, passages)))
    return frozenset(day for day in told if day)


def _is_near(notice: Support, unit: Unit, units: Sequence[Unit]) -> bool:
    """Whether a notice is the sentence itself, or one above it that leads in to it or names its day."""
    if notice.quote == unit.quote or tells("then_on").search(unit.text):
        return True
    return notice.quote.endswith(":") and not any(other.quote == notice.quote for other in units)


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


def _day_before(unit: Unit, units: Sequence[Unit]) -> Since | None:
    """The day that the nearest sentence above names, for one that says "from then on"."""
    above = units[: next((n for n, other in enumerate(units) if other.quote == unit.quote), 0)]
    for other in reversed(above):
        if other.passage == unit.passage and (named := dates_in(other.text)):
            return Since(named[-1][2], Support(other.passage, other.quote))
    return None


def _day_after_since(text: str) -> date | None:
    return next((day for start, _, day in dates_in(text) if tells("since").search(text[:start])), None)


def _lead_in(unit: Unit, passages: Sequence[Hit]) -> str:
    """The line before a sentence, if it ends in a colon ("From 15 June 2026 for pallets:"), word for word."""
    if unit.cells or not unit.before.endswith(":") or unit.passage >= len(passages):
        return ""
    # The passage may set words off by marks of emphasis.
    words = r"[\s*_`]+".join(map(re.escape, unit.before.split()))
    found = re.search(words, passages[unit.passage].text)
    return found.group() if found else ""
