"""A later paper that replaces a value wins: what is out of date gives way, and the answer says since when."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from agents.copilot.change import reduced, tells, values_of
from agents.copilot.facts import days
from agents.copilot.in_force import announced, holds_since, takes_a_place, where_written
from agents.copilot.meant import meant
from agents.copilot.same_thing import agreeing, conflicting, issues_of_one_paper
from ingestion.dates import MONTHS, dates_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.evidence import Unit
    from agents.copilot.in_force import Since
    from agents.copilot.support import Candidate
    from ingestion.index.protocol import Hit

MAY_BE_SAID_WITHIN = 3.0
"""Log odds below the best at which a candidate may still be said, and so must not be out of date."""
MOST_CHECKED = 6
TOLD_AHEAD = timedelta(days=730)
"""A change further off than this is a slip or a trick; it is not said."""
IN_YEAR = re.compile(
    r"\b(?:in|during|of|for|back in) (?:(" + "|".join(MONTHS) + r") )?(20\d\d)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Current:
    """What still holds, best first. `since` is for those that hold in place of another value."""

    candidates: tuple[Candidate, ...]
    since: dict[Unit, Since]
    coming: dict[Unit, Candidate]
    """What will replace them, announced and not yet in force."""
    outdated: frozenset[Unit] = frozenset()
    """The units that gave way."""


@dataclass(frozen=True)
class _Stated:
    """A candidate with the day from which it holds; none where its paper bears no date."""

    candidate: Candidate
    since: Since | None
    value: Unit
    """What of its sentence or row the question means."""
    takes_a_place: bool
    """Whether its paper says that it replaces another."""

    @property
    def day(self) -> date:
        return self.since.day if self.since else date.min


def current(
    question: str,
    found: Sequence[Candidate],
    units: Sequence[Unit],
    passages: Sequence[Hit],
    today: date,
) -> Current:
    """The candidates with each that is out of date replaced by what holds in its place.

    `today` is the day of asking. A question about the past is answered as of the day it names, or with the
    value before the last change.
    """
    asks = _AsksFor.of(question, today)
    kept: list[Candidate] = []
    since: dict[Unit, Since] = {}
    coming: dict[Unit, Candidate] = {}
    whole: set[Unit] = set()
    for place, one in enumerate(found):
        if place >= MOST_CHECKED or one.score < found[0].score - MAY_BE_SAID_WITHIN:
            kept.append(one)
            continue
        family = _Family.of(question, one, found, units, passages)
        chosen = family.in_force(asks)
        unit = chosen.candidate.unit
        now = reduced(unit) if chosen.day <= asks.day else unit
        whole.add(unit)
        kept.append(replace(chosen.candidate, unit=now, score=one.score))
        told = family.since(chosen) or announced(now, units, passages)
        if told and told.day <= today:
            since[now] = where_written(told, unit, units, passages)
        if not asks.past and (next_one := family.coming(chosen, today)):
            coming[now] = next_one
    first_of: dict[str, Candidate] = {}
    for one in kept:
        first_of.setdefault(f"{one.unit.passage} {one.unit.quote}", one)
    outdated = {one.unit for one in found} - {one.unit for one in kept} - whole
    return Current(tuple(first_of.values()), since, coming, frozenset(outdated))


def this_day() -> date:
    """The date where this machine stands; whoever tests or asks for another day gives it instead."""
    return datetime.now(UTC).astimezone().date()


@dataclass(frozen=True)
class _AsksFor:
    """The day as of which a question is meant, and whether it asks only for the value before the last."""

    day: date
    past: bool = False

    @classmethod
    def of(cls, question: str, today: date) -> _AsksFor:
        if tells("present").search(question):
            return cls(today)
        past = bool(tells("past").search(question))
        named = [day for _, _, day in dates_in(question) if day < today]
        for match in IN_YEAR.finditer(question):
            month = MONTHS.index(match[1].lower()) + 1 if match[1] else 12
            end = date(int(match[2]) + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            named.append(end)
        return cls(min(named), past) if named and min(named) < today else cls(today, past)


@dataclass(frozen=True)
class _Family:
    """All that is stated of one value: the candidate asked about first, then those that differ from it."""

    question: str
    members: tuple[_Stated, ...]
    agree: tuple[_Stated, ...]
    """Those that state the first one's value."""
    measures: frozenset[str]

    @classmethod
    def of(
        cls,
        question: str,
        one: Candidate,
        found: Sequence[Candidate],
        units: Sequence[Unit],
        passages: Sequence[Hit],
    ) -> _Family:
        means = {id(other): meant(question, other.unit, passages[other.unit.passage].text) for other in found}
        ours = means[id(one)]
        others = [
            (other, conflicting(question, ours, means[id(other)])) for other in found if other is not one
        ]
        measures = frozenset[str]().union(*(conflict for _, conflict in others))
        measures = measures or frozenset(figure.unit for figure in values_of(ours).then)

        def stated(candidate: Candidate) -> _Stated:
            since = holds_since(candidate.unit, units, passages)
            return _Stated(candidate, since, means[id(candidate)], takes_a_place(candidate.unit, passages))

        agree = [
            other
            for other in found
            if other is not one and any(agreeing(question, ours, means[id(other)], m) for m in measures)
        ]
        first = stated(one)
        differ = [stated(other) for other, conflict in others if conflict]
        members = (first, *(other for other in differ if _comparable(first, other)))
        return cls(question, members, tuple(map(stated, agree)), measures)

    def in_force(self, asks: _AsksFor) -> _Stated:
        """The best candidate among those that state what holds on the day asked for."""
        first = self.members[0]
        started = [one for one in (*self.members, *self.agree) if one.day <= asks.day and self._states(one)]
        if not started:
            return first
        newest = max(started, key=lambda one: (one.day, one.candidate.score))
        if asks.past:
            before = [one for one in started if not self._alike(one, newest)]
            newest = max(before, key=lambda one: (one.day, one.candidate.score), default=newest)
        elif newest.day == first.day and not _tells_of(newest, first):
            # Two rows of one paper; neither is the later.
            return first
        alike = [one for one in started if self._alike(one, newest)]
        return first if first in alike else max(alike, key=lambda one: one.candidate.score)

    def since(self, chosen: _Stated) -> Since | None:
        """When the chosen value began to hold, where another held before; None when no paper says."""
        everyone = (*self.members, *self.agree)
        alike = [one for one in everyone if self._alike(one, chosen)]
        first_day = min((one.day for one in alike if one.since), default=date.min)
        changed = any(one.day < chosen.day and not self._alike(one, chosen) for one in everyone)
        told_of = any(values_of(one.value).then for one in alike)
        if not (changed or told_of) or not self.measures:
            return None
        written = [one.since for one in alike if one.since and one.since.notice]
        # A paper that names days of its own need not mean the day it was written.
        issued = [
            one.since
            for one in alike
            if one.since and one.day == first_day and not days(one.candidate.unit.text)
        ]
        return min(written or issued, key=lambda told: told.day, default=None)

    def coming(self, chosen: _Stated, today: date) -> Candidate | None:
        """What has been announced to take the chosen one's place."""
        later = [one for one in self.members if today < one.day <= today + TOLD_AHEAD and one is not chosen]
        return min(later, key=lambda one: one.day).candidate if later else None

    def _alike(self, one: _Stated, other: _Stated) -> bool:
        ours, theirs = (values_of(stated.value).now for stated in (one, other))
        return one is other or any(figure.unit in self.measures for figure in ours & theirs)

    def _states(self, one: _Stated) -> bool:
        return bool(values_of(one.value).measures & self.measures)


def _tells_of(teller: _Stated, one: _Stated) -> bool:
    """Whether the teller gives the other's value as one of the past."""
    return bool(values_of(teller.value).then & values_of(one.value).now)


def _comparable(one: _Stated, other: _Stated) -> bool:
    """Whether two statements that differ are a value before and after a change, and not two matters.

    One tells of the other's value, both are rows, one says from which day it holds, the later paper says
    that it replaces another, or both are issues of one. Where a date is missing only the first will do.
    """
    if _tells_of(one, other) or _tells_of(other, one):
        return True
    if not (one.since and other.since):
        return False
    ours, theirs = one.value, other.value
    told = bool(one.since.notice or other.since.notice or max(one, other, key=lambda s: s.day).takes_a_place)
    return bool(ours.cells and theirs.cells) or told or issues_of_one_paper(ours, theirs)
