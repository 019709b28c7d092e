"""Figures, dates, bounds and rates of a clause, held against the sentence or row that is to bear it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from agents.copilot.facts import figures
from agents.copilot.lexicon import lexicon, pattern
from agents.copilot.meaning import meaning, pattern_of

if TYPE_CHECKING:
    from agents.copilot.clauses import Clause
    from agents.copilot.facts import Figure
    from agents.copilot.sources import Source

EXPLICIT = frozenset({"£", "$", "€", "%", "p"})
"""Units that are never left to the heading of a column."""
PAST = re.compile(
    r"\b(?:was|were|had|until|before|previous\w*|formerly|used to|went|rose|fell|fallen|from|earlier|then)\b",
    re.I,
)


def figure_missing(said: Clause, source: Source, whole: Clause) -> str:
    """Which figure, address or number the source does not state with its unit, or ""."""
    for figure in said.figures:
        stated = [one for one in whole.figures if one.value == figure.value]
        if not any(_same_unit(figure, one, source, whole) for one in stated):
            return f"figure {figure.value} {figure.unit}".rstrip()
        if figure.unit == "day" and _working(figure, whole.text) != _working(figure, said.text):
            return "working days"
    if said.strict - whole.strict:
        return "address or number"
    return ""


def _same_unit(figure: Figure, stated: Figure, source: Source, whole: Clause) -> bool:
    if figure.unit in (stated.unit, ""):
        return True
    if stated.unit:
        return False
    named = " ".join((whole.text, *(header.text for header in source.headers), source.unit.heading)).lower()
    if figure.unit in EXPLICIT:
        return bool(source.headers) and figure.unit in named
    return bool(re.search(rf"\b{figure.unit}s?\b", named))


def _working(figure: Figure, text: str) -> bool:
    return bool(re.search(rf"\b{figure.value:f}\s+(?:working|business)\s+days?\b", text, re.IGNORECASE))


def date_missing(said: Clause, source: Source, whole: Clause) -> str:
    """ "date" when one is named that neither the source nor what it stands under has."""
    known = whole.days.union(
        *(place.days for place in source.above), *(header.days for header in source.headers)
    )
    return "date" if said.days - known else ""


def bound_changed(said: Clause, whole: Clause, source: Source) -> str:
    """A most that has become a least, or a bound that was put in or left out."""
    around = "; ".join((whole.text, *(header.text for header in source.headers)))
    for figure in said.figures:
        ours, theirs = _bound(figure, said.text), _bound(figure, whole.text)
        if ours == theirs:
            continue
        if ours and not theirs and re.search(pattern_of(f"{ours}_words"), around):
            continue
        if theirs and not ours and pattern_of(f"{theirs}_words").search(said.text):
            continue
        return f"bound of {figure.value}"
    return ""


def _bound(figure: Figure, text: str) -> str:
    """Whether the text calls the figure a least ("lower"), a most ("upper") or neither."""
    for match in re.finditer(
        r"[£$€]?(\d[\d,]*(?:\.\d+)?)(?:%| ?(?:per cent|million|bn|k|m)\b)?|\b[a-z]+\b", text
    ):
        if figure.value not in _value(match):
            continue
        before, after = text[: match.start()], text[match.end() :]
        for side in ("lower", "upper"):
            beside = getattr(meaning(), side)
            if re.search(beside.before, before, re.IGNORECASE) or re.search(
                beside.after, after, re.IGNORECASE
            ):
                return side
    return ""


def _value(number: re.Match[str]) -> tuple[Decimal, ...]:
    """What a number in digits or letters amounts to, with and without a "million" after it."""
    if not number[1]:
        spelled = lexicon().numbers.get(number.group())
        return (Decimal(spelled),) if spelled is not None else ()
    value = Decimal(number[1].replace(",", ""))
    return (value, *(figure.value for figure in figures(number.group())))


def rate_changed(said: Clause, whole: Clause, source: Source, facts: list[Clause]) -> str:
    """A figure counted by something else: "a month" for "a year"."""
    if not said.rates:
        return ""
    homes = [one for one in facts if one.rates and one.figures & said.figures]
    if homes and not any(said.rates <= one.rates | _rates_above(source) for one in homes):
        return "rate"
    return "rate" if said.rates - whole.rates - _rates_above(source) else ""


def _rates_above(source: Source) -> frozenset[str]:
    return frozenset[str]().union(*(header.rates for header in source.headers))


def past_as_present(said: Clause, fact: Clause) -> str:
    """A value of the past, told as one of today."""
    if not said.figures or PAST.search(said.text):
        return ""
    if pattern("replaced").search(fact.text):
        return "past"
    for figure in said.figures:
        spelled = f"{figure.value:,f}"
        if re.search(rf"\bfrom\s+[£$€]?{re.escape(spelled)}\S*\s+(?:\w+\s+)?to\b", fact.text):
            return "past"
    return ""
