"""Questions to the copilot, their answers, and what the asker thought of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from agents.records.errors import NotFound
from agents.records.ids import new_id
from agents.records.person import PersonRecords
from agents.records.rows import columns_of, question_of
from agents.records.storable import storable
from agents.records.tables import QuestionRow, now
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from agents.records.entries import Feedback, NewQuestion, Question


class Questions(PersonRecords):
    """What she asked the copilot."""

    @unbroken
    async def save_question(self, new: NewQuestion) -> Question:
        """Keep a question and its answer, with the call it was asked in if it was."""
        async with self._database.writing(self._tenant) as session:
            await self._introduce(session)
            if new.roleplay is not None:
                await self._find(session, new.roleplay)
            row = QuestionRow(
                id=new_id("q"),
                person=self._person,
                created_at=now(),
                **columns_of(new) | {"queries": list(new.queries), "citations": list(new.citations)},
            )
            session.add(row)
            await session.flush()
            return question_of(row)

    @unbroken
    async def question(self, question_id: str) -> Question:
        """One question of hers."""
        async with self._database.reading(self._tenant) as session:
            return question_of(await self._question(session, question_id))

    @unbroken
    async def questions(self, limit: int = 20, roleplay: str | None = None) -> list[Question]:
        """Her latest questions, newest first; with `roleplay` those of that call only."""
        query = select(QuestionRow).where(QuestionRow.person == self._person)
        if roleplay is not None:
            query = query.where(QuestionRow.roleplay == storable(roleplay))
        query = query.order_by(QuestionRow.created_at.desc(), QuestionRow.id.desc()).limit(limit)
        async with self._database.reading(self._tenant) as session:
            return [question_of(row) for row in await session.scalars(query)]

    @unbroken
    async def question_feedback(self, question_id: str, feedback: Feedback | None) -> Question:
        """Keep what the asker thought of the answer; None takes it back."""
        async with self._database.writing(self._tenant) as session:
            row = await self._question(session, question_id)
            row.feedback = feedback
            return question_of(row)

    async def _question(self, session: AsyncSession, question_id: str) -> QuestionRow:
        row = await session.scalar(
            select(QuestionRow).where(
                QuestionRow.id == storable(question_id), QuestionRow.person == self._person
            )
        )
        if row is None:
            raise NotFound(f"There is no question {question_id[:40]!r} among yours. Ask it again.")
        return row
