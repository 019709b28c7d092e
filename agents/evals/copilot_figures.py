"""The copilot's figures over a set of questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from agents.copilot.stopwatch import STAGES
from agents.evals.copilot_outcome import Outcome


@dataclass(frozen=True)
class Refusals:
    """Refusing as a search for the questions without an answer, among them and all that have one.

    `precision` is the share of refusals that were due, `recall` the share of due refusals that were made.
    """

    questions: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "f1": self.f1}


@dataclass(frozen=True)
class KindFigures:
    """One kind of question. Shares are of `questions`."""

    kind: str
    questions: int
    right: float
    answered: float
    contains: float
    hit_at_5: float


@dataclass(frozen=True)
class CopilotFigures:
    """Shares from 0 to 1; retrieval over answerable questions that name a gold place, at page level.

    `citation_precision` is the share of cited sentences that their quotes bear; `right` the share of
    answerable questions with the right answer from the right place. Times in milliseconds.
    """

    questions: int
    answerable: int
    ndcg_at_10: float
    recall_at_10: float
    hit_at_5: float
    cited_sentences: int
    citation_precision: float
    citations_on_gold: float
    right: float
    contains: float
    refused: float
    untouched: Refusals
    near_miss: Refusals
    kinds: tuple[KindFigures, ...]
    p50: dict[str, float]
    p95: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Everything, rounded to four places."""
        data = asdict(self)
        data |= {"untouched": self.untouched.to_json(), "near_miss": self.near_miss.to_json()}
        rounded: dict[str, Any] = _rounded(data)
        return rounded


def figures_of(outcomes: Sequence[Outcome]) -> CopilotFigures:
    """Count. A share of nothing is 0."""
    answerable = [one for one in outcomes if one.case.answerable]
    placed = [one for one in answerable if one.case.gold]
    sentences = sum(one.sentences for one in outcomes)
    unsupported = sum(len(one.unsupported) for one in outcomes)
    citations = [right for one in placed for right in one.on_gold]
    kinds = dict.fromkeys(one.case.kind for one in outcomes)
    return CopilotFigures(
        questions=len(outcomes),
        answerable=len(answerable),
        ndcg_at_10=_mean(one.ndcg_at_10 for one in placed),
        recall_at_10=_mean(one.recall_at_10 for one in placed),
        hit_at_5=_mean(one.hit_at_5 for one in placed),
        cited_sentences=sentences,
        citation_precision=_share(sentences - unsupported, sentences),
        citations_on_gold=_mean(citations),
        right=_mean(one.right for one in answerable),
        contains=_mean(one.contains for one in answerable),
        refused=_mean(not one.answer.answered for one in answerable),
        untouched=_refusals(outcomes, "untouched"),
        near_miss=_refusals(outcomes, "near_miss"),
        kinds=tuple(_kind(kind, [one for one in outcomes if one.case.kind == kind]) for kind in kinds),
        p50=_times(outcomes, 50),
        p95=_times(outcomes, 95),
    )


def _refusals(outcomes: Sequence[Outcome], sort: str) -> Refusals:
    due = [one for one in outcomes if one.case.sort == sort]
    refused = [one for one in outcomes if not one.answer.answered and one.case.sort in {sort, "answerable"}]
    rightly = [one for one in refused if one.case.sort == sort]
    return Refusals(len(due), _share(len(rightly), len(refused)), _share(len(rightly), len(due)))


def _kind(kind: str, outcomes: Sequence[Outcome]) -> KindFigures:
    placed = [one for one in outcomes if one.case.gold]
    return KindFigures(
        kind=kind or "(none)",
        questions=len(outcomes),
        right=_mean(one.right for one in outcomes),
        answered=_mean(one.answer.answered for one in outcomes),
        contains=_mean(one.contains for one in outcomes),
        hit_at_5=_mean(one.hit_at_5 for one in placed),
    )


def _times(outcomes: Sequence[Outcome], percent: int) -> dict[str, float]:
    stages = {stage: [one.ms.get(stage, 0) for one in outcomes] for stage in STAGES}
    stages["all"] = [sum(one.ms.values()) for one in outcomes]
    return {stage: percentile(times, percent) for stage, times in stages.items()}


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return _share(sum(found), len(found))


def _share(part: float, whole: int) -> float:
    return part / whole if whole else 0.0


def _rounded(data: Any) -> Any:
    apply: Callable[[Any], Any] = _rounded
    if isinstance(data, float):
        return round(data, 4)
    if isinstance(data, dict):
        return {key: apply(value) for key, value in data.items()}
    return [apply(value) for value in data] if isinstance(data, list | tuple) else data


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile; 0 where there are no values."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0.0
