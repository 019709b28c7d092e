"""Passages into a draft answer: without a model the best supported sentences and rows, with one its words."""

from __future__ import annotations

import asyncio
from itertools import zip_longest
from typing import TYPE_CHECKING

from agents.copilot.evidence import units_of
from agents.copilot.facts import days
from agents.copilot.newer import current, this_day
from agents.copilot.result import Draft, Statement, Support
from agents.copilot.subject import unheard_of
from agents.copilot.support import consider
from agents.copilot.written import NOTHING_FOUND, one_sentence, written
from agents.models.chat import ModelUnavailable
from ingestion.embed import default_embedder
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from agents.copilot.evidence import Unit
    from agents.copilot.in_force import Since
    from agents.copilot.likeness import Reads
    from agents.copilot.support import Candidate
    from agents.models.chat import ChatModel
    from ingestion.index.protocol import Hit

ANSWERS_AT = -0.2
"""Log odds from which the best unit is said."""
ALSO_SAID_WITHIN = 2.5
"""A second and third unit are said too when they score no less than this below the best: one in twelve."""
MOST_STATEMENTS = 3
SAYS_THE_SAME = 0.8
UNHEARD_OF = "The documents do not speak of {}."
NOTHING_NEAR = "Nothing in the documents speaks of this."


async def answer(
    question: str,
    passages: Sequence[Hit],
    *,
    queries: Sequence[str] = (),
    embedder: Reads | None = None,
    model: ChatModel | None = None,
    today: date | None = None,
) -> Draft:
    """A draft whose statements name their passages; `ground` decides what of it may be said.

    `today` decides which of two papers is in force; the machine's own date unless given. A model that is
    unavailable is replaced by the extractive answer.
    """
    if not passages:
        return Draft(reason=NOTHING_NEAR)
    if model is not None:
        try:
            return await written(question, passages, model)
        except ModelUnavailable:
            # The rep asked during a call: cited sentences now are worth more than an error.
            pass
    # Reading and weighing sentences takes tens of milliseconds, which belong off the loop.
    return await asyncio.to_thread(
        _extracted, queries or (question,), passages, embedder or default_embedder(), today
    )


def _extracted(queries: Sequence[str], passages: Sequence[Hit], reader: Reads, today: date | None) -> Draft:
    found = [extract(query, passages, reader, today=today) for query in queries]
    # The best of each question first: the second question's answer is worth more than the first's company.
    in_turn = [one for rank in zip_longest(*found) for one in rank if one is not None]
    statements = {one.text: one for one in reversed(in_turn)}
    if not statements:
        strange = next((name for query in queries if (name := unheard_of(query, passages))), "")
        return Draft(reason=UNHEARD_OF.format(strange) if strange else NOTHING_FOUND)
    return Draft(tuple(reversed(statements.values()))[:MOST_STATEMENTS])


def extract(
    question: str,
    passages: Sequence[Hit],
    embedder: Reads | None,
    answers_at: float = ANSWERS_AT,
    today: date | None = None,
) -> list[Statement]:
    """Up to three sentences or rows that answer the question, best first; none when nothing supports one.

    `today` as for `answer`.
    """
    if unheard_of(question, passages):
        return []
    units = units_of(passages)
    considered = consider(question, units, passages, embedder or default_embedder())
    if not considered.candidates or considered.sureness(considered.candidates[0]) < answers_at:
        return []
    now = current(question, considered.candidates, units, passages, today or this_day())
    chosen: list[Candidate] = []
    for one in now.candidates:
        if len(chosen) == MOST_STATEMENTS or one.score < now.candidates[0].score - ALSO_SAID_WITHIN:
            break
        if not any(_says_the_same(one.unit, other.unit) for other in chosen):
            chosen.append(one)
    coming = now.coming.get(chosen[0].unit)
    if coming and not any(_says_the_same(coming.unit, one.unit) for one in chosen):
        chosen = [chosen[0], coming, *chosen[1 : MOST_STATEMENTS - 1]]
    statements: list[Statement] = []
    told: set[date] = set()
    for one in chosen:
        since = now.since.get(one.unit)
        # Said once, it holds for what follows.
        statements.append(_statement(one, since if since and since.day not in told else None))
        told |= {since.day} if since else set()
    return statements


def _statement(one: Candidate, since: Since | None) -> Statement:
    """What a unit says; with `since`, also from which day on and where that is written."""
    unit = one.unit
    said, own = one_sentence(unit.text), Support(unit.passage, unit.quote)
    # A day that no sentence names is only the paper's: what it says may be older.
    if since is None or since.notice is None or since.day in days(unit.text):
        return Statement(said, (own,))
    supports = tuple(dict.fromkeys((own, since.notice)))
    return Statement(f"{said} (since {_written_date(since.day)})", supports)


def _says_the_same(one: Unit, other: Unit) -> bool:
    ours, theirs = set(content_stems(one.text)), set(content_stems(other.text))
    return len(ours & theirs) >= SAYS_THE_SAME * max(1, min(len(ours), len(theirs)))


def _written_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
