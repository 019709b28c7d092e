"""Calls and their turns: started, spoken, ended, taken up again, retried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from agents.records.entries import Ending, RolePlaySummary
from agents.records.errors import ConcurrentTurn, NotARepTurn, RolePlayEnded
from agents.records.ids import new_id
from agents.records.person import PersonRecords
from agents.records.rows import columns_of, roleplay_of, turn_of
from agents.records.tables import RolePlayRow, ScorecardRow, TurnRow, now
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from agents.records.entries import CustomerTurn, NewRolePlay, RolePlay, Turn

RETRIED = Ending(by="rep", reason="retry", outcome="abandoned")  # what becomes of a call left for its retry


class Calls(PersonRecords):
    """Her role-plays."""

    @unbroken
    async def start(self, new: NewRolePlay) -> RolePlay:
        """Begin a call; nobody has spoken yet."""
        async with self._database.writing(self._tenant) as session:
            await self._introduce(session)
            row = RolePlayRow(
                id=new_id("rp"), person=self._person, attempt=1, started_at=now(), **columns_of(new)
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
        turns = select(func.count()).where(TurnRow.roleplay == RolePlayRow.id).scalar_subquery()
        async with self._database.reading(self._tenant) as session:
            found = await session.execute(
                select(RolePlayRow, turns, ScorecardRow.score, ScorecardRow.passed)
                .outerjoin(ScorecardRow, ScorecardRow.roleplay == RolePlayRow.id)
                .where(RolePlayRow.person == self._person)
                .order_by(RolePlayRow.started_at.desc(), RolePlayRow.id.desc())
                .limit(limit)
            )
            return [
                RolePlaySummary(roleplay=roleplay_of(row), turns=count, score=score, passed=passed)
                for row, count, score, passed in found
            ]

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
            _finish(row, ending)
            return roleplay_of(row)

    @unbroken
    async def retry(self, roleplay_id: str, from_turn: int) -> RolePlay:
        """A new call that shares everything said before the rep's turn `from_turn`, exactly.

        A call that is still running is ended by this: one person rehearses one version at a time.
        Raises NotARepTurn, naming the turns to choose from, if the rep did not speak there.
        """
        async with self._database.writing(self._tenant) as session:
            parent = await self._find(session, roleplay_id, lock=True)
            turns = await _turns(session, parent.id)
            _refuse_other_turns(turns, from_turn)
            child = RolePlayRow(
                **_values_of(parent)
                | {
                    "id": new_id("rp"),
                    "attempt": parent.attempt + 1,
                    "parent": parent.id,
                    "from_turn": from_turn,
                    "started_at": now(),
                    "ended_at": None,
                    "ended_by": None,
                    "reason": None,
                    "outcome": None,
                }
            )
            if parent.ended_at is None:
                _finish(parent, RETRIED)
            session.add(child)
            await session.flush()
            session.add_all(
                TurnRow(**_values_of(turn) | {"roleplay": child.id}) for turn in turns if turn.n < from_turn
            )
            return roleplay_of(child)

    @unbroken
    async def turns(self, roleplay_id: str) -> list[Turn]:
        """The transcript in order. If its last turn is the rep's, the customer still owes an answer."""
        async with self._database.reading(self._tenant) as session:
            row = await self._find(session, roleplay_id)
            return [turn_of(turn) for turn in await _turns(session, row.id)]

    @unbroken
    async def call(self, roleplay_id: str) -> tuple[RolePlay, list[Turn]]:
        """One call and its transcript, read at one moment."""
        async with self._database.reading(self._tenant) as session:
            row = await self._find(session, roleplay_id)
            return roleplay_of(row), [turn_of(turn) for turn in await _turns(session, row.id)]

    @unbroken
    async def add_rep_turn(self, roleplay_id: str, n: int | None, text: str, ms: int = 0) -> Turn:
        """Keep the rep's line the moment it arrives; the customer's state stays as it was.

        It becomes turn `n`, or with None the turn after the customer's last. `ms` is how long the rep took.
        Raises ConcurrentTurn if `n` is not the next turn (with None: if the customer still owes an answer),
        RolePlayEnded if the call is over.
        """
        async with self._database.writing(self._tenant) as session:
            roleplay = await self._running(session, roleplay_id)
            last = await _last_turn(session, roleplay, expect=n)
            row = TurnRow(
                roleplay=roleplay.id,
                n=1 if last is None else last.n + 1,
                speaker="rep",
                text=text,
                ms=ms,
                rejected=[],
                created_at=now(),
                state=roleplay.initial_state if last is None else last.state,
            )
            session.add(row)
            await session.flush()
            return turn_of(row)

    @unbroken
    async def add_customer_turn(
        self, roleplay_id: str, n: int, new: CustomerTurn, ending: Ending | None = None
    ) -> Turn:
        """Keep the customer's turn `n`, the state after it and the `ending` if it ends the call: all or none.

        Raises ConcurrentTurn if `n` is not the next turn, RolePlayEnded if the call is over.
        """
        async with self._database.writing(self._tenant) as session:
            roleplay = await self._running(session, roleplay_id)
            await _last_turn(session, roleplay, expect=n)
            row = TurnRow(
                roleplay=roleplay.id,
                n=n,
                speaker="customer",
                created_at=now(),
                **columns_of(new) | {"rejected": list(new.rejected)},
            )
            session.add(row)
            if ending is not None:
                _finish(roleplay, ending)
            await session.flush()
            return turn_of(row)

    async def _running(self, session: AsyncSession, roleplay_id: str) -> RolePlayRow:
        """The call, held so that nobody else can move it on before this transaction ends."""
        row = await self._find(session, roleplay_id, lock=True)
        if row.ended_at is not None:
            raise RolePlayEnded(
                f"The call {row.id} is over ({row.outcome}). Retry it from one of your turns, or start anew."
            )
        return row


async def _turns(session: AsyncSession, roleplay_id: str) -> list[TurnRow]:
    query = select(TurnRow).where(TurnRow.roleplay == roleplay_id).order_by(TurnRow.n)
    return list(await session.scalars(query))


async def _last_turn(session: AsyncSession, roleplay: RolePlayRow, *, expect: int | None) -> TurnRow | None:
    """The last turn so far. Raises ConcurrentTurn unless `expect` is the number after it; with None, if it is
    the rep's."""
    query = select(TurnRow).where(TurnRow.roleplay == roleplay.id).order_by(TurnRow.n.desc()).limit(1)
    last = await session.scalar(query)
    following = 1 if last is None else last.n + 1
    if expect is None and last is not None and last.speaker == "rep":
        raise ConcurrentTurn(
            f"The customer of the call {roleplay.id} has not answered yet. "
            "Wait for the answer, or take the call up here with: salesmate chat --resume"
        )
    if expect not in (None, following):
        raise ConcurrentTurn(
            f"The call {roleplay.id} has moved on elsewhere: its next turn is {following}, not {expect}. "
            "Go on with it in one place only, or take it up here with: salesmate chat --resume"
        )
    return last


def _finish(row: RolePlayRow, ending: Ending) -> None:
    row.ended_at = now()
    row.ended_by, row.reason, row.outcome = ending.by, ending.reason, ending.outcome


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
