"""Between the records and the coach: a kept call to be scored, a scorecard to be kept, and the kept card as
the JSON that surfaces print. What is printed is always what was kept.

The records have columns for the verdict and three for JSON. What else a card depends on lies in those: the
outcome, the persona's version and the facts' texts with the facts; the criteria, the pass mark and what
blocked a pass with the feedback.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.coach.call import CallRecord, CallTurn
from agents.coach.scorecard import Checked, Scorecard
from agents.customer.acts import Act
from agents.customer.appraisal import Appraisal
from agents.customer.persona import Persona
from agents.customer.state import CustomerState, Standing
from agents.records import entries


def call_record(roleplay: entries.RolePlay, persona: Persona, turns: Sequence[entries.Turn]) -> CallRecord:
    """A kept call, as the coach reads it. ValueError where the call is still running."""
    if roleplay.ending is None:
        raise ValueError(f"The call {roleplay.id} is still running. End it, then score it.")
    state = CustomerState.model_validate(turns[-1].state if turns else roleplay.initial_state)
    before = CustomerState.model_validate(roleplay.initial_state)
    read: list[CallTurn] = []
    for turn, following in zip(turns, (*turns[1:], None), strict=True):
        if turn.speaker == "rep":
            # How a line was heard is kept with the reply to it.
            heard = following.heard if following and following.speaker == "customer" else None
            appraisal = None if heard is None else Appraisal.model_validate(heard)
            read.append(CallTurn(turn.n, "rep", turn.text, heard=appraisal))
        else:
            after = CustomerState.model_validate(turn.state)
            read.append(_customer_turn(turn, before, after))
            before = after
    return CallRecord(persona, tuple(read), state, roleplay.ending.outcome, roleplay.ending.by)


def entry_of(card: Scorecard) -> entries.Scorecard:
    """The card as it is kept."""
    return entries.Scorecard(
        score=card.score,
        passed=card.passed,
        rubric=card.rubric.id,
        rubric_version=str(card.rubric.version),
        judge=card.judgement.judge,
        prompt_hash=card.judgement.prompt_hash,
        measures=card.measures.to_json(),
        facts={
            "opened": list(card.opened),
            "hidden": list(card.hidden),
            "texts": dict(card.fact_texts),
            "outcome": card.outcome,
            "persona_version": card.persona_version,
        },
        feedback={
            **card.feedback.to_json(),
            "criteria": [_criterion(card, place) for place in range(len(card.criteria))],
            "pass_mark": card.rubric.pass_mark,
            "blocked_by": list(card.blocked_by),
            "judge_note": card.judgement.note,
        },
        checks=tuple(_check(checked) for checked in card.checks),
    )


def scorecard_json(entry: entries.Scorecard) -> dict[str, Any]:
    """The kept card as surfaces print it."""
    criterion_of = {check: one["id"] for one in entry.feedback["criteria"] for check in one["checks"]}
    checks = [
        {
            "id": check.id,
            "criterion": criterion_of[check.id],
            "question": check.text,
            "met": check.met,
            "turn": check.turn,
            "quote": check.quote,
        }
        for check in entry.checks
    ]
    return {
        "score": entry.score,
        "passed": entry.passed,
        "pass_mark": entry.feedback["pass_mark"],
        "blocked_by": entry.feedback["blocked_by"],
        "outcome": entry.facts["outcome"],
        "measures": entry.measures,
        "criteria": [
            {name: one[name] for name in ("id", "title", "weight", "met", "of")}
            for one in entry.feedback["criteria"]
        ],
        "checks": checks,
        "facts": {"opened": entry.facts["opened"], "hidden": entry.facts["hidden"]},
        "fact_texts": entry.facts["texts"],
        "feedback": {"strength": entry.feedback["strength"], "fixes": entry.feedback["fixes"]},
        "rubric": {"id": entry.rubric, "version": entry.rubric_version},
        "judge": entry.judge,
        "judge_note": entry.feedback["judge_note"],
        "prompt_hash": entry.prompt_hash,
        "persona_version": entry.facts["persona_version"],
    }


def _customer_turn(turn: entries.Turn, before: CustomerState, after: CustomerState) -> CallTurn:
    """The turn with what changed in it."""
    fact = next((name for name in after.opened if name not in before.opened), None)
    raised = next((name for name in after.objections if name not in before.objections), None)
    resolved = tuple(
        name
        for name, standing in after.objections.items()
        if standing is Standing.RESOLVED and before.objections.get(name) is not Standing.RESOLVED
    )
    act = Act(turn.act) if turn.act else None
    return CallTurn(turn.n, "customer", turn.text, act, fact, raised, resolved)


def _check(checked: Checked) -> entries.Check:
    found = checked.finding
    return entries.Check(
        id=checked.check.id,
        text=checked.check.question,
        met=found.met,
        turn=found.turn,
        quote=found.quote,
    )


def _criterion(card: Scorecard, place: int) -> dict[str, Any]:
    one = card.criteria[place]
    checks = [checked.check.id for checked in card.checks if checked.criterion == one.id]
    return {
        "id": one.id,
        "title": one.title,
        "weight": one.weight,
        "met": one.met,
        "of": one.of,
        "checks": checks,
    }
