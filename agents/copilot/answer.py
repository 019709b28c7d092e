"""Passages into a draft answer: without a model the best supported sentences and rows, with one its words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agents.copilot.asked import kind_asked
from agents.copilot.evidence import units_of
from agents.copilot.facts import figures
from agents.copilot.newer import replacement
from agents.copilot.result import Draft, Statement, Support
from agents.copilot.support import candidates
from agents.copilot.written import NOTHING_FOUND, one_sentence, written
from agents.models.chat import ModelUnavailable
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from agents.copilot.evidence import Unit
    from agents.copilot.newer import Replacement
    from agents.copilot.support import Candidate, Embeds
    from agents.models.chat import ChatModel
    from ingestion.index.protocol import Hit

ANSWERS_AT = 0.62
"""A unit that scores less is not said. Set on questions that are not in the smoke set."""
COVERS_AT = 0.4
"""Nor one that has less than this share of what the question asks about, however near in meaning."""
ALSO_SAID_AT = 0.88
ALSO_SAID_OF_A_VALUE_AT = 0.93
"""Share of the best score from which a second and third unit are said too; a value needs no company."""
MOST_STATEMENTS = 3
SAYS_THE_SAME = 0.8
NOTHING_NEAR = "Nothing in the documents speaks of this."


async def answer(
    question: str,
    passages: Sequence[Hit],
    *,
    queries: Sequence[str] = (),
    embedder: Embeds | None = None,
    model: ChatModel | None = None,
) -> Draft:
    """A draft whose statements name their passages; `ground` decides what of it may be said.

    A model that is unavailable is replaced by the extractive answer.
    """
    if not passages:
        return Draft(reason=NOTHING_NEAR)
    if model is not None:
        try:
            return await written(question, passages, model)
        except ModelUnavailable:
            # The rep asked during a call: cited sentences now are worth more than an error.
            pass
    statements: list[Statement] = []
    for query in queries or (question,):
        fresh = extract(query, passages, embedder)
        statements += [one for one in fresh if one.text not in {said.text for said in statements}]
    if not statements:
        return Draft(reason=NOTHING_FOUND)
    return Draft(tuple(statements[:MOST_STATEMENTS]))


def extract(
    question: str,
    passages: Sequence[Hit],
    embedder: Embeds | None,
    answers_at: float = ANSWERS_AT,
    covers_at: float = COVERS_AT,
) -> list[Statement]:
    """Up to three sentences or rows that answer the question, best first; none when nothing supports one."""
    units = units_of(passages)
    found = [one for one in candidates(question, units, passages, embedder) if one.covered >= covers_at]
    changes = replacement(question, found, units)
    standing = [one for one in found if one.unit not in changes.outdated]
    if not standing or standing[0].score < answers_at:
        return []
    enough = ALSO_SAID_OF_A_VALUE_AT if kind_asked(question) else ALSO_SAID_AT
    least = max(answers_at, enough * standing[0].score)
    chosen: list[Candidate] = []
    for one in standing:
        if len(chosen) == MOST_STATEMENTS or one.score < least:
            break
        if not any(_says_the_same(one.unit, other.unit) for other in chosen):
            chosen.append(one)
    first, *others = chosen
    return [_statement(first, changes), *(_statement(one, None) for one in others)]


def _statement(one: Candidate, changes: Replacement | None) -> Statement:
    unit = one.unit
    statement = Statement(one_sentence(unit.text), (Support(unit.passage, unit.quote),))
    if changes is None or changes.notice is None or changes.since is None:
        return statement
    day = _written_date(changes.since)
    if day in unit.text or not figures(unit.text) & changes.values:
        return statement
    notice = changes.notice
    told = () if notice.passage == unit.passage else (Support(notice.passage, notice.quote),)
    return replace(statement, text=f"{statement.text} (since {day})", supports=(*statement.supports, *told))


def _says_the_same(one: Unit, other: Unit) -> bool:
    ours, theirs = set(content_stems(one.text)), set(content_stems(other.text))
    return len(ours & theirs) >= SAYS_THE_SAME * max(1, min(len(ours), len(theirs)))


def _written_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
