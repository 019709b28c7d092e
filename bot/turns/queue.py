"""The queue of turns: what people did, in the order they did it, until it is worked and told."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlalchemy import ColumnElement, case, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from agents.records.queue_tables import InboxRow
from agents.records.storable import storable
from agents.records.tables import UtcDateTime
from agents.records.unbroken import unbroken
from bot.turns.backlog import UNFINISHED, Backlog
from bot.turns.bell import STOP, TURN, bell_of
from bot.turns.claimed import Claimed, claimed_of
from bot.turns.clock import Clock
from bot.turns.incoming import Kind
from bot.turns.intake import Intake
from bot.turns.ports import LostLease

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from agents.records.database import Database
    from bot.turns.bell import Bell
    from bot.turns.incoming import Incoming

STOPPABLE = (Kind.SAID.value, Kind.ANSWER.value)
"""What makes a customer speak."""

BEGUN = UNFINISHED[1:]
AS_PUT = ("platform", "tenant", "event_key", "conversation", "kind", "person", "place", "data")
log = logging.getLogger(__name__)


class Queue(Backlog):
    """What waits, on SQLite or PostgreSQL. Any number of processes may put and claim."""

    def __init__(self, database: Database, bell: Bell | None = None) -> None:
        super().__init__(database)
        self.bell = bell or bell_of(database)
        self._postgres = database.engine.dialect.name == "postgresql"
        self._clock = Clock(database.engine.dialect.name)
        self._intake = Intake(database, self.bell, self._clock)

    async def put(self, incoming: Incoming) -> bool:
        """Keep it, and return once it is kept: True, or False when it was there already. Raises
        DatabaseUnavailable."""
        return await self._intake.put(incoming)

    async def put_along(self, connection: AsyncConnection, incoming: Incoming) -> None:
        """Keep what follows from something, in the transaction that writes it."""
        await self._intake.write(connection, [incoming])

    @unbroken
    async def retry(self, ids: Collection[int]) -> dict[int, int]:
        """Put dead turns at the end of their conversations, as if they had just come in.

        Returns the new number of each. It is a new turn: its answer must not be taken for the apology that
        the old one ended with, and it cannot come before what has been answered since.
        """
        again: dict[int, int] = {}
        columns = [getattr(InboxRow, name) for name in AS_PUT]
        present = self._clock.after(0)
        async with self._database.house() as connection:
            for number in ids:
                dead = delete(InboxRow).where(InboxRow.id == number, InboxRow.status == "dead")
                row = (await connection.execute(dead.returning(*columns))).one_or_none()
                if row is None:
                    continue
                await self._intake.lock(connection, [row.conversation])
                new = insert(InboxRow).values(**row._asdict(), due_at=present, received_at=present)
                again[number] = (await connection.execute(new.returning(InboxRow.id))).scalar_one()
            if again:
                await self.bell.ring(connection, TURN)
        return again

    @unbroken
    async def stop(self, conversation: str, person: str) -> int:
        """Ask that what she said here is not answered. Returns how many turns that concerns."""
        async with self._database.house() as connection:
            asked = await connection.execute(
                update(InboxRow)
                .where(
                    InboxRow.conversation == storable(conversation),
                    InboxRow.person == storable(person),
                    InboxRow.status.in_(UNFINISHED[:2]),
                    InboxRow.kind.in_(STOPPABLE),
                )
                .values(stop_asked=True)
            )
            if asked.rowcount:
                await self.bell.ring(connection, STOP)
        return asked.rowcount

    @unbroken
    async def claim(
        self, owner: str, lease_s: float, platforms: Collection[str], most: int = 1
    ) -> list[Claimed]:
        """Take up to so many turns that are due: the first unfinished one of each conversation, if nobody
        works on it. `owner` has them for `lease_s` seconds."""
        heads = (
            select(InboxRow.id)
            .where(*self._heads(platforms), InboxRow.due_at <= self._clock.after(0), self._free())
            .order_by(InboxRow.id)
            .limit(most)
            .with_for_update(of=InboxRow, skip_locked=True)
            .cte("heads")
        )
        queued = InboxRow.status == "queued"
        take = (
            update(InboxRow)
            .where(InboxRow.id.in_(select(heads.c.id)))
            .values(
                status=case((queued, "running"), else_=InboxRow.status),
                attempts=case(
                    (InboxRow.status == "answered", InboxRow.attempts), else_=InboxRow.attempts + 1
                ),
                fence=InboxRow.fence + 1,
                owner=owner,
                lease_until=self._clock.after(lease_s),
            )
            .returning(InboxRow.__table__)
        )
        async with self._database.house() as connection:
            rows = sorted(await connection.execute(take), key=lambda row: row.id)
            return [claimed for row in rows if (claimed := await self._read(connection, row))]

    async def _read(self, connection: AsyncConnection, row: Row[Any]) -> Claimed | None:
        try:
            return claimed_of(row)
        except (ValueError, ValidationError):
            # Another SalesMate's; one such row must not stop everything else.
            log.warning("turn unreadable", extra={"turn": row.id})
            dead = {"status": "dead", "error": "Unreadable", "lease_until": None}
            await connection.execute(update(InboxRow).where(InboxRow.id == row.id).values(dead))
            return None

    async def next_due_s(self, platforms: Collection[str]) -> float | None:
        """Seconds until there may be something to claim: back-off is over, or a lease runs out."""
        free_at = case((InboxRow.lease_until > InboxRow.due_at, InboxRow.lease_until), else_=InboxRow.due_at)
        first = select(func.min(free_at, type_=UtcDateTime()), self._clock.after(0).label("present")).where(
            *self._heads(platforms)
        )
        async with self._database.house(reading=True) as connection:
            due, present = (await connection.execute(first)).one()
        return None if due is None else (due - present).total_seconds()

    @unbroken
    async def renew(self, owner: str, held: Mapping[int, int], lease_s: float) -> dict[int, bool]:
        """Keep these (id: fence). Returns those still held, with whether somebody asked to stop them."""
        async with self._database.house() as connection:
            kept = await connection.execute(
                update(InboxRow)
                .where(InboxRow.id.in_(list(held)), InboxRow.owner == owner, InboxRow.status.in_(BEGUN))
                .values(lease_until=self._clock.after(lease_s))
                .returning(InboxRow.id, InboxRow.fence, InboxRow.stop_asked)
            )
            return {row.id: row.stop_asked for row in kept if held[row.id] == row.fence}

    @unbroken
    async def requeue(
        self, claimed: Claimed, after_s: float = 0.0, *, error: str = "", counted: bool = True
    ) -> bool:
        """Put a turn that is not answered back, due in so many seconds. False: it is no longer held."""
        return await self._let_go(
            claimed,
            "running",
            status="queued",
            error=error,
            due_at=self._clock.after(after_s),
            attempts=InboxRow.attempts if counted else InboxRow.attempts - 1,
        )

    @unbroken
    async def release(self, claimed: Claimed, after_s: float = 0.0) -> bool:
        """Let go of a turn that is answered; in so many seconds somebody delivers the rest."""
        return await self._let_go(claimed, "answered", due_at=self._clock.after(after_s))

    async def _let_go(self, claimed: Claimed, held_as: str, **values: Any) -> bool:
        async with self._database.house() as connection:
            put_back = await connection.execute(
                update(InboxRow)
                .where(InboxRow.id == claimed.id, InboxRow.fence == claimed.fence, InboxRow.status == held_as)
                .values(lease_until=None, owner=None, **values)
            )
            if put_back.rowcount:
                await self.bell.ring(connection, TURN)
        return bool(put_back.rowcount)

    @unbroken
    async def remember(self, claimed: Claimed, placeholder: str) -> None:
        """Keep the platform's id of the message that stands where the reply will be. Raises LostLease:
        whoever has the turn now does not know that message."""
        async with self._database.house() as connection:
            kept = await connection.execute(
                update(InboxRow)
                .where(InboxRow.id == claimed.id, InboxRow.fence == claimed.fence)
                .values(placeholder=placeholder)
            )
            if not kept.rowcount:
                raise LostLease

    async def status(self, claimed: Claimed) -> str | None:
        """How the row stands; None when it is somebody else's by now."""
        async with self._database.house(reading=True) as connection:
            row = (
                await connection.execute(
                    select(InboxRow.status).where(InboxRow.id == claimed.id, InboxRow.fence == claimed.fence)
                )
            ).one_or_none()
        return row.status if row else None

    def _free(self) -> ColumnElement[bool]:
        return or_(InboxRow.lease_until.is_(None), InboxRow.lease_until <= self._clock.after(0))

    def _heads(self, platforms: Collection[str]) -> tuple[ColumnElement[bool], ...]:
        """The first unfinished row of each conversation, for these platforms."""
        every = aliased(InboxRow)
        heads = select(func.min(every.id)).where(every.status.in_(UNFINISHED)).group_by(every.conversation)
        # As an array it is looked up once; PostgreSQL, which does not know how many turns wait just now,
        # would look it up anew for each of them. SQLite does it once anyway.
        first: ColumnElement[bool] = InboxRow.id.in_(heads)
        if self._postgres:
            first = InboxRow.id == func.any(func.array(heads.scalar_subquery()))
        # Part of an expression, so that no index on platforms, which would lead through all that was ever
        # finished, looks tempting to the database.
        platform = InboxRow.platform.concat("")
        return (
            InboxRow.status.in_(UNFINISHED),
            first,
            platform.in_(list(platforms)),
        )


def open_queue(database: Database) -> Queue:
    """The queue of this database, with the bell that reaches everybody who works on it."""
    return Queue(database)
