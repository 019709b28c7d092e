"""How well a sentence or a row answers a question, and when it is good enough to be said.

Similarity alone cannot tell an answer from a near miss: on an unseen knowledge base the best cosine averaged
.45 for questions with an answer and .41 for those without. So three things count together: the question's
words covered by the unit and the place it stands in, the meaning (cosine), and the kind of answer asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from agents.copilot.asked import Asked
from agents.copilot.evidence import row_text
from agents.copilot.facts import figures
from agents.copilot.subject import Subjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.evidence import Unit
    from ingestion.embed import Vectors
    from ingestion.index.protocol import Hit

COSINE_SHARE = 0.5
COSINE_ZERO, COSINE_FULL = 0.15, 0.75
"""Cosines of a question and a sentence: unrelated ones lie below the first, paraphrases above the second."""
MOST_COMPARED = 24
"""Units whose meaning is compared, the best by words: 4 ms each."""
PASSAGE_RANK = 0.1
"""What the rank of the passage adds at most: it knows of words that the sentence itself does not repeat."""
OTHER_LABEL = 0.12
"""What a row loses at most whose label holds more than was asked: "Pilot data" is not "Pilot"."""
LONG, LONG_CHARACTERS = 0.95, 220
CROWDED, FEW_FIGURES = 0.9, 2
"""A sentence full of figures seldom gives the one that was asked for."""
VALUE_KINDS = frozenset({"amount", "duration", "number", "percent"})


class Embeds(Protocol):
    """The part of an embedder that is used here."""

    def embed(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True)
class Candidate:
    """A unit and how far it supports an answer, 0 to 1.1; `covered` is the share of the question's words."""

    unit: Unit
    score: float
    covered: float


def candidates(
    question: str, units: Sequence[Unit], passages: Sequence[Hit], embedder: Embeds | None
) -> list[Candidate]:
    """Every unit that speaks of what was asked, best first."""
    subjects = Subjects.of(question, passages)
    allowed = [unit for unit in units if subjects.allow(unit)]
    if not allowed:
        return []
    asked = Asked.of(question, units)
    views = [_narrowed(unit, subjects, asked) for unit in allowed]
    by_words = [
        (asked.covered_by(view), asked.fit(view) * subjects.trust(view) * _focus(view, asked), view)
        for view in views
    ]
    by_words = sorted(by_words, key=lambda one: -one[0] * one[1])[:MOST_COMPARED]
    found = []
    cosines = _cosines(question, [view for _, _, view in by_words], embedder)
    for (covered, fit, view), cosine in zip(by_words, cosines, strict=True):
        near = min(max((cosine - COSINE_ZERO) / (COSINE_FULL - COSINE_ZERO), 0.0), 1.0)
        score = covered if embedder is None else (1 - COSINE_SHARE) * covered + COSINE_SHARE * near
        score += PASSAGE_RANK * passages[view.passage].score
        found.append(Candidate(view, score * fit, covered))
    return sorted(found, key=lambda candidate: -candidate.score)


def _focus(unit: Unit, asked: Asked) -> float:
    """Below 1 for a row about something more, and for a long sentence."""
    beside = OTHER_LABEL * (1 - asked.meant_by(unit.label))
    crowded = asked.kind in VALUE_KINDS and not unit.cells and len(figures(unit.text)) > FEW_FIGURES
    return (1 - beside) * (LONG if len(unit.text) > LONG_CHARACTERS else 1.0) * (CROWDED if crowded else 1.0)


def _narrowed(unit: Unit, subjects: Subjects, asked: Asked) -> Unit:
    """A row reduced to the columns that were asked for; a sentence as it is."""
    if not unit.cells:
        return unit
    columns = subjects.columns(unit) or asked.columns(unit) or tuple(range(1, len(unit.cells)))
    return replace(unit, text=row_text(unit.headers, unit.cells, columns))


def _cosines(question: str, units: Sequence[Unit], embedder: Embeds | None) -> Sequence[float]:
    if embedder is None:
        return [0.0] * len(units)
    texts = [f"{unit.heading.split(' > ')[-1] or unit.title}: {unit.text}" for unit in units]
    vectors = embedder.embed([question, *texts])
    return [float(cosine) for cosine in np.asarray(vectors[1:]) @ np.asarray(vectors[0])]
