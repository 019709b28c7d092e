"""What a question asks: its words by weight, its figures, its head, and the kind of answer it wants."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.copilot.facts import Figure, figures, kinds, names
from agents.copilot.lexicon import filler_stems, lexicon, pattern, told
from agents.copilot.ranges import ranges
from ingestion.words import WORD, content_stems, stop_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from agents.copilot.evidence import Unit

# Shares of a question word's weight, by where the unit has it.
OWN, SYNONYM, HEADING, TITLE, BEFORE = 1.0, 0.8, 0.85, 0.75, 0.5
FILLER_WEIGHT = 0.25
UNKNOWN_WEIGHT = 1.1
"""Of a word that no passage has: the surest sign that the documents do not say."""
LEAST_WEIGHT = 0.2
FIGURE_WEIGHT = 0.8
"""Of a figure in the question, "severity 1": it tells rows of a table apart."""

LEAST_NEWS = 2
"""Words that an answer adds to its question, unless it adds a figure."""

ACRONYM = re.compile(r"[A-Z]{2,5}s?")
"""May be spelled out where it is answered."""
HOW_MANY = re.compile(r"\bhow many (\w+)(?: (\w+))?", re.IGNORECASE)
"""The thing counted is the first word or, as in "how many working days", the second."""
COUNTED = frozenset({"amount", "number", "duration"})
"""Kinds of answer for which "none" and "free" are answers too."""

KINDS = {
    "": frozenset[str](),
    "amount": frozenset({"money", "percent"}),
    "duration": frozenset({"duration", "date"}),
    "date": frozenset({"date", "duration"}),
    "number": frozenset({"number"}),
    "percent": frozenset({"percent"}),
    "frequency": frozenset({"frequency"}),
    "phone": frozenset({"phone"}),
    "name": frozenset({"name"}),
    "email": frozenset({"email"}),
    "reason": frozenset({"reason"}),
}
"""The kinds of answer a question wants, and what in a text is one."""


@dataclass(frozen=True)
class Asked:
    """A question against the units that may answer it. `weights` are by word stem.

    `heads` are the spans of the words that say what is asked for: "notice period" in "what's the notice
    period on Flow?"; `head` are their stems.
    """

    question: str
    kind: str
    weights: Mapping[str, float]
    figures: frozenset[Figure]
    heads: frozenset[tuple[int, int]]
    head: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, question: str, units: Sequence[Unit]) -> Asked:
        """Weigh the question's words: rare ones more, those that no passage has most."""
        seen = Counter(stem for unit in units for stem in _everywhere(unit))
        groups = lexicon().groups
        grouped = {groups[stem] for stem in seen if stem in groups}
        weights = {}
        for stem in dict.fromkeys(content_stems(question)):
            rarity = math.log(1 + len(units) / (1 + seen[stem])) / math.log(1 + len(units)) if units else 1.0
            known = seen[stem] or groups.get(stem) in grouped
            weight = max(rarity, LEAST_WEIGHT) if known else UNKNOWN_WEIGHT
            weights[stem] = weight * (FILLER_WEIGHT if stem in filler_stems() else 1.0)
        heads = _heads(question)
        head = tuple(stem for start, end in sorted(heads) for stem in content_stems(question[start:end]))
        firms = {unit.collection.lower() for unit in units}
        asked_of = tuple(
            name for name in names(question) if name.lower() not in firms and not ACRONYM.fullmatch(name)
        )
        return cls(question, kind_asked(question), weights, figures(question), heads, head, asked_of)

    @property
    def wanted(self) -> frozenset[str]:
        """What an answer must hold, any one of them; empty where anything will do."""
        return KINDS[self.kind]

    def covered_by(self, unit: Unit) -> float:
        """The share of the question's weight that the unit and the place it stands in have, 0 to 1."""
        places = (
            (unit.stems, OWN),
            (frozenset(content_stems(unit.heading)), HEADING),
            (frozenset(content_stems(unit.title)), TITLE),
            (frozenset(content_stems(unit.before)), BEFORE),
        )
        total = sum(self.weights.values()) + FIGURE_WEIGHT * len(self.figures)
        if not total:
            return 0.0
        had = sum(
            weight * max(has(stem, stems) * share for stems, share in places)
            for stem, weight in self.weights.items()
        )
        return (had + FIGURE_WEIGHT * sum(_states(unit, figure) for figure in self.figures)) / total

    def missing_in(self, scope: str) -> float:
        """The weight of the weightiest word of the question that the scope lacks."""
        stems = frozenset(content_stems(scope))
        lacking = (
            weight * (1 - has(stem, stems))
            for stem, weight in self.weights.items()
            if stem not in filler_stems()
        )
        return max(lacking, default=0.0)

    def names_lacking_in(self, scope: str) -> float:
        """The share of the question's names that the scope lacks: what is told of Express 12 says nothing of
        Express 14. A firm's own name stands everywhere and nowhere, so the collection's is left out."""
        told = scope.lower()
        lacking = [
            name for name in self.names if not re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", told)
        ]
        return len(lacking) / len(self.names) if self.names else 0.0

    def head_in(self, scope: str) -> float:
        """The share of the head that the scope has; a half where the question has none."""
        stems = frozenset(content_stems(scope))
        return sum(has(stem, stems) for stem in self.head) / len(self.head) if self.head else 0.5

    def excluded_by(self, unit: Unit) -> bool:
        """Whether a row's label is for other figures than the question's: "up to 30 kg" asked about 45 kg."""
        return any(_speaks_of_another(unit.label, figure) for figure in self.figures)

    def told_a_name(self, unit: Unit) -> bool:
        """Whether the unit names anyone whom the question does not, the firm itself aside."""
        known = f"{self.question} {unit.collection}".lower()
        # Cell by cell: the first word of a cell has a capital and is no name for it.
        text = "\n".join(unit.cells) if unit.cells else unit.text
        return any(name.lower() not in known for name in names(text))

    def stands_in(self, unit: Unit) -> bool:
        """Whether the unit holds the kind of answer that is wanted; "none" and "free" answer how much too."""
        if self.kind == "name":
            return self.told_a_name(unit)
        if self.kind in COUNTED and told("says_none", unit.text):
            return True
        text = " ".join((unit.text, *unit.headers))
        if self.kind == "amount" and unit.cells:
            # A price list may keep its currency elsewhere.
            return bool(kinds(text) & {"money", "percent", "number"})
        if self.kind == "number" and self.counted is not None:
            return any(one.unit in ("", self.counted) for one in figures(unit.text))
        return bool(kinds(text) & self.wanted)

    @property
    def counted(self) -> str | None:
        """The unit of what "how many" asks for, "" for a thing without one; None where nothing is counted."""
        asks = HOW_MANY.search(self.question)
        if asks is None:
            return None
        units = lexicon().units
        return next((units[word.lower()] for word in asks.groups("") if word.lower() in units), "")

    def tells_nothing(self, unit: Unit) -> bool:
        """Whether the unit only says the question's own words back."""
        known = self.weights.keys() | set(content_stems(unit.title)) | set(content_stems(unit.heading))
        fresh = {stem for stem in unit.stems - known if stem not in filler_stems() and not has(stem, known)}
        return len(fresh) < LEAST_NEWS and not figures(unit.text) - self.figures

    def meant_by(self, label: str) -> float:
        """The share of a row label's words that the question has too; 1 where there are none."""
        stems = [stem for stem in content_stems(label) if stem not in filler_stems()]
        return sum(has(stem, self.weights) for stem in stems) / len(stems) if stems else 1.0

    def columns(self, unit: Unit) -> tuple[int, ...]:
        """The columns of a row whose name has words of the question that its label lacks; none if none do."""
        label = set(content_stems(unit.label))
        wanted = {stem for stem in self.weights if not has(stem, label)}
        heads = range(1, min(len(unit.cells), len(unit.headers)))
        return tuple(
            column
            for column in heads
            if any(has(stem, content_stems(unit.headers[column])) for stem in wanted)
            or any(_in_range(unit.headers[column], figure) for figure in self.figures)
        )


def kind_asked(question: str) -> str:
    """The kind of answer the question wants: duration, percent, amount, number, date, or "" for any."""
    return next(
        (
            kind
            for kind, asks in lexicon().asks.items()
            if any(re.search(a, question, re.IGNORECASE) for a in asks)
        ),
        "",
    )


def has(stem: str, stems: Collection[str] | Iterable[str]) -> float:
    """1 if the stem is there, a little less for a word that asks for the same thing, else 0."""
    if stem in stems:
        return 1.0
    group = lexicon().groups.get(stem)
    alike = group is not None and any(lexicon().groups.get(other) == group for other in stems)
    return SYNONYM if alike else 0.0


def _heads(question: str) -> frozenset[tuple[int, int]]:
    """The first run of words that say something after the question word; of a keyword query, the first."""
    asks = pattern("question_words").search(question)
    run: list[tuple[int, int]] = []
    for word in WORD.finditer(question, asks.end() if asks else 0):
        stems = content_stems(word.group())
        if word.group().lower() not in stop_words() and stems and stems[0] not in filler_stems():
            run.append(word.span())
        elif run:
            break
    return frozenset(run)


def _states(unit: Unit, figure: Figure) -> bool:
    """Whether the figure stands in the unit or its scope, or lies in a range that stands there."""
    scope = "\n".join((unit.text, unit.heading, unit.title))
    return any(other.value == figure.value for other in figures(scope)) or _in_range(scope, figure)


def _in_range(text: str, figure: Figure) -> bool:
    return any(one.holds(figure) for one in ranges(text))


def _speaks_of_another(label: str, figure: Figure) -> bool:
    """Whether a label has ranges or figures of the same measure and none of them is or holds this one."""
    alike = [one for one in ranges(label) if one.measures(figure)]
    same = [other for other in figures(label) if figure.unit and other.unit == figure.unit]
    return bool(alike or same) and not (
        _in_range(label, figure) or any(other.value == figure.value for other in same)
    )


def _everywhere(unit: Unit) -> set[str]:
    return set(content_stems(" ".join((unit.text, *unit.headers, unit.heading, unit.title))))
