"""Learns `agents/copilot/weights.yaml` from questions with known answers.

    python -m agents.evals.weigh SET[=DOCUMENTS] ...     (`make weights`)

Two sums of the same signs are fitted: one ranks the sentences and rows of a question (conditional logit,
McFadden 1974), one tells whether the best of them answers it at all (logistic regression). Both are
regularised towards zero, so a sign that rarely occurs says little. The sets named here are spent by it:
figures are worth reading only on others.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml
from numpy.typing import NDArray

from agents.copilot.answer import ALSO_SAID_WITHIN, ANSWERS_AT, MOST_STATEMENTS
from agents.copilot.evidence import units_of
from agents.copilot.queries import plan_queries
from agents.copilot.signs import NAMES, SPEAK_AGAINST, SPEAK_FOR, Signs
from agents.copilot.support import signs_of
from agents.copilot.weights import GATE_NAMES, gate_signs
from agents.evals.copilot_outcome import says
from agents.evals.copilot_run import desk_over
from agents.evals.question_set import Case, load_set
from ingestion.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agents.copilot.desk import Desk
    from ingestion.index.protocol import Hit

    Floats = NDArray[np.float64]

RANK_SHRINK, GATE_SHRINK = 0.02, 0.15
"""Weight of the squared, standardised weights against the mean loss."""
STEPS, STEP = 400, 0.1
WRONG_UNIT, UNTOUCHED, NEAR_MISS = 1.0, 1.5, 0.5
"""What a question counts for the gate: one whose best unit is wrong, one that the documents do not touch, one
that they only come near. An answered question counts 1. Near misses look so much like answers that counting
them in full would silence five answers for each one caught."""


@dataclass(frozen=True)
class Sample:
    """One question: the signs of its units, and which of them are right."""

    case: Case
    signs: Signs
    right: NDArray[np.bool_]


def samples(desk: Desk, cases: tuple[Case, ...], collection: str | None) -> Iterator[Sample]:
    """Search and weigh up as the copilot does, and mark the units that are a right answer."""
    for case in cases:
        recent = tuple(turn.turn() for turn in case.history)
        queries = asyncio.run(plan_queries(case.question, recent))
        if not queries:
            continue
        passages = desk.search(queries[0], collection or case.collection)
        found = signs_of(queries[0], units_of(passages), passages, desk.embedder)
        if found:
            right = [_is_right(case, unit.text, passages[unit.passage]) for unit, _ in found]
            yield Sample(case, np.stack([row for _, row in found]), np.array(right, bool))


def _is_right(case: Case, text: str, hit: Hit) -> bool:
    placed = not case.gold or any(place.holds(hit.document, hit.page) for place in case.gold)
    told = [says(text, wanted) for wanted in case.must_contain]
    enough = any(told) if case.all_gold else all(told)
    return case.answerable and placed and enough and not any(says(text, no) for no in case.must_not_contain)


def fit(found: list[Sample]) -> tuple[Floats, Floats]:
    """The weights of the ranking and of the gate, each with its bias first."""
    rank = _fit_rank(found)
    rows, wanted, counts = [], [], []
    for one in found:
        best = int(np.argmax(one.signs @ rank[1:]))
        rows.append(gate_signs(one.signs, best))
        wanted.append(float(one.case.answerable))
        counts.append(_counts(one, best))
    return rank, _fit_gate(np.stack(rows), np.array(wanted), np.array(counts))


def _counts(one: Sample, best: int) -> float:
    if one.case.answerable:
        return 1.0 if one.right[best] else WRONG_UNIT
    return UNTOUCHED if one.case.sort == "untouched" else NEAR_MISS


def _fit_rank(found: list[Sample]) -> Floats:
    told = [one for one in found if one.right.any() and not one.right.all()]
    middle, spread = _scale(np.concatenate([one.signs for one in told]))
    questions = [((one.signs - middle) / spread, one.right) for one in told]

    def slope(weights: Floats) -> Floats:
        total = RANK_SHRINK * weights
        for signs, right in questions:
            odds = signs @ weights
            chances = np.exp(odds - odds.max())
            chances /= chances.sum()
            among_right = chances * right / (chances @ right)
            total = total + (chances - among_right) @ signs / len(questions)
        return total

    return np.concatenate([[0.0], _descend(slope, NAMES) / spread])


def _fit_gate(rows: Floats, wanted: Floats, counts: Floats) -> Floats:
    middle, spread = _scale(rows)
    signs = np.c_[np.ones(len(rows)), (rows - middle) / spread]

    def downhill(weights: Floats) -> Floats:
        chance = 1 / (1 + np.exp(-signs @ weights))
        shrink = GATE_SHRINK * np.r_[0, weights[1:]]
        slope: Floats = signs.T @ (counts * (chance - wanted)) / counts.sum() + shrink
        return slope

    fitted = _descend(downhill, ("bias", *GATE_NAMES))
    weights = fitted[1:] / spread
    return np.concatenate([[fitted[0] - middle @ weights], weights])


def _scale(rows: Floats) -> tuple[Floats, Floats]:
    spread = rows.std(axis=0)
    return rows.mean(axis=0), np.where(spread < 1e-6, 1.0, spread)


def _descend(slope: Callable[[Floats], Floats], names: tuple[str, ...]) -> Floats:
    """Adam (Kingma and Ba, 2015) with its usual constants; no weight may point the wrong way."""
    ways = np.array([_way(name.removeprefix("best_")) for name in names])
    weights, mean, square = np.zeros(len(ways)), np.zeros(len(ways)), np.zeros(len(ways))
    for step in range(1, STEPS + 1):
        now = slope(weights)
        mean, square = 0.9 * mean + 0.1 * now, 0.999 * square + 0.001 * now * now
        weights = weights - STEP * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        weights = np.where(weights * ways < 0, 0.0, weights)
    return weights


def _way(name: str) -> int:
    return 1 if name in SPEAK_FOR else -1 if name in SPEAK_AGAINST else 0


def write(rank: Floats, gate: Floats, path: Path) -> None:
    """Write `weights.yaml`, three decimals, the weightiest first."""
    content = {"rank": _listed(rank, NAMES), "gate": _listed(gate, GATE_NAMES)}
    path.write_text(
        "# Learned by `make weights` (agents/evals/weigh.py); what a sign is stands in signs.py.\n"
        + yaml.safe_dump(content, sort_keys=False),
        encoding="utf-8",
    )


def _listed(weights: Floats, names: tuple[str, ...]) -> dict[str, object]:
    listed = {name: round(float(weight), 3) for name, weight in zip(names, weights[1:], strict=True)}
    return {"bias": round(float(weights[0]), 3), "weights": listed}


def gather(argument: str) -> list[Sample]:
    """The samples of "SET" (over the sample documents) or "SET=DOCUMENTS"."""
    from agents.copilot.desk import open_desk

    path, _, folder = argument.partition("=")
    cases = load_set(Path(path))
    if not folder:
        return list(samples(open_desk(Settings()), cases, None))
    with desk_over(Path(folder), "documents", Settings(), None, None) as (desk, _):
        return list(samples(desk, cases, "documents"))


def held_out(groups: list[list[Sample]]) -> None:
    """Print what each group's questions come to under weights learned from the other groups alone: what to
    expect of documents in a trade that nobody learned from."""
    for number, group in enumerate(groups):
        rank, gate = fit([one for other in groups if other is not group for one in other])
        told = [one for one in group if one.case.answerable]
        said = sum(_said_right(one, rank, gate) for one in told)
        silent = sum(not _said(one, rank, gate) for one in told)
        untouched = [one for one in group if one.case.sort == "untouched"]
        refused = sum(not _said(one, rank, gate) for one in untouched)
        f1 = 2 * refused / (refused + silent + len(untouched))
        print(  # noqa: T201 - a tool of the command line
            f"group {number + 1} by the others: right {said / len(told):.3f} of {len(told)}, refused though"
            f" answerable {silent}, untouched refused {refused} of {len(untouched)} (F1 {f1:.3f})"
        )


def _said(one: Sample, rank: Floats, gate: Floats) -> list[int]:
    """The units that the copilot would say, by number."""
    scores = one.signs @ rank[1:]
    order = np.argsort(-scores)
    if gate[0] + gate_signs(one.signs, int(order[0])) @ gate[1:] < ANSWERS_AT:
        return []
    return [int(n) for n in order[:MOST_STATEMENTS] if scores[n] >= scores[order[0]] - ALSO_SAID_WITHIN]


def _said_right(one: Sample, rank: Floats, gate: Floats) -> bool:
    return bool(one.right[_said(one, rank, gate)].any())


if __name__ == "__main__":
    # Sets over the same documents are one group: their answers stand on the same pages.
    by_documents: dict[str, list[Sample]] = {}
    for argument in sys.argv[1:]:
        by_documents.setdefault(argument.partition("=")[2], []).extend(gather(argument))
    held_out(list(by_documents.values()))
    write(
        *fit([one for group in by_documents.values() for one in group]),
        Path(str(files("agents.copilot"))) / "weights.yaml",
    )
