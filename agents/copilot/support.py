"""The sentences and rows that may answer a question, best first, and how sure the best one is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from agents.copilot.asked import Asked
from agents.copilot.evidence import row_text
from agents.copilot.likeness import likenesses
from agents.copilot.signs import NAMES, Signs, signs
from agents.copilot.subject import Subjects
from agents.copilot.weights import GATE_NAMES, gate_signs, weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.evidence import Unit
    from agents.copilot.likeness import Reads
    from ingestion.index.protocol import Hit

MOST_READ = 56
"""Units whose words are compared, the most promising by their own words and their passage: 4 ms each."""

MOST_COLUMNS = 5
"""A row of so many values is said whole; of a wider one, the columns that the question names."""


@dataclass(frozen=True)
class Candidate:
    """A unit and how well it answers: `score` is in log odds against the other units of the question."""

    unit: Unit
    score: float
    signs: Signs = field(compare=False, repr=False)


@dataclass(frozen=True)
class Considered:
    """All candidates for one question, best first."""

    candidates: tuple[Candidate, ...]

    def sureness(self, best: Candidate) -> float:
        """The log odds that `best`, one of the candidates, answers the question."""
        rows = np.stack([one.signs for one in self.candidates])
        place = next(i for i, one in enumerate(self.candidates) if one is best)
        return float(weights().gate(gate_signs(rows, place), GATE_NAMES))


def consider(question: str, units: Sequence[Unit], passages: Sequence[Hit], embedder: Reads) -> Considered:
    """Every unit that may speak of what was asked, best first."""
    found = [
        Candidate(unit, float(weights().rank(row, NAMES)), row)
        for unit, row in signs_of(question, units, passages, embedder)
    ]
    return Considered(tuple(sorted(found, key=lambda one: -one.score)))


def signs_of(
    question: str, units: Sequence[Unit], passages: Sequence[Hit], embedder: Reads
) -> list[tuple[Unit, Signs]]:
    """The units that may speak of what was asked, rows reduced to the columns asked for, with their signs."""
    subjects = Subjects.of(question, passages)
    asked = Asked.of(question, units)
    allowed = [unit for unit in units if subjects.allow(unit)]
    likely = sorted(allowed, key=lambda unit: -(asked.covered_by(unit) + passages[unit.passage].score))
    views = [_narrowed(unit, subjects, asked) for unit in likely[:MOST_READ]]
    texts = [(f"{view.title}. {view.heading.split(' > ')[-1]}: ", view.text) for view in views]
    likes = likenesses(question, asked.weights, asked.heads, texts, embedder)
    return [
        (view, signs(asked, view, like, rank=passages[view.passage].score))
        for view, like in zip(views, likes, strict=True)
    ]


def _narrowed(unit: Unit, subjects: Subjects, asked: Asked) -> Unit:
    """A row reduced to the columns that were asked for; a sentence as it is."""
    if not unit.cells:
        return unit
    every = tuple(range(1, len(unit.cells)))
    asked_for = asked.columns(unit) if len(every) > MOST_COLUMNS else ()
    columns = subjects.columns(unit) or asked_for or every
    return replace(unit, text=row_text(unit.headers, unit.cells, columns))
