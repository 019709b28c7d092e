"""What a question asks: its words by weight, its figures, and the kind of answer it wants."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.copilot.facts import Figure, figures, kinds, names
from agents.copilot.lexicon import filler_stems, lexicon, pattern
from agents.copilot.ranges import ranges
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agents.copilot.evidence import Unit

# Shares of a question word's weight, by where the unit has it.
OWN, SYNONYM, HEADING, TITLE, BEFORE = 1.0, 0.8, 0.85, 0.75, 0.5
FILLER_WEIGHT = 0.25
UNKNOWN_WEIGHT = 1.1
"""Of a word that no passage has: the surest sign that the documents do not say."""
FIGURE_WEIGHT = 0.8
"""Of a figure in the question, "severity 1": it tells rows of a table apart."""

# How well a unit fits the kind of answer asked for.
FITS, OTHER_FIGURE, SAYS_NONE, WRONG_KIND = 1.0, 0.7, 0.8, 0.5
STRANGE = 0.9
"""For a question with a word that neither the passages nor a synonym there have."""
UNNAMED = 0.7
OTHER_RANGE = 0.6
PAST_VALUE = 0.8
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
}
SAYS_NONE_WORDS = re.compile(
    r"\b(?:none(?! of)|free|included|unlimited|(?:charge|pay|costs?|owes?) nothing|nothing (?:to pay|is owed)"
    r"|no (?:\w+ )?(?:fee|charge|limit|cost)s?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Asked:
    """A question against the units that may answer it. `weights` are by word stem."""

    question: str
    kind: str
    weights: Mapping[str, float]
    figures: frozenset[Figure]
    strange: bool
    """Whether the question has a word, no filler, that no passage has."""

    @classmethod
    def of(cls, question: str, units: Sequence[Unit]) -> Asked:
        """Weigh the question's words: rare ones more, those that no passage has most."""
        seen = Counter(stem for unit in units for stem in _everywhere(unit))
        groups = lexicon().groups
        grouped = {groups[stem] for stem in seen if stem in groups}
        weights = {}
        for stem in dict.fromkeys(content_stems(question)):
            rarity = math.log(1 + len(units) / (1 + seen[stem])) / math.log(1 + len(units))
            known = seen[stem] or groups.get(stem) in grouped
            weight = max(rarity, 0.2) if known else UNKNOWN_WEIGHT
            weights[stem] = weight * (FILLER_WEIGHT if stem in filler_stems() else 1.0)
        strange = any(weight == UNKNOWN_WEIGHT for weight in weights.values())
        return cls(question, kind_asked(question), weights, figures(question), strange)

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
            weight * max(_has(stem, stems) * share for stems, share in places)
            for stem, weight in self.weights.items()
        )
        return (had + FIGURE_WEIGHT * sum(_states(unit, figure) for figure in self.figures)) / total

    def excluded_by(self, unit: Unit) -> bool:
        """Whether a row's label is for other figures than the question's: "up to 30 kg" asked about 45 kg."""
        return any(_speaks_of_another(unit.label, figure) for figure in self.figures)

    def meant_by(self, label: str) -> float:
        """The share of a row label's words that the question has too; 1 where there are none."""
        stems = [stem for stem in content_stems(label) if stem not in filler_stems()]
        return sum(_has(stem, self.weights) for stem in stems) / len(stems) if stems else 1.0

    def columns(self, unit: Unit) -> tuple[int, ...]:
        """The columns of a row whose name has words of the question that its label lacks; none if none do."""
        label = set(content_stems(unit.label))
        wanted = {stem for stem in self.weights if stem not in filler_stems() and not _has(stem, label)}
        heads = range(1, min(len(unit.cells), len(unit.headers)))
        return tuple(
            column
            for column in heads
            if any(_has(stem, content_stems(unit.headers[column])) for stem in wanted)
            or any(_in_range(unit.headers[column], figure) for figure in self.figures)
        )

    def _new_names(self, unit: Unit) -> bool:
        """Whether the unit names anyone whom the question does not, the firm itself aside."""
        told = f"{self.question} {unit.collection}".lower()
        return any(name.lower() not in told for name in names(unit.text))

    def fit(self, unit: Unit) -> float:
        """How well the unit fits the kind of answer wanted, 0 to 1; a past value fits less."""
        has, wanted = kinds(unit.text), KINDS[self.kind]
        if self.kind == "name" and not self._new_names(unit):
            has -= wanted
        fit = FITS
        if wanted and not has & wanted:
            says_none = self.kind in {"amount", "number", "duration"} and SAYS_NONE_WORDS.search(unit.text)
            other = self.kind in {"amount", "percent"} and "number" in has
            fit = SAYS_NONE if says_none else OTHER_FIGURE if other else WRONG_KIND
            if self.kind == "name":
                fit = UNNAMED
        fit *= STRANGE if self.strange else 1.0
        fit *= OTHER_RANGE if self.excluded_by(unit) else 1.0
        past = pattern("replaced").search(unit.text) and not pattern("replaced").search(self.question)
        return fit * (PAST_VALUE if past else 1.0)


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


def _has(stem: str, stems: Iterable[str]) -> float:
    """1 if the stem is there, a little less for a word that asks for the same thing, else 0."""
    if stem in stems:
        return 1.0
    group = lexicon().groups.get(stem)
    return (
        SYNONYM if group is not None and any(lexicon().groups.get(other) == group for other in stems) else 0.0
    )
