"""Whether a clause leaves those who act, and what comes first, as its source has them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.copilot.meaning import pattern_of

if TYPE_CHECKING:
    from agents.copilot.clauses import Clause
    from agents.copilot.sources import Source


def done_by_another(said: Clause, whole: Clause) -> str:
    """Somebody else does it, or it is done to somebody else, or the choice is a duty."""
    for ours, theirs in ((said.acts, whole.acts), (_turned(said.objects), _turned(whole.objects))):
        for party, word in ours - theirs:
            if any(other != party and one == word for other, one in theirs):
                return "role"
    for duty, word in said.duties - whole.duties:
        if any(one == word and "must" in (duty, other) for other, one in whole.duties):
            return "duty"
        if duty == "must" and whole.duties and not any(other == "must" for other, _ in whole.duties):
            return "duty"
        if duty in ("may", "might") and word in ("need", "requir"):
            return "duty"
    return ""


def _turned(pairs: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset((one, other) for other, one in pairs)


def party_added(said: Clause, source: Source, whole: Clause) -> str:
    """ "role" when somebody is spoken of whom the source does not mention."""
    known = whole.parties | source.whole.parties | (source.lead.parties if source.lead else frozenset())
    added = said.parties - known
    if added <= {"client"} and not known:
        return ""
    return "role" if added else ""


def roles_swapped(said: Clause, fact: Clause) -> str:
    """ "role" when another acts, or is acted on."""
    if said.agent and fact.agent and said.agent != fact.agent:
        return "role"
    if said.patient and fact.patient and said.patient != fact.patient:
        return "role"
    return "role" if said.agent and said.agent == fact.patient and not fact.agent else ""


def order_swapped(said: Clause, whole: Clause, source: Source) -> str:
    """Two things that have changed places around a word such as "from", "to" or "replaces"."""
    if not pattern_of("direction").search(said.text):
        return ""
    places = ([one for one in place.order if one in said.order] for place in (whole, *source.above))
    theirs = next((place for place in places if len(place) > 1), [])
    shared = [one for one in said.order if one in theirs]
    if said.patient or whole.patient:
        return ""
    from_to = re.search(r"\bfrom\b.*\bto\b|\b(?:than|replac\w+|supersed\w+|into|instead)\b", said.text, re.I)
    return "order" if theirs != shared and from_to else ""
