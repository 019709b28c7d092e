"""Whether a clause turns its source round: a denial, a before for an after, a must for a may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.copilot.meaning import meaning, pattern_of

if TYPE_CHECKING:
    from agents.copilot.clauses import Clause
    from agents.copilot.sources import Source

NOT_BEFORE = re.compile(r"\bnot (?:before|after|until|only)\b", re.IGNORECASE)


def denied(said: Clause, facts: list[Clause], nearest: list[Clause]) -> str:
    """Whether the clause nearest to what is said, or the only one with a word of it, says the opposite."""
    if all(one.denied != said.denied for one in nearest):
        return "denial"
    agreeing = frozenset[str]().union(*(one.words for one in facts if one.denied == said.denied))
    opposite = frozenset[str]().union(*(one.words for one in facts if one.denied != said.denied))
    return "denial" if said.claims & (opposite - agreeing) else ""


def turned(said: Clause, fact: Clause, whole: Clause, source: Source) -> str:
    """Which pole, of those in `meaning.yaml`, the source does not have or has the other way round."""
    text = _plain_of_bounds(said.text)
    headers = [header.text for header in source.headers]
    around = NOT_BEFORE.sub(" ", "; ".join((whole.text, source.unit.heading, *headers)))
    near = "; ".join((fact.text, *headers))
    for pole in meaning().poles:
        if not re.search(pole.says, text, re.IGNORECASE):
            continue
        if pole.axis == "extent" and said.denied and pole.pole == "all":
            continue
        borne = rf"{pole.says}|{pole.borne_by}"
        opposite = [one.says for one in meaning().poles if one.axis == pole.axis and one.pole != pole.pole]
        here = re.search(pole.says, fact.text, re.IGNORECASE)
        if not here and any(re.search(one, fact.text, re.IGNORECASE) for one in opposite):
            return pole.pole
        if not re.search(pole.says, around, re.IGNORECASE) and not re.search(borne, near, re.IGNORECASE):
            return pole.pole
        if pole.pole == "must" and pattern_of("may").search(fact.text) and not here:
            return "must"
    must = next(pole for pole in meaning().poles if pole.pole == "must")
    weak = pattern_of("may").search(said.text) and not pattern_of("may").search(fact.text)
    if weak and (re.search(must.says, fact.text, re.IGNORECASE) or fact.denied):
        return "may"
    return ""


def _plain_of_bounds(text: str) -> str:
    """Without the rates ("every month") and bounds, which have rules of their own."""
    return pattern_of("rate").sub(" ", text)
