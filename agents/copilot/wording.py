"""Names and words of a clause, held against the sentence or row that is to bear it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.copilot.clauses import Clause
    from agents.copilot.sources import Source

OWN_WORDS = 0.6
"""Share of a clause that the sentence or row itself must have; the rest may stand above it."""
TIMES = frozenset({"minut", "hour", "day", "week", "month", "quarter", "year", "night"})
"""Stems that a heading never lends."""


def name_missing(said: Clause, source: Source, whole: Clause, about: tuple[str, ...]) -> str:
    """Which name the source does not speak of."""
    own = set(whole.names)
    if source.label and source.label.names and said.names:
        labelled = set(source.label.names)
        if not any(_among(name, labelled) for name in said.names):
            return "name of the row"
    for name in said.names:
        if _among(name, own):
            continue
        if own - set(said.names) - set(about) and not source.label:
            return f"name {name}"
        if not _named_above(name, source):
            return f"name {name}"
    inherited = [name for name in about if name not in said.names]
    if inherited and not said.names:
        places = [own, *({*place.names} for place in source.above)]
        nearest = next((place for place in places if place), set())
        if nearest and not any(_among(name, nearest) for name in inherited):
            return f"name {inherited[0]}"
    return ""


def _among(name: str, names: set[str]) -> bool:
    """Also the same name with or without its number at the end."""
    return name in names or any(
        (one.startswith(f"{name} ") and one[len(name) + 1 :].isdigit())
        or (one.endswith(f" {name}") and len(name.split()) > 1)
        for one in names
    )


def _named_above(name: str, source: Source) -> bool:
    """Whether the nearest place above that names anything like it names just this."""
    places = [place for place in (source.lead, *source.headers, *source.scope) if place]
    for place in places:
        if _among(name, set(place.names)):
            return True
        if any(set(name.split()) & set(other.split()) for other in place.names):
            return False
    return False


def word_missing(said: Clause, source: Source, whole: Clause) -> str:
    """Which word the source does not have, or "words" when it has too few of them."""
    own = whole.words
    above = own.union(*(place.words for place in source.above))
    if said.words & TIMES - own.union(*(header.words for header in source.headers)):
        return "unit of time"
    for word in sorted(said.claims - above):
        if not _one_word(word, above):
            return f"word {word}"
    if not (said.claims or said.figures or said.days or said.strict):
        return "" if said.words & own or not said.words else "words"
    # Names that stand above have been looked at already.
    sure = len(said.figures) + len(said.strict) + len(said.days) + len(set(said.names) & set(whole.names))
    shared = sure + sum(_one_word(word, own) for word in said.claims)
    if shared < OWN_WORDS * (sure + len(said.claims)):
        return "words"
    return ""


def _one_word(word: str, known: frozenset[str]) -> bool:
    """The word, or one that goes on from it: "guarant" and "guarante"."""
    return word in known or any(
        min(len(word), len(one)) >= 5
        and abs(len(word) - len(one)) <= 3
        and (word.startswith(one) or one.startswith(word))
        for one in known
    )
