"""Whether a sentence or row bears what a clause says, by every rule there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.copilot.clauses import INDEPENDENT
from agents.copilot.opposites import denied, turned
from agents.copilot.placing import columns_meant, misplaced_figure, other_row_fits, overlap
from agents.copilot.quantities import (
    bound_changed,
    date_missing,
    figure_missing,
    past_as_present,
    rate_changed,
)
from agents.copilot.roles import done_by_another, order_swapped, party_added, roles_swapped
from agents.copilot.wording import name_missing, word_missing

if TYPE_CHECKING:
    from agents.copilot.clauses import Clause
    from agents.copilot.sources import Source, Sources

FULL_HALF = 3
"""Words from which a part of a sentence is more than a member of a list."""


def unborne(said: Clause, source: Source, sources: Sources, about: tuple[str, ...]) -> str:
    """Why `source` does not bear the clause, or "" when it does. `about`: the names said just before it."""
    if source.label is not None:
        columns = columns_meant(said, source)
        if not columns:
            return "column"
        meant = said if said.names else replace(said, names=about)
        if other_row_fits(meant, source, columns, sources):
            return "row"
        facts = [source.facts[column] for column in columns]
        whole = _joined(facts)
    else:
        if misplaced_figure(said, source):
            return "place of a figure"
        facts, whole = list(source.facts), source.whole
        if _mixed(said, source, sources):
            return "two halves of a sentence"
    fact = max(facts, key=lambda one: overlap(said, one))
    best = overlap(said, fact)
    nearest = [one for one in facts if overlap(said, one) == best]
    checks = (
        figure_missing(said, source, whole),
        date_missing(said, source, whole),
        name_missing(said, source, whole, about),
        word_missing(said, source, whole),
        denied(said, facts, nearest),
        turned(said, fact, whole, source),
        bound_changed(said, whole, source),
        rate_changed(said, whole, source, facts),
        past_as_present(said, fact),
        party_added(said, source, whole),
        roles_swapped(said, fact),
        done_by_another(said, whole),
        order_swapped(said, whole, source),
    )
    return next((why for why in checks if why), "")


def contradicted(said: Clause, bearer: Source, read: Iterable[Source]) -> bool:
    """Whether another clause of the cited passages has as much of what is said and says the opposite."""
    if not said.claims and not said.names:
        return False
    best = max(_closeness(said, fact, bearer) for fact in bearer.facts if fact.denied == said.denied)
    for source in read:
        above = {name for place in source.above for name in place.names}
        for fact in source.facts if source.unit is not bearer.unit else ():
            speaks = said.claims <= fact.words and set(said.names) <= {*fact.names, *above}
            if fact.denied != said.denied and speaks and _closeness(said, fact, source) >= best:
                return True
    return False


def _closeness(said: Clause, fact: Clause, source: Source) -> float:
    """What two clauses share; of two that share as much the shorter is closer, and a row is plainer."""
    above = {name for place in source.above for name in place.names} - set(fact.names)
    shared = overlap(said, fact)
    return (
        shared
        + 2 * len(above & set(said.names))
        + shared / (1 + overlap(fact, fact))
        + (1 if source.cells else 0)
    )


def _mixed(said: Clause, source: Source, sources: Sources) -> bool:
    """The subject of one half with what is said of the other: "the spring … and the autumn meeting …"."""
    halves = [sources.read(half) for half in INDEPENDENT.split(source.unit.text) if half.strip()]
    if len(halves) < 2 or any(len(half.words) < FULL_HALF for half in halves):
        return False
    words = (said.words & source.whole.words) | (set(said.names) & set(source.whole.names))
    return not any(words <= half.words | set(half.names) for half in halves)


def _joined(facts: list[Clause]) -> Clause:
    first, *others = facts
    for other in others:
        first = replace(
            first,
            text=f"{first.text}; {other.text}",
            names=(*first.names, *other.names),
            words=first.words | other.words,
            claims=first.claims | other.claims,
            figures=first.figures | other.figures,
            days=first.days | other.days,
            strict=first.strict | other.strict,
            rates=first.rates | other.rates,
            parties=first.parties | other.parties,
            order=(*first.order, *other.order),
        )
    return first
