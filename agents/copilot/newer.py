"""A later paper that replaces a value wins: which units are out of date, and since when the new one holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.copilot.facts import figures
from agents.copilot.lexicon import pattern
from ingestion.dates import dates_in
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from agents.copilot.evidence import Unit
    from agents.copilot.facts import Figure
    from agents.copilot.support import Candidate

RIVAL_WITHIN = 3.0
"""A unit that scores no less than this below the best may speak of the same thing."""
SAME_THING = 0.5
"""Share of the shorter one's content words in common from which two units speak of the same thing."""
ASKS_FOR_THE_PAST = re.compile(
    r"\b(?:was|were|before|previous(?:ly)?|used to|old|until|in 20\d\d|replaced)\b", re.I
)


@dataclass(frozen=True)
class Replacement:
    """`notice` is the unit that tells of the change, `since` the day from which the new value holds."""

    outdated: frozenset[Unit]
    values: frozenset[Figure] = frozenset()
    """The new values, as the later papers state them."""
    notice: Unit | None = None
    since: date | None = None


def replacement(question: str, found: Sequence[Candidate], units: Sequence[Unit]) -> Replacement:
    """What the later papers among `units` make of the best candidates.

    A value is out of date when a later paper sets it beside another one or in the past, says since when
    another holds, or is the next issue of the same paper.
    """
    if not found or ASKS_FOR_THE_PAST.search(question):
        return Replacement(frozenset())
    rivals = [one.unit for one in found if one.score >= found[0].score - RIVAL_WITHIN]
    outdated: set[Unit] = set()
    values: set[Figure] = set()
    notice: Unit | None = None
    for old in rivals:
        for new in rivals:
            if not _is_later(new, old) or not (conflict := _conflict(old, new)):
                continue
            told = next((unit for unit in units if _tells(unit, old, new, conflict)), None)
            if told is None and _says_since(new) and _same_thing(old, new):
                told = new
            if told is None and not _next_issue(old, new):
                continue
            outdated.add(old)
            measures = {figure.unit for figure in conflict}
            values |= {figure for figure in figures(new.text) - conflict if figure.unit in measures}
            notice = notice or told or new
    since = _since(notice, [unit for unit in units if unit not in outdated]) if notice else None
    return Replacement(frozenset(outdated), frozenset(values), notice, since)


def _is_later(new: Unit, old: Unit) -> bool:
    return bool(new.dated and old.dated and new.dated > old.dated)


def _conflict(old: Unit, new: Unit) -> frozenset[Figure]:
    """The old unit's figures that the new unit states otherwise: same unit of measure, no value in common."""
    ours, theirs = figures(old.text), figures(new.text)
    measures = {figure.unit for figure in theirs if figure.unit} - {figure.unit for figure in ours & theirs}
    return frozenset(figure for figure in ours if figure.unit in measures)


def _tells(unit: Unit, old: Unit, new: Unit, conflict: frozenset[Figure]) -> bool:
    """Whether a later unit about the same thing sets the old value beside the new one, or in the past."""
    if not _is_later(unit, old) or not figures(unit.text) & conflict or not _same_thing(unit, new):
        return False
    measures = {figure.unit for figure in conflict}
    beside = {figure for figure in figures(unit.text) & figures(new.text) if figure.unit in measures}
    dated = bool(dates_in(" ".join((unit.text, *unit.headers))))
    return (bool(beside) and dated) or bool(pattern("replaced").search(unit.text))


def _same_thing(one: Unit, other: Unit) -> bool:
    ours, theirs = set(content_stems(one.text)), set(content_stems(other.text))
    return len(ours & theirs) >= SAME_THING * min(len(ours), len(theirs))


def _next_issue(old: Unit, new: Unit) -> bool:
    """Whether `new` is the same row or sentence in a later issue of the same paper ("Price list 2026")."""
    return _series(old.title) == _series(new.title) and content_stems(old.text) == content_stems(new.text)


def _series(title: str) -> str:
    for start, end, _ in reversed(dates_in(title)):
        title = title[:start] + title[end:]
    return " ".join(re.sub(r"\d+", "", title.lower()).split())


def _says_since(unit: Unit) -> bool:
    text = " ".join((unit.text, *unit.headers))
    return any(pattern("since").search(text[:start]) for start, _, _ in dates_in(text))


def _since(notice: Unit, units: Sequence[Unit]) -> date | None:
    """The date after a "from" or "since": in the notice, else in its paper, else the paper's own date."""
    same_paper = [unit for unit in units if unit.title == notice.title and unit is not notice]
    for unit in (notice, *same_paper):
        text = " ".join((unit.text, *unit.headers))
        for start, _, day in dates_in(text):
            if pattern("since").search(text[:start]):
                return day
    return notice.dated
