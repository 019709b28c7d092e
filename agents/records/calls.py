"""Calls: started, listed, ended, retried, shown or hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from agents.records.entries import Ending, RolePlaySummary
from agents.records.errors import NotARepTurn
from agents.records.ids import new_id
from agents.records.person import PersonRecords
from agents.records.rows import columns_of, finish, roleplay_of
from agents.records.surface_tables import PlaceRow
from agents.records.tables import RolePlayRow, ScorecardRow, TurnRow, now
from agents.records.turns import refuse_ended, turns_of
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from agents.records.entries import NewRolePlay, RolePlay, Visibility

RETRIED = Ending(by="rep", reason="retry", outcome="abandoned")  # what becomes of a call left for its retry


class Calls(PersonRecords):
    """Her role-plays."""

    @unbroken
    async def start(self, new: NewRolePlay, after: str | None = None) -> RolePlay:
        """Begin a call; nobody has spoken yet. `after` is the call of which it is another attempt."""
        async with self._database.writing(self._tenant) as session:
            await self._introduce(session)
            earlier = await self._find(session, after) if after is not None else None
            row = RolePlayRow(
                id=new_id("rp"),
                person=self._person,
                attempt=1 if earlier is None else earlier.attempt + 1,
                parent=None if earlier is None else earlier.id,
                started_at=now(),
                **columns_of(new),
            )
            session.add(row)
            await session.flush()
            return roleplay_of(row)

    @unbroken
    async def roleplay(self, roleplay_id: str) -> RolePlay:
        """One call."""
        async with self._database.reading(self._tenant) as session:
            return roleplay_of(await self._find(session, roleplay_id))

    @unbroken
    async def roleplays(self, limit: int = 20) -> list[RolePlaySummary]:
        """Her latest calls, newest first."""
        return await self._summaries(limit)

    @unbroken
    async def running(self, limit: int = 20) -> list[RolePlaySummary]:
        """Her latest calls that nobody has ended, newest first."""
        return await self._summaries(limit, RolePlayRow.ended_at.is_(None))

    @unbroken
    async def scored(self, limit: int = 20) -> list[RolePlaySummary]:
        """Her latest calls that have a scorecard, newest first."""
        return await self._summaries(limit, ScorecardRow.score.is_not(None))

    @unbroken
    async def set_visibility(self, roleplay_id: str, visibility: Visibility) -> RolePlay:
        """Let her manager read the call, or nobody but herself."""
        async with self._database.writing(self._tenant) as session:
            row = await self._find(session, roleplay_id, lock=True)
            row.visibility = visibility
            return roleplay_of(row)

    @unbroken
    async def last_running(self) -> RolePlay | None:
        """The latest call that nobody has ended, if there is one: what `--resume` goes on with."""
        async with self._database.reading(self._tenant) as session:
            row = await session.scalar(
                select(RolePlayRow)
                .where(RolePlayRow.person == self._person, RolePlayRow.ended_at.is_(None))
                .order_by(RolePlayRow.started_at.desc(), RolePlayRow.id.desc())
                .limit(1)
            )
            return None if row is None else roleplay_of(row)

    @unbroken
    async def end(self, roleplay_id: str, ending: Ending) -> RolePlay:
        """End a running call. Raises RolePlayEnded if it is over already."""
        async with self._database.writing(self._tenant) as session:
            row = await self._running(session, roleplay_id)
            finish(row, ending)
            return roleplay_of(row)

    @unbroken
    async def retry(self, roleplay_id: str, from_turn: int, speaker: str | None = None) -> RolePlay:
        """A new call that shares everything said before the rep's turn `from_turn`, exactly. `speaker` puts
        the customer's words from there on, if it is no longer the one who did.

        A call that is still running is ended by this: one person rehearses one version at a time.
        Raises NotARepTurn, naming the turns to choose from, if the rep did not speak there.
        """
        async with self._database.writing(self._tenant) as session:
            parent = await self._find(session, roleplay_id, lock=True)
            turns = await turns_of(session, parent.id)
            _refuse_other_turns(turns, from_turn)
            child = RolePlayRow(
                **_values_of(parent)
                | {
                    "id": new_id("rp"),
                    "attempt": parent.attempt + 1,
                    "parent": parent.id,
                    "from_turn": from_turn,
                    "speaker": speaker or parent.speaker,
                    "started_at": now(),
                    "ended_at": None,
                    "ended_by": None,
                    "reason": None,
                    "outcome": None,
                }
            )
            if parent.ended_at is None:
                finish(parent, RETRIED)
            session.add(child)
            await session.flush()
            session.add_all(
                TurnRow(**_values_of(turn) | {"roleplay": child.id}) for turn in turns if turn.n < from_turn
            )
            return roleplay_of(child)

    async def _summaries(self, limit: int, *such: ColumnElement[bool]) -> list[RolePlaySummary]:
        turns = select(func.count()).where(TurnRow.roleplay == RolePlayRow.id).scalar_subquery()
        place = select(func.min(PlaceRow.id)).where(PlaceRow.roleplay == RolePlayRow.id).scalar_subquery()
        async with self._database.reading(self._tenant) as session:
            found = await session.execute(
                select(RolePlayRow, turns, place, ScorecardRow.score, ScorecardRow.passed)
                .outerjoin(ScorecardRow, ScorecardRow.roleplay == RolePlayRow.id)
                .where(RolePlayRow.person == self._person, *such)
                .order_by(RolePlayRow.started_at.desc(), RolePlayRow.id.desc())
                .limit(limit)
            )
            return [
                RolePlaySummary(
                    roleplay=roleplay_of(row), turns=count, score=score, passed=passed, place=where
                )
                for row, count, where, score, passed in found
            ]

    async def _running(self, session: AsyncSession, roleplay_id: str) -> RolePlayRow:
        """The call, held so that nobody else can move it on before this transaction ends."""
        row = await self._find(session, roleplay_id, lock=True)
        refuse_ended(row)
        return row


def _refuse_other_turns(turns: list[TurnRow], from_turn: int) -> None:
    choices = [turn.n for turn in turns if turn.speaker == "rep"]
    if from_turn in choices:
        return
    if not choices:
        raise NotARepTurn("You have not said anything in this call yet, so there is nothing to retry.")
    listed = ", ".join(map(str, choices))
    raise NotARepTurn(f"Turn {from_turn} is not one of yours. You can retry from: {listed}.")


def _values_of(row: RolePlayRow | TurnRow) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
