"""A sentence or a table cell as what can be compared: its names, words, figures, dates, denials and roles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from agents.copilot.facts import Figure, days, figures
from agents.copilot.lexicon import lexicon
from agents.copilot.meaning import (
    glue_stems,
    meaning,
    party_of,
    pattern_of,
    phrases_alike,
    words_alike,
)
from ingestion.dates import dates_in
from ingestion.words import WORD, stem, stop_words

if TYPE_CHECKING:
    from datetime import date

BREAK = re.compile(
    r"\s*[;()–—]\s*|(?<=\bNo)\.\s+|,?\s+(?=(?:but|while|whereas|although|though|because|unless)\s)"
    r"|,\s+(?=(?:and|or|so|which|who|with|plus|then|not|never|no|nor)\s)"
    r"|,?\s+(?=and\s+(?:the|an?|our|their|its|his|her)\s)"
    r"|\s+(?=and\s+\w+s\s+(?:[\d£]|an?\s|the\s|no\s))"
    r"|\s+(?=(?:and|or|nor)\s+(?:not|never|no|does|do|is|are|was|were|will|cannot|has|have|can|must|may)\b)"
)
ASIDE = re.compile(
    r",?\s+(?:and\s+)?(?:without|at no|with no)(?:\s+(?!of\b)\w+){1,2}?"
    r"(?=\s+(?:within|for|on|in|at|by|when|if|and|or)\b|\s*[.,;)]|\s*$)"
)
"""A denial of something beside the matter: "without charge"."""
INDEPENDENT = re.compile(
    r",?\s+(?:and\s+(?=(?:the|an?|our|their|its|his|her)\s)|but\s+|while\s+|whereas\s+)|;\s+"
)
"""Where a part begins that has a subject of its own."""
LISTED = re.compile(r",?\s+and\s+|,\s+|\s*;\s*")
BOUND_PHRASE = re.compile(r"\b(?:no|not) (?:less|fewer|more|longer|later) than\b|\bnot only\b", re.IGNORECASE)
QUANTITY = re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen)\b")
PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being|gets?)\s+(?:\w+ly\s+)?"
    r"(?:\w+ed|told|given|sent|paid|held|kept|made|taken|written|sold|shown|found|called)\b"
    r"|\b(?:gets?|got|receives?|received|hears?)\b"
)
BETWEEN = frozenset(
    {
        "should",
        "will",
        "would",
        "must",
        "may",
        "might",
        "can",
        "could",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
    }
    | {
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "who",
        "that",
        "also",
        "not",
        "never",
        "the",
        "a",
        "an",
        "to",
    }
    | {"their", "his", "her", "our", "its", "your", "by", "of"}
)
DUTY = re.compile(r"\b(must|may|might|can|could|cannot)\s+(?:also\s+|then\s+)?(?!not\b)(\w+)", re.IGNORECASE)
SPELLED_ALONE = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen)\b"
    r"(?!\s+(?:(?:working|business|calendar|full)\s+)?(?:minute|hour|day|week|month|year|user|client|page|people|staff))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Clause:
    """What one clause says. `words` are stems, one for all that are alike."""

    text: str
    names: tuple[str, ...]
    words: frozenset[str]
    claims: frozenset[str]
    """Those of `words` that a statement may not add."""
    figures: frozenset[Figure]
    days: frozenset[date]
    strict: frozenset[str]
    rates: frozenset[str]
    denied: bool
    agent: str
    patient: str
    parties: frozenset[str]
    acts: frozenset[tuple[str, str]]
    """Who and the word after it, "we" and "charg"."""
    objects: frozenset[tuple[str, str]]
    """A word and who comes right after it, "pay" and "supplier"."""
    duties: frozenset[tuple[str, str]]
    """"must", "may" or "can" and the word after it."""
    order: tuple[str, ...]
    """Names, parties, figures and dates as they follow each other."""

    @property
    def says_something(self) -> bool:
        """Whether there is anything to bear."""
        return bool(
            self.denied
            or self.names
            or self.words
            or self.parties
            or self.figures
            or self.days
            or self.strict
        )


def split(text: str) -> tuple[str, ...]:
    """The clauses of a sentence; a list of figures becomes a clause each."""
    found: list[str] = []
    aside = [match.group().strip(" ,") for match in ASIDE.finditer(text)]
    for part in BREAK.split(ASIDE.sub(" ", text)):
        listed = LISTED.split(part)
        together: list[str] = []
        for piece in listed:
            if together and not (_quantified(piece) and _quantified(together[-1])):
                together[-1] += f", {piece}"
            else:
                together.append(piece)
        found += [piece.strip() for piece in together if any(c.isalnum() for c in piece)]
    return (*found, *aside)


@lru_cache(maxsize=8192)
def clause(text: str, known: tuple[str, ...], firm: str = "") -> Clause:
    """Read one clause. `known` are the names to look for, longest first; `firm` is what "we" means."""
    text = text.replace("’", "'")
    if firm:
        text = re.sub(
            rf"\b{re.escape(firm)} (?=(?:{'|'.join(map(re.escape, known)) or '(?!)'}))", "", text, flags=re.I
        )
    left, named = text, []
    for name in known:
        left, count = re.subn(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ¤ ", left)
        if count:
            named.append(name)
    strict = frozenset(one.lower().rstrip(".,") for one in pattern_of("strict").findall(text))
    left = pattern_of("strict").sub(" ", left)
    rates = frozenset(_rates(left))
    said = left
    for start, end, _ in reversed(dates_in(said)):
        said = said[:start] + " " + said[end:]
    for phrase, instead in phrases_alike():
        said = phrase.sub(instead, said)
    tokens = [match.group().lower() for match in WORD.finditer(said)]
    bare = BOUND_PHRASE.sub(" ", said).lower()
    free = len(pattern_of("free").findall(bare))
    negators = set(meaning().negators)
    denials = free + sum(
        token in negators or token.endswith("n't")
        for token in re.findall(r"[\w']+", pattern_of("free").sub(" ", bare))
    )
    stems = {
        stem(token)
        for token in tokens
        if token not in stop_words()
        and not token[0].isdigit()
        and token not in negators
        and not token.endswith("n't")
        and not party_of(token)
        and token.removesuffix("'s") != firm.lower()
    }
    if free:
        stems = (stems - {"fre", "free"}) | {stem("charge")}
    agent, patient = _roles(text, known, firm)
    return Clause(
        text=text,
        names=tuple(named),
        words=frozenset(words_alike().get(one, one) for one in stems),
        claims=frozenset(words_alike().get(one, one) for one in stems - glue_stems()),
        figures=frozenset(figures(left) | figures_alone(left)),
        days=days(text),
        strict=strict,
        rates=rates,
        denied=denials % 2 == 1,
        agent=agent,
        patient=patient,
        parties=frozenset(party for _, party in _parties(text, known, firm)),
        acts=frozenset(_acts(text)),
        objects=frozenset((word, party) for party, word in _acts(text, backwards=True)),
        duties=frozenset((match[1].lower(), stem(match[2].lower())) for match in DUTY.finditer(text)),
        order=_order(text, known, firm),
    )


def _quantified(text: str) -> bool:
    return bool(QUANTITY.search(text))


def figures_alone(text: str) -> set[Figure]:
    """Spelled numbers with no unit behind them: "15% for three"."""
    return {Figure(Decimal(lexicon().numbers[word.lower()]), "") for word in SPELLED_ALONE.findall(text)}


def _rates(text: str) -> list[str]:
    found = []
    for match in pattern_of("rate").finditer(text):
        unit = match["per"] or match["ly"] or match["adverb"]
        unit = {"dai": "day", "annual": "year", "annum": "year", "client": "person"}.get(
            unit.lower(), unit.lower()
        )
        found.append(unit)
    return found


def _parties(text: str, known: tuple[str, ...], firm: str) -> list[tuple[int, str]]:
    """Who is spoken of, with where, in order. A known name is a party too."""
    found = [
        (match.start(), party) for match in WORD.finditer(text) if (party := party_of(match.group().lower()))
    ]
    if firm:
        found += [
            (match.start(), "we") for match in re.finditer(rf"\b{re.escape(firm)}\b", text, re.IGNORECASE)
        ]
    return sorted(found)


def _acts(text: str, *, backwards: bool = False) -> list[tuple[str, str]]:
    """Each party with the first word after it, or before it, that is no auxiliary or article."""
    words = [match.group().lower() for match in WORD.finditer(text)]
    words = words[::-1] if backwards else words
    found = []
    for number, word in enumerate(words):
        if party := party_of(word):
            follows = next((one for one in words[number + 1 : number + 4] if one not in BETWEEN), "")
            if follows:
                found.append((party, party_of(follows) or stem(follows)))
    return found


def _roles(text: str, known: tuple[str, ...], firm: str) -> tuple[str, str]:
    """Who acts and who is acted on, where the clause shows it: the first one acts unless it is passive."""
    said = _parties(text, known, firm)
    if not said:
        return "", ""
    first = said[0][1]
    passive = PASSIVE.search(text)
    if passive and any(said[0][0] < start < passive.start() for start, _ in said[1:]):
        passive = None
    others = [party for _, party in said[1:] if party != first]
    if not passive or said[0][0] > passive.start():
        return first, others[0] if others else ""
    by = re.search(r"\bby\s+(?:the\s+|an?\s+)?(?=\w)", text[passive.end() :])
    if by:
        at = passive.end() + by.end()
        actor = next((party for start, party in said if start == at), "")
        return actor, first
    return "", first


def _order(text: str, known: tuple[str, ...], firm: str) -> tuple[str, ...]:
    places = [(start, party) for start, party in _parties(text, known, firm)]
    left = text
    for name in known:
        found = re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", left)
        places += [(match.start(), name) for match in found]
        left = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", lambda match: "¤" * len(match.group()), left)
    for start, end, day in dates_in(left):
        places.append((start, day.isoformat()))
        left = left[:start] + "¤" * (end - start) + left[end:]
    places += [
        (match.start(), match.group().replace(",", "")) for match in re.finditer(r"\d[\d,]*(?:\.\d+)?", left)
    ]
    return tuple(dict.fromkeys(what for _, what in sorted(places)))
