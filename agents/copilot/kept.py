"""Keeping what was asked and what came of it. The answer is given by then: what fails here costs nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.copilot.result import CopilotAnswer, Notes
    from agents.records.entries import NewQuestion
    from agents.records.store import Records

log = logging.getLogger(__name__)

HINT = "?"
"""What is kept as the question when the rep asked for no more than a hint."""


def answer_entry(question: str, answer: CopilotAnswer, roleplay: str | None = None) -> NewQuestion:
    """A question and its answer, as the records keep them."""
    from agents.records.entries import NewQuestion

    return NewQuestion(
        question=question,
        queries=answer.queries,
        answer=answer.answer,
        answered=answer.answered,
        citations=tuple(citation.to_json() for citation in answer.citations),
        ms=dict(answer.ms),
        roleplay=roleplay,
    )


def hint_entry(hint: Notes, roleplay: str | None = None) -> NewQuestion:
    """A hint as the records keep it: what was looked up, and a line a note."""
    from agents.records.entries import NewQuestion

    return NewQuestion(
        question=HINT,
        queries=hint.queries,
        answer="\n".join(note.text for note in hint.notes),
        answered=bool(hint.notes),
        citations=tuple(citation.to_json() for note in hint.notes for citation in note.citations),
        ms=dict(hint.ms),
        roleplay=roleplay,
    )


async def keep(records: Records, entry: NewQuestion) -> str | None:
    """Save it; its id, or None when the database would not have it."""
    from agents.records.errors import RecordsError

    try:
        return (await records.save_question(entry)).id
    except RecordsError as error:
        log.warning("A question was not kept: %s", error)
        return None


async def keep_locally(entry: NewQuestion) -> str | None:
    """Save it for this machine's one user; None when the database cannot be used."""
    from agents.records.database import open_database
    from agents.records.errors import RecordsError
    from agents.records.settings import RecordsSettings
    from agents.records.store import Records

    try:
        database = await open_database(RecordsSettings().database)
    except RecordsError as error:
        log.warning("A question was not kept: %s", error)
        return None
    try:
        return await keep(Records(database), entry)
    finally:
        await database.close()
