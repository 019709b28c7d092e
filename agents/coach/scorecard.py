"""The scorecard: code turns answered checks into a score, a pass and what the debrief shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from agents.coach.call import CallRecord
from agents.coach.feedback import Feedback, feedback
from agents.coach.judge import Judge, Judgement, verify_evidence
from agents.coach.measures import Measures, measure
from agents.coach.rubric import Check, Criterion, Rubric
from agents.coach.rules import Finding
from ingestion.embed import CachedEmbedder


@dataclass(frozen=True)
class Checked:
    """A check and its answer."""

    check: Check
    criterion: str
    finding: Finding

    @property
    def blocks(self) -> bool:
        """Whether it fails the card by itself."""
        return self.check.blocker and self.finding.met is False


@dataclass(frozen=True)
class CriterionScore:
    """How one criterion came out: `met` checks `of` those the call gave occasion for."""

    id: str
    title: str
    weight: int
    met: int
    of: int


@dataclass(frozen=True)
class Scorecard:
    """What the coach made of a call, with everything it depends on. `score` is 0 to 100."""

    score: int
    passed: bool
    outcome: str
    rubric: Rubric
    judgement: Judgement
    persona_version: int
    measures: Measures
    checks: tuple[Checked, ...]
    criteria: tuple[CriterionScore, ...]
    opened: tuple[str, ...]
    hidden: tuple[str, ...]
    fact_texts: Mapping[str, str]
    feedback: Feedback

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """Ids of the checks that fail the card whatever the score."""
        return tuple(checked.check.id for checked in self.checks if checked.blocks)


async def score(
    call: CallRecord, rubric: Rubric, judge: Judge, embedder: CachedEmbedder | None = None
) -> Scorecard:
    """The whole way: measure, judge, verify the evidence, give feedback. The graph runs these steps."""
    measures = await asyncio.to_thread(measure, call, embedder)
    judgement = verify_evidence(call, await judge.answer(call, measures, rubric))
    return scorecard(call, rubric, measures, judgement)


def scorecard(call: CallRecord, rubric: Rubric, measures: Measures, judgement: Judgement) -> Scorecard:
    """The card for verified answers."""
    checks = tuple(
        Checked(check, criterion.id, judgement.findings[check.id])
        for criterion in rubric.criteria
        for check in criterion.checks
    )
    criteria = tuple(criterion_score(criterion, judgement.findings) for criterion in rubric.criteria)
    points = points_of(criteria)
    blocked = any(checked.blocks for checked in checks)
    return Scorecard(
        score=points,
        passed=points >= rubric.pass_mark and not blocked,
        outcome=call.outcome,
        rubric=rubric,
        judgement=judgement,
        persona_version=call.persona.version,
        measures=measures,
        checks=checks,
        criteria=criteria,
        opened=call.opened,
        hidden=call.hidden,
        fact_texts={fact.id: fact.text for fact in call.persona.facts},
        feedback=feedback(call, measures, judgement.findings),
    )


def criterion_score(criterion: Criterion, findings: Mapping[str, Finding]) -> CriterionScore:
    """How many of the criterion's checks are met, of those the call gave occasion for."""
    answers = [findings[check.id].met for check in criterion.checks]
    of = sum(met is not None for met in answers)
    return CriterionScore(criterion.id, criterion.title, criterion.weight, answers.count(True), of)


def points_of(criteria: tuple[CriterionScore, ...]) -> int:
    """0 to 100: each criterion's share of its checks, by weight. One without occasion is left out."""
    weighed = [criterion for criterion in criteria if criterion.of]
    total = sum(criterion.weight for criterion in weighed)
    earned = sum(criterion.weight * criterion.met / criterion.of for criterion in weighed)
    return int(100 * earned / total + 0.5) if total else 0
