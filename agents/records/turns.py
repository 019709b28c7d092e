"""What is said in a call: each line kept once, in order, with the customer's state after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from agents.records.errors import ConcurrentTurn, NotFound, RolePlayEnded
from agents.records.ids import new_id
from agents.records.person import PersonRecords
from agents.records.rows import columns_of, finish, revision_of, roleplay_of, turn_of
from agents.records.storable import storable
from agents.records.surface_tables import MessageRow, RevisionRow
from agents.records.tables import RolePlayRow, TurnRow, now
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from agents.records.entries import CustomerTurn, Ending, Revision, RolePlay, Turn


class Turns(PersonRecords):
    """The lines of her calls."""

    @unbroken
    async def turns(self, roleplay_id: str) -> list[Turn]:
        """The transcript in order, with the rep's later edits. If its last turn is the rep's, the customer
        still owes an answer."""
        async with self._database.reading(self._tenant) as session:
            row = await self._find(session, roleplay_id)
            later: dict[int, list[RevisionRow]] = {}
            for revision in await session.scalars(
                select(RevisionRow).where(RevisionRow.roleplay == row.id).order_by(RevisionRow.created_at)
            ):
                later.setdefault(revision.n, []).append(revision)
            return [turn_of(turn, later.get(turn.n, ())) for turn in await turns_of(session, row.id)]

    @unbroken
    async def call(self, roleplay_id: str) -> tuple[RolePlay, list[Turn]]:
        """One call and what was said in it (without later edits), read at one moment."""
        async with self._database.reading(self._tenant) as session:
            row = await self._find(session, roleplay_id)
            return roleplay_of(row), [turn_of(turn) for turn in await turns_of(session, row.id)]

    @unbroken
    async def add_rep_turn(
        self, roleplay_id: str, n: int | None, text: str, ms: int = 0, message: str | None = None
    ) -> Turn:
        """Keep the rep's line the moment it arrives; the customer's state stays as it was.

        It becomes turn `n`, or with None the turn after the customer's last. `ms` is how long the rep took.
        `message` is the platform's id of it: one that is a turn already is not kept again.
        Raises ConcurrentTurn if `n` is not the next turn (with None: if the customer still owes an answer),
        RolePlayEnded if the call is over.
        """
        async with self._database.writing(self._tenant) as session:
            roleplay = await self._find(session, roleplay_id, lock=True)
            if (known := await self._turn_of_message(session, message)) is not None:
                return turn_of(known)
            refuse_ended(roleplay)
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
            await _remember(session, row, message)
            return turn_of(row)

    @unbroken
    async def extend_rep_turn(self, roleplay_id: str, text: str, message: str | None = None) -> Turn:
        """Let further words join the rep's line that the customer has not answered yet, on a line of their
        own: she hears both at once.

        `message` as in `add_rep_turn`. Raises ConcurrentTurn if no line waits for an answer, RolePlayEnded if
        the call is over.
        """
        async with self._database.writing(self._tenant) as session:
            roleplay = await self._find(session, roleplay_id, lock=True)
            if (known := await self._turn_of_message(session, message)) is not None:
                return turn_of(known)
            refuse_ended(roleplay)
            last = await _last(session, roleplay)
            if last is None or last.speaker != "rep":
                raise ConcurrentTurn(f"The customer of the call {roleplay.id} has answered meanwhile.")
            last.text = f"{last.text}\n{text}"
            await session.flush()
            await _remember(session, last, message)
            return turn_of(last)

    @unbroken
    async def add_customer_turn(
        self,
        roleplay_id: str,
        n: int,
        new: CustomerTurn,
        ending: Ending | None = None,
        answers: str | None = None,
    ) -> Turn:
        """Keep the customer's turn `n`, the state after it and the `ending` if it ends the call: all or none.

        `answers` is the line it replies to. Raises ConcurrentTurn if `n` is not the next turn or that line
        has grown meanwhile, RolePlayEnded if the call is over.
        """
        async with self._database.writing(self._tenant) as session:
            roleplay = await self._find(session, roleplay_id, lock=True)
            refuse_ended(roleplay)
            last = await _last_turn(session, roleplay, expect=n)
            if answers is not None and last is not None and last.text != answers:
                raise ConcurrentTurn(f"More was said in the call {roleplay.id} while the customer thought.")
            row = TurnRow(
                roleplay=roleplay.id,
                n=n,
                speaker="customer",
                created_at=now(),
                **columns_of(new) | {"rejected": list(new.rejected)},
            )
            session.add(row)
            if ending is not None:
                finish(roleplay, ending)
            await session.flush()
            return turn_of(row)

    @unbroken
    async def revise(self, message: str, text: str | None) -> Revision | None:
        """Keep that the rep edited the message to `text`, or took it back (None). The turn stays what the
        customer heard. None where the message is no turn of hers, or says this already."""
        async with self._database.writing(self._tenant) as session:
            turn = await self._turn_of_message(session, message, strict=False)
            if turn is None:
                return None
            latest = await session.scalar(
                select(RevisionRow)
                .where(RevisionRow.roleplay == turn.roleplay, RevisionRow.n == turn.n)
                .order_by(RevisionRow.created_at.desc(), RevisionRow.id.desc())
                .limit(1)
            )
            said = turn.text if latest is None else latest.text
            if said == storable(text):
                return None
            row = RevisionRow(id=new_id("rev"), roleplay=turn.roleplay, n=turn.n, text=text, created_at=now())
            session.add(row)
            await session.flush()
            return revision_of(row)

    @unbroken
    async def turn_of_message(self, message: str) -> Turn | None:
        """The turn of hers that a platform's message is, with its later edits; None if it is none."""
        async with self._database.reading(self._tenant) as session:
            turn = await self._turn_of_message(session, message, strict=False)
            if turn is None:
                return None
            later = await session.scalars(
                select(RevisionRow)
                .where(RevisionRow.roleplay == turn.roleplay, RevisionRow.n == turn.n)
                .order_by(RevisionRow.created_at)
            )
            return turn_of(turn, later)

    async def _turn_of_message(
        self, session: AsyncSession, message: str | None, *, strict: bool = True
    ) -> TurnRow | None:
        """The turn that a platform's message is. Raises NotFound if it is another's, where `strict`."""
        if not message:
            return None
        found = (
            await session.execute(
                select(TurnRow, RolePlayRow.person)
                .join(MessageRow, (MessageRow.roleplay == TurnRow.roleplay) & (MessageRow.n == TurnRow.n))
                .join(RolePlayRow, RolePlayRow.id == TurnRow.roleplay)
                .where(MessageRow.id == storable(message))
            )
        ).first()
        if found is None:
            return None
        turn, person = found
        if person != self._person:
            if strict:
                raise NotFound("This message is not one of yours.")
            return None
        return turn


def refuse_ended(row: RolePlayRow) -> None:
    """Raises RolePlayEnded for a call that is over."""
    if row.ended_at is not None:
        raise RolePlayEnded(
            f"The call {row.id} is over ({row.outcome}). Retry it from one of your turns, or start anew."
        )


async def turns_of(session: AsyncSession, roleplay_id: str) -> list[TurnRow]:
    """The rows of a transcript, in order."""
    query = select(TurnRow).where(TurnRow.roleplay == roleplay_id).order_by(TurnRow.n)
    return list(await session.scalars(query))


async def _remember(session: AsyncSession, turn: TurnRow, message: str | None) -> None:
    if message:
        session.add(MessageRow(id=message, roleplay=turn.roleplay, n=turn.n))
        await session.flush()


async def _last(session: AsyncSession, roleplay: RolePlayRow) -> TurnRow | None:
    query = select(TurnRow).where(TurnRow.roleplay == roleplay.id).order_by(TurnRow.n.desc()).limit(1)
    found: TurnRow | None = await session.scalar(query)
    return found


async def _last_turn(session: AsyncSession, roleplay: RolePlayRow, *, expect: int | None) -> TurnRow | None:
    """The last turn so far. Raises ConcurrentTurn unless `expect` is the number after it; with None, if it is
    the rep's."""
    last = await _last(session, roleplay)
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
