"""Whether a sentence or row bears what a clause says: rules for figures, names, words, denials and roles."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from agents.copilot.clauses import INDEPENDENT
from agents.copilot.facts import figures
from agents.copilot.lexicon import lexicon, pattern
from agents.copilot.meaning import meaning, pattern_of
from agents.copilot.placing import columns_meant, misplaced_figure, other_row_fits, overlap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.copilot.clauses import Clause
    from agents.copilot.facts import Figure
    from agents.copilot.sources import Source, Sources

OWN_WORDS = 0.6
"""Share of a clause that the sentence or row itself must have; the rest may stand above it."""
EXPLICIT = frozenset({"£", "$", "€", "%", "p"})
"""Units that are never left to the heading of a column."""
PAST = re.compile(
    r"\b(?:was|were|had|until|before|previous\w*|formerly|used to|went|rose|fell|fallen|from|earlier|then)\b",
    re.I,
)


TIMES = frozenset({"minut", "hour", "day", "week", "month", "quarter", "year", "night"})
"""Stems that a heading never lends."""
FULL_HALF = 3
"""Words from which a part of a sentence is more than a member of a list."""
NOT_BEFORE = re.compile(r"\bnot (?:before|after|until|only)\b", re.IGNORECASE)


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
        _figures(said, source, whole),
        _dates(said, source, whole),
        _names(said, source, whole, about),
        _words(said, source, whole),
        _denial(said, facts, nearest),
        _poles(said, fact, whole, source),
        _bounds(said, whole, source),
        _rates(said, whole, source, facts),
        _past(said, fact),
        _parties(said, source, whole),
        _roles(said, fact),
        _acts(said, whole),
        _order(said, whole),
    )
    return next((why for why in checks if why), "")


def contradicted(said: Clause, bearer: Source, read: Iterable[Source]) -> bool:
    """Whether another clause of the cited passages has as much of what is said and says the opposite."""
    if not said.claims and not said.names:
        return False
    best = max(_closeness(said, fact, bearer) for fact in bearer.facts if fact.denied == said.denied)
    for source in read:
        above = {name for place in _above(source) for name in place.names}
        for fact in source.facts if source.unit is not bearer.unit else ():
            speaks = said.claims <= fact.words and set(said.names) <= {*fact.names, *above}
            if fact.denied != said.denied and speaks and _closeness(said, fact, source) >= best:
                return True
    return False


def _closeness(said: Clause, fact: Clause, source: Source) -> float:
    """What two clauses share; of two that share as much the shorter is closer, and a row is plainer."""
    above = {name for place in _above(source) for name in place.names} - set(fact.names)
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


def _above(source: Source) -> Iterable[Clause]:
    """What a source stands under or leans on."""
    return (*source.scope, *((source.lead,) if source.lead else ()))


def _figures(said: Clause, source: Source, whole: Clause) -> str:
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


def _dates(said: Clause, source: Source, whole: Clause) -> str:
    known = whole.days.union(
        *(place.days for place in _above(source)), *(header.days for header in source.headers)
    )
    return "date" if said.days - known else ""


def _names(said: Clause, source: Source, whole: Clause, about: tuple[str, ...]) -> str:
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
        places = [own, *({*place.names} for place in _above(source))]
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


def _words(said: Clause, source: Source, whole: Clause) -> str:
    own = whole.words
    above = own.union(*(place.words for place in _above(source)))
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


def _denial(said: Clause, facts: list[Clause], nearest: list[Clause]) -> str:
    """Whether the clause nearest to what is said, or the only one with a word of it, says the opposite."""
    if all(one.denied != said.denied for one in nearest):
        return "denial"
    agreeing = frozenset[str]().union(*(one.words for one in facts if one.denied == said.denied))
    opposite = frozenset[str]().union(*(one.words for one in facts if one.denied != said.denied))
    return "denial" if said.claims & (opposite - agreeing) else ""


def _acts(said: Clause, whole: Clause) -> str:
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


def _poles(said: Clause, fact: Clause, whole: Clause, source: Source) -> str:
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


def _bounds(said: Clause, whole: Clause, source: Source) -> str:
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


def _rates(said: Clause, whole: Clause, source: Source, facts: list[Clause]) -> str:
    if not said.rates:
        return ""
    homes = [one for one in facts if one.rates and one.figures & said.figures]
    if homes and not any(said.rates <= one.rates | _rates_above(source) for one in homes):
        return "rate"
    return "rate" if said.rates - whole.rates - _rates_above(source) else ""


def _rates_above(source: Source) -> frozenset[str]:
    return frozenset[str]().union(*(header.rates for header in source.headers))


def _past(said: Clause, fact: Clause) -> str:
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


def _parties(said: Clause, source: Source, whole: Clause) -> str:
    known = whole.parties | source.whole.parties | (source.lead.parties if source.lead else frozenset())
    added = said.parties - known
    if added <= {"client"} and not known:
        return ""
    return "role" if added else ""


def _roles(said: Clause, fact: Clause) -> str:
    if said.agent and fact.agent and said.agent != fact.agent:
        return "role"
    if said.patient and fact.patient and said.patient != fact.patient:
        return "role"
    return "role" if said.agent and said.agent == fact.patient and not fact.agent else ""


def _order(said: Clause, whole: Clause) -> str:
    """Two things that have changed places around a word such as "from", "to" or "replaces"."""
    if not pattern_of("direction").search(said.text):
        return ""
    shared = [one for one in said.order if one in whole.order]
    if len(shared) < 2 or said.patient or whole.patient:
        return ""
    theirs = [one for one in whole.order if one in shared]
    from_to = re.search(r"\bfrom\b.*\bto\b|\b(?:than|replac\w+|supersed\w+|into|instead)\b", said.text, re.I)
    return "order" if theirs != shared and from_to else ""
