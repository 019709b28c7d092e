"""The dates that a text names, and the one that a document bears."""

from __future__ import annotations

import re
from datetime import date

TITLE_AREA = 600
"""Characters from the top of the first page in which a document says its date."""

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WRITTEN_DATE = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?\s+)?({'|'.join(MONTHS)})\s+(20\d\d)\b", re.IGNORECASE
)
FIRST_OF_RANGE = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+({'|'.join(MONTHS)})"
    rf"(?=\s*(?:to|until|till|and|–|—|-)\s*(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?({'|'.join(MONTHS)})\s+(20\d\d)\b)",
    re.IGNORECASE,
)
"""The first day of "9 November to 24 December 2026", whose year stands after the last."""
ISSUED = re.compile(r"\b(?:issued|published|dated|date|version of)\b[\s:*_]*(?:on\s+)?$", re.IGNORECASE)
ISO_DATE = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")


def dates_in(text: str) -> tuple[tuple[int, int, date], ...]:
    """Every possible date in `text` with its start and end; "March 2026" stands for its first day."""
    found: list[tuple[int, int, date]] = []
    for match in WRITTEN_DATE.finditer(text):
        day, month, year = match.group(1), MONTHS.index(match.group(2).lower()) + 1, int(match.group(3))
        found += _dated(match, year, month, int(day or 1))
    for match in FIRST_OF_RANGE.finditer(text):
        month, last = (MONTHS.index(match.group(n).lower()) + 1 for n in (2, 3))
        found += _dated(match, int(match.group(4)) - (month > last), month, int(match.group(1)))
    for match in ISO_DATE.finditer(text):
        found += _dated(match, *(int(part) for part in match.groups()))
    return tuple(sorted(found))


def date_of(top: str) -> date | None:
    """The date a document bears, from its top: the date of issue, else the first date below the title.

    A title may name the day it takes effect.
    """
    top = top[:TITLE_AREA]
    found = dates_in(top)
    issued = [day for start, _, day in found if ISSUED.search(top[:start])]
    below = [day for start, _, day in found if "\n" in top[:start].strip()]
    return next(iter([*issued, *below, *(day for _, _, day in found)]), None)


def edition_of(name: str) -> date | None:
    """The first day of the year in a title or a file's name, "Tariff 2025"; none where two years stand."""
    years = set(re.findall(r"(?<!\d)20\d\d(?!\d)", name))
    return date(int(years.pop()), 1, 1) if len(years) == 1 else None


def _dated(match: re.Match[str], year: int, month: int, day: int) -> list[tuple[int, int, date]]:
    try:
        return [(*match.span(), date(year, month, day))]
    except ValueError:
        return []
