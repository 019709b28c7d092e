"""Between table rows and the entries that callers see, so that no ORM object leaves this room."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

from agents.records.entries import (
    Check,
    Ending,
    Feedback,
    Question,
    Revision,
    RolePlay,
    Scorecard,
    Speaker,
    Turn,
    Visibility,
)
from agents.records.tables import now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.records.entries import CustomerTurn, NewQuestion, NewRolePlay
    from agents.records.surface_tables import RevisionRow
    from agents.records.tables import CheckRow, QuestionRow, RolePlayRow, ScorecardRow, TurnRow


def roleplay_of(row: RolePlayRow) -> RolePlay:
    """The call as callers know it."""
    return RolePlay(
        id=row.id,
        person=row.person,
        persona_id=row.persona_id,
        persona_version=row.persona_version,
        persona=row.persona,
        customer=row.customer,
        difficulty=row.difficulty,
        seed=row.seed,
        speaker=row.speaker,
        initial_state=row.initial_state,
        visibility=cast("Visibility", row.visibility),
        attempt=row.attempt,
        parent=row.parent,
        from_turn=row.from_turn,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ending=_ending_of(row),
    )


def _ending_of(row: RolePlayRow) -> Ending | None:
    if row.ended_by is None or row.reason is None or row.outcome is None:
        return None
    return Ending(by=cast("Speaker", row.ended_by), reason=row.reason, outcome=row.outcome)


def finish(row: RolePlayRow, ending: Ending) -> None:
    """The call is over from now on."""
    row.ended_at = now()
    row.ended_by, row.reason, row.outcome = ending.by, ending.reason, ending.outcome


def turn_of(row: TurnRow, later: Iterable[RevisionRow] = ()) -> Turn:
    """One line of the transcript, with what became of it `later`."""
    return Turn(
        n=row.n,
        speaker=cast("Speaker", row.speaker),
        text=row.text,
        state=row.state,
        act=row.act,
        heard=row.heard,
        model=row.model,
        rejected=tuple(row.rejected),
        ms=row.ms,
        created_at=row.created_at,
        revisions=tuple(revision_of(one) for one in later),
    )


def revision_of(row: RevisionRow) -> Revision:
    """A later edit of a line."""
    return Revision(roleplay=row.roleplay, n=row.n, text=row.text, created_at=row.created_at)


def scorecard_of(row: ScorecardRow, checks: Iterable[CheckRow]) -> Scorecard:
    """The verdict with its checks in the rubric's order."""
    return Scorecard(
        score=row.score,
        passed=row.passed,
        rubric=row.rubric,
        rubric_version=row.rubric_version,
        judge=row.judge,
        prompt_hash=row.prompt_hash,
        measures=row.measures,
        facts=row.facts,
        feedback=row.feedback,
        checks=tuple(
            Check(id=check.check_id, text=check.text, met=check.met, turn=check.turn, quote=check.quote)
            for check in checks
        ),
    )


def question_of(row: QuestionRow) -> Question:
    """The question, its answer and what the asker thought of it."""
    return Question(
        id=row.id,
        question=row.question,
        queries=tuple(row.queries),
        answer=row.answer,
        answered=row.answered,
        citations=tuple(row.citations),
        ms=row.ms,
        roleplay=row.roleplay,
        feedback=cast("Feedback | None", row.feedback),
        created_at=row.created_at,
    )


def columns_of(entry: NewRolePlay | CustomerTurn | Scorecard | NewQuestion) -> dict[str, Any]:
    """An entry's fields by the names of the columns they go to."""
    return {item.name: getattr(entry, item.name) for item in fields(entry)}
