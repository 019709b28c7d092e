"""Whether two sentences or rows state the same value: the same thing, measured alike."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from agents.copilot.asked import has
from agents.copilot.change import changed_column, figures_in, measure_stems, shown_columns, tells, values_of
from agents.copilot.facts import names
from agents.copilot.lexicon import filler_stems
from ingestion.dates import MONTHS, dates_in
from ingestion.sentences import plain
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.copilot.evidence import Unit

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ASKED_IN_BOTH = 0.75
"""Share of the question's words that one has and the other must have too."""
SAME_PLACE, FEW_WORDS = 0.6, 2
"""Share of a row's own words (label, column) that the other must have; all of them when they are few."""
LABEL_CHARACTERS = 40
"""What stands before a colon is the label of a line when it is no longer."""
SAME_WORDS = 0.5
"""Share of the shorter sentence's words."""

YEAR = re.compile(r"\b20\d\d\b")
CALENDAR = re.compile(rf"\b(?:{'|'.join((*MONTHS, *DAYS))})\b", re.IGNORECASE)
"""Words with a capital that name no product."""


def conflicting(question: str, one: Unit, other: Unit) -> frozenset[str]:
    """The measures in which two units state different values of the same thing; empty when they do not."""
    ours, theirs = values_of(one), values_of(other)
    told = bool(ours.now & theirs.then or ours.then & theirs.now)
    shared = {figure.unit for figure in ours.now & theirs.now}
    return frozenset(
        measure
        for measure in ours.measures & theirs.measures - shared
        # A bare number may count anything, unless one unit tells of the other's.
        if (told or (measure and _as_many(one, other, measure) and _means_one(question, one, other, measure)))
        and same_thing(question, one, other, measure)
    )


def issues_of_one_paper(one: Unit, other: Unit) -> bool:
    """Whether the papers bear the same title but for the year or the date ("Price list 2026")."""
    ours, theirs = (re.sub(r"\d+", "", _undated(unit.title)).lower().split() for unit in (one, other))
    return ours == theirs and one.dated != other.dated


def agreeing(question: str, one: Unit, other: Unit, measure: str) -> bool:
    """Whether two units state the same value of the same thing."""
    shared = values_of(one).now & values_of(other).now
    return any(figure.unit == measure for figure in shared) and same_thing(question, one, other, measure)


def same_thing(question: str, one: Unit, other: Unit, measure: str) -> bool:
    """Whether both speak of what was asked, neither of a look-alike, nor of another row or column."""
    if (
        _rivals(one, other)
        or _labelled_apart(one, other)
        or (tells("bound").search(question) and not (_bounded(one) and _bounded(other)))
    ):
        return False
    ours, theirs = _scope(one), _scope(other)
    ignored = measure_stems(measure) | filler_stems()
    asked = [stem for stem in dict.fromkeys(content_stems(question)) if stem not in ignored]
    if not _kept(asked, _own(one), theirs) or not _kept(asked, _own(other), ours):
        return False
    for unit, scope, text in ((one, theirs, _place_text(other)), (other, ours, _place_text(one))):
        if unit.cells and not (_place_in(unit, measure, scope) and _numbers(unit.label) <= _numbers(text)):
            return False
    if one.cells or other.cells:
        return True
    words = [_words(unit, ignored) for unit in (one, other)]
    shares = [_share(words[0], theirs), _share(words[1], ours)]
    return max(shares) >= SAME_WORDS


def look_alikes(one: Unit, other: Unit) -> bool:
    """Whether two units speak of things that only have similar names, or bear labels of different things."""
    return _rivals(one, other) or _labelled_apart(one, other)


def _as_many(one: Unit, other: Unit, measure: str) -> bool:
    """Whether neither sentence has more such figures than the other: a reckoning states no one value."""
    counts = [
        1 if unit.cells else sum(figure.unit == measure for figure in values_of(unit).now)
        for unit in (one, other)
    ]
    return counts[0] == counts[1]


def _means_one(question: str, one: Unit, other: Unit, measure: str) -> bool:
    """Whether a figure of the question says which value of a row of several is meant."""
    wide = [unit for unit in (one, other) if unit.cells and len(_columns_of(unit, measure)) > 1]
    asked = _numbers(question)
    return not wide or (bool(asked) and asked <= _numbers(_place_text(one)) & _numbers(_place_text(other)))


@lru_cache(maxsize=2048)
def _columns_of(unit: Unit, measure: str) -> tuple[int, ...]:
    if column := changed_column(unit):
        return (column,)
    return tuple(c for c in shown_columns(unit) if any(one.unit == measure for one in figures_in(unit, c)))


@lru_cache(maxsize=2048)
def _bounded(unit: Unit) -> bool:
    return bool(tells("bound").search(_place_text(unit)))


def _kept(asked: Iterable[str], ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether the words of the question that stand in one also stand in the other."""
    return _share([stem for stem in asked if has(stem, ours)], theirs) >= ASKED_IN_BOTH


def _place_in(unit: Unit, measure: str, scope: frozenset[str]) -> bool:
    """Whether what tells a row and the column of its value from others stands in the other's scope."""
    # The column of a change is named for its day.
    told = () if changed_column(unit) else _columns_of(unit, measure)
    heads = [plain(unit.headers[c]) for c in told if c < len(unit.headers)]
    named = set(content_stems(" ".join(names("\n".join((unit.label, *heads))))))
    # Of several columns with such values one may be meant.
    places = [(unit.label, head) for head in heads] or [(unit.label, "")]
    return any(
        _share(_distinctive(" ; ".join(place), named, measure), scope) >= SAME_PLACE
        and (
            len(words := _distinctive(" ; ".join(place), named, measure)) > FEW_WORDS
            or _share(words, scope) == 1
        )
        for place in places
    )


def _distinctive(text: str, named: set[str], measure: str) -> list[str]:
    return [s for s in content_stems(text) if s not in named and s not in measure_stems(measure)]


def _share(stems: list[str], scope: frozenset[str]) -> float:
    return sum(has(stem, scope) > 0 for stem in stems) / len(stems) if stems else 1.0


def _words(unit: Unit, ignored: frozenset[str]) -> list[str]:
    return [stem for stem in dict.fromkeys(content_stems(_undated(unit.text))) if stem not in ignored]


@lru_cache(maxsize=2048)
def _own(unit: Unit) -> frozenset[str]:
    return frozenset(content_stems(_place_text(unit)))


@lru_cache(maxsize=2048)
def _scope(unit: Unit) -> frozenset[str]:
    return frozenset(content_stems(" ".join((_place_text(unit), unit.before, unit.title, *unit.cells))))


def _place_text(unit: Unit) -> str:
    return " ; ".join((unit.text, unit.label, *unit.headers, unit.heading))


def _numbers(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\d[\d,.]*\d|\d", _undated(text)))


def _undated(text: str) -> str:
    for start, end, _ in reversed(dates_in(text)):
        text = text[:start] + " " + text[end:]
    return text


def _rivals(one: Unit, other: Unit) -> bool:
    """Whether one names a product of which the other names only a look-alike ("Flow", "Flow Plus")."""
    ours, theirs = _named(one), _named(other)
    return bool(ours and theirs and not ours & theirs) and any(
        set(name.split()) & set(rival.split()) for name in ours for rival in theirs
    )


def _labelled_apart(one: Unit, other: Unit) -> bool:
    """Whether the labels of two rows or lines ("GS 200: £548 a week") name different things."""
    ours, theirs = (frozenset(names(_label(unit))) for unit in (one, other))
    return bool(ours and theirs and not ours & theirs)


def _label(unit: Unit) -> str:
    label, mark, _ = unit.text.partition(": ")
    return unit.label or (label if mark and len(label) <= LABEL_CHARACTERS else "")


@lru_cache(maxsize=2048)
def _named(unit: Unit) -> frozenset[str]:
    """The names in the nearest place that has any: its text, its heading, its paper's title."""
    for place in ("\n".join((unit.text, unit.label, *unit.headers)), unit.heading, unit.title):
        told = (name.lower() for name in names(CALENDAR.sub(" ", _undated(place))))
        # A year tells issues of one paper apart, not what they are about.
        found = {YEAR.sub("", name.removeprefix(f"{unit.collection.lower()} ")).strip() for name in told}
        if found := found - {unit.collection.lower(), ""}:
            return frozenset(found)
    return frozenset()
