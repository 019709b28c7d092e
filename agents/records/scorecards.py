"""Scorecards: the coach's verdict on a call, with its checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from agents.records.person import PersonRecords
from agents.records.rows import columns_of, scorecard_of
from agents.records.tables import CheckRow, ScorecardRow
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from agents.records.entries import Scorecard


class Scorecards(PersonRecords):
    """What the coach made of her calls."""

    @unbroken
    async def save_scorecard(self, roleplay_id: str, scorecard: Scorecard) -> None:
        """Keep the verdict on a call, in place of an earlier one."""
        async with self._database.writing(self._tenant) as session:
            roleplay = await self._find(session, roleplay_id, lock=True)
            await session.execute(delete(CheckRow).where(CheckRow.roleplay == roleplay.id))
            await session.execute(delete(ScorecardRow).where(ScorecardRow.roleplay == roleplay.id))
            columns = columns_of(scorecard)
            del columns["checks"]
            session.add(ScorecardRow(roleplay=roleplay.id, **columns))
            await session.flush()
            session.add_all(
                CheckRow(
                    roleplay=roleplay.id,
                    position=position,
                    check_id=check.id,
                    text=check.text,
                    met=check.met,
                    turn=check.turn,
                    quote=check.quote,
                )
                for position, check in enumerate(scorecard.checks)
            )

    @unbroken
    async def scorecard(self, roleplay_id: str) -> Scorecard | None:
        """The verdict on a call, None if it has not been scored."""
        async with self._database.reading(self._tenant) as session:
            roleplay = await self._find(session, roleplay_id)
            row = await session.scalar(select(ScorecardRow).where(ScorecardRow.roleplay == roleplay.id))
            if row is None:
                return None
            checks = select(CheckRow).where(CheckRow.roleplay == roleplay.id).order_by(CheckRow.position)
            return scorecard_of(row, await session.scalars(checks))
