"""What of a sentence or row a question means: the one column, the one clause."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from agents.copilot.asked import has
from agents.copilot.change import UNIT_IN_HEADER, changed_column, figures_in, tells, values_of
from agents.copilot.evidence import row_text
from agents.copilot.facts import figures
from agents.copilot.ranges import ranges
from ingestion.sentences import plain
from ingestion.words import content_stems

if TYPE_CHECKING:
    from agents.copilot.evidence import Unit

PART = re.compile(r",\s+(?=\D)|;\s+|\s+(?=(?:and|plus)\s)")
"""Where a sentence that lists values goes on to the next."""
FROM_TO = re.compile(r"\d+(?:\s*[-–]\s*\d+|\+)?\s*$")
"""The span of a column "Week 1-3", of which another paper says no more than "a week"."""
DENIED_ASIDE = re.compile(r"\s*\([^()]*\bnot\b[^()]*\)")
LETTER = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=4096)
def meant(question: str, unit: Unit, sheet: str) -> Unit:
    """The unit reduced to the value that the question names; whole where it names none, or several.

    `sheet` is the passage it stands in, which may say that its amounts are money.
    """
    if not unit.cells:
        # "(GS 200 Twin is not affected)" names what the sentence is not about.
        return _clause(question, replace(unit, text=DENIED_ASIDE.sub("", unit.text)))
    if changed_column(unit):
        return unit
    column = _column(question, unit)
    if column is None:
        return unit
    header = unit.headers[column]
    bare = all(not figure.unit for figure in figures_in(unit, column))
    if bare and not UNIT_IN_HEADER.search(header) and tells("money").search(sheet):
        header = f"{FROM_TO.sub('', header).strip()} (£)"
    # A zone's number says nothing that another paper would repeat; what it stands for does.
    label = unit.cells[0] if LETTER.search(unit.label) else _named_beside(unit) or unit.cells[0]
    headers, cells = (unit.headers[0], header), (label, unit.cells[column])
    return replace(unit, text=row_text(headers, cells, [1]), headers=headers, cells=cells)


def _column(question: str, unit: Unit) -> int | None:
    """The one column that the question names by a word, or by a figure that lies in the column's range."""
    columns = [c for c in range(1, len(unit.cells)) if c < len(unit.headers) and figures_in(unit, c)]
    if len(columns) < 2:
        return None
    heads = {c: plain(unit.headers[c]) for c in columns}
    sized = [figure for figure in figures(question) if figure.unit]
    holding = [
        c for c in columns if any(r.unit == f.unit and r.holds(f) for r in ranges(heads[c]) for f in sized)
    ]
    if len(holding) == 1:
        return holding[0]
    asked = frozenset(content_stems(question))
    shares = [sum(has(stem, asked) > 0 for stem in set(_words(heads[c]))) for c in columns]
    # Of columns that a word names alike ("Week 1-3", "Week 4-11") the first is the plain case.
    return columns[shares.index(max(shares))] if max(shares) and not holding else None


def _words(head: str) -> list[str]:
    return [stem for stem in content_stems(head) if stem.isalpha()]


def _named_beside(unit: Unit) -> str:
    """The cells of a row that are words and no values."""
    return "; ".join(cell for cell in unit.cells[1:] if LETTER.search(cell) and not figures(plain(cell)))


def _clause(question: str, unit: Unit) -> Unit:
    """The part of a sentence of several values that has most of the question's words."""
    if len(values_of(unit).now) < 2 or tells("unchanged").search(unit.text):
        return unit
    parts = [part for part in PART.split(unit.text) if part.strip()]
    asked = content_stems(question)
    shares = [
        sum(has(stem, frozenset(content_stems(part))) > 0 for stem in asked) if figures(part) else 0
        for part in parts
    ]
    best = max(shares, default=0)
    if len(parts) < 2 or not best or shares.count(best) > 1:
        return unit
    return replace(unit, text=parts[shares.index(best)], before=f"{unit.before} {unit.text}".strip())
