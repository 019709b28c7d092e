"""The outbox: what a turn tells people, in order, each until the platform has taken it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, Table, Update, and_, bindparam, insert, select, update

from agents.records.queue_tables import InboxRow, OutboxRow
from agents.records.storable import storable
from agents.records.tables import now
from agents.records.unbroken import unbroken
from bot.presentation import Outgoing
from bot.turns.ports import LostLease, Posting, Receipt, Undeliverable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from agents.records.database import Database
    from bot.turns.claimed import Claimed
    from bot.turns.incoming import Incoming
    from bot.turns.ports import Work
    from bot.turns.queue import Queue

GONE = "undeliverable"
SETTLED = ("delivered", GONE)

INBOX, OUTBOX = cast(Table, InboxRow.__table__), cast(Table, OutboxRow.__table__)


def _held_as(status: str) -> ColumnElement[bool]:
    mine = and_(INBOX.c.id == bindparam("held"), INBOX.c.fence == bindparam("held_fence"))
    return and_(mine, INBOX.c.status == status)


def _of_a_letter(**values: Any) -> Update:
    # Locked, so that nobody takes the turn over between this look and the commit.
    held = select(INBOX.c.id).where(_held_as("answered")).with_for_update(read=True)
    mine = (OUTBOX.c.inbox.in_(held), OUTBOX.c.position == bindparam("at_position"))
    return update(OUTBOX).where(*mine).values(**values)


# Built once: every turn needs them, and to build a statement costs more than to run it.
ANSWER = (
    update(INBOX)
    .where(_held_as("running"))
    .values(
        status="answered",
        error=bindparam("why"),
        stop_asked=bindparam("stopping"),
        finished_at=bindparam("at"),
    )
)
END = update(INBOX).where(_held_as("answered")).values(status=bindparam("to"), lease_until=None, owner=None)
SENDING = _of_a_letter(status="sending")
FAILED = _of_a_letter(status=bindparam("to"), error=bindparam("why"), attempts=bindparam("tried"))
SET_ASIDE = _of_a_letter(status=GONE, error=bindparam("why"))
DELIVERED = _of_a_letter(
    status="delivered",
    channel=bindparam("in_channel"),
    message=bindparam("as_message"),
    delivered_at=bindparam("at"),
)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A row of the outbox."""

    position: int
    outgoing: Outgoing
    status: str
    attempts: int
    maybe_posted: bool
    channel: str = ""
    message: str = ""


class Outbox:
    """Every write holds only while the turn is still this worker's; otherwise LostLease is raised, and the
    transaction it stands in is undone."""

    def __init__(self, database: Database, queue: Queue) -> None:
        self._database = database
        self._queue = queue

    @unbroken
    async def fill(
        self,
        claimed: Claimed,
        outgoing: Sequence[Outgoing],
        then: Incoming | None = None,
        *,
        error: str = "",
        stopped: bool = False,
    ) -> None:
        """The turn is answered with this, and `then` follows it. It ends as dead with an `error`, as stopped,
        or as done.

        Joins `Database.together`. The first row is put down as being sent at once: whoever fills the outbox
        sends it next, and a commit is saved.
        """
        async with self._write(claimed) as connection:
            values = {"why": error, "stopping": stopped, "at": now()}
            await _change(connection, ANSWER, claimed, **values)
            if outgoing:
                rows = [_row(claimed, *one) for one in enumerate(outgoing)]
                await connection.execute(insert(OUTBOX), rows)
            else:
                await _change(connection, END, claimed, to=_end(error, stopped=stopped))
            if then is not None:
                await self._queue.put_along(connection, then)

    async def letters(self, claimed: Claimed) -> list[Letter]:
        """All rows of a turn."""
        async with self._database.house(reading=True) as connection:
            rows = await connection.execute(
                select(OutboxRow.__table__).where(OutboxRow.inbox == claimed.id).order_by(OutboxRow.position)
            )
            return [
                Letter(
                    position=row.position,
                    outgoing=Outgoing.model_validate(row.outgoing),
                    status=row.status,
                    attempts=row.attempts,
                    maybe_posted=row.status == "sending",
                    channel=row.channel,
                    message=row.message,
                )
                for row in rows
            ]

    @unbroken
    async def sending(self, claimed: Claimed, position: int) -> None:
        """From now on it may have reached the platform."""
        async with self._write(claimed) as connection:
            await _change(connection, SENDING, claimed, at_position=position)

    @unbroken
    async def failed(
        self, claimed: Claimed, position: int, reason: str, attempts: int, *, maybe_posted: bool
    ) -> None:
        """The platform did not take it."""
        values = {"to": "sending" if maybe_posted else "pending", "why": reason, "tried": attempts}
        async with self._write(claimed) as connection:
            await _change(connection, FAILED, claimed, at_position=position, **values)

    @unbroken
    async def delivered(
        self, claimed: Claimed, letter: Letter, receipt: Receipt, work: Work, following: int | None
    ) -> None:
        """It reached the person: one transaction with whatever `work` notes about it, and with the beginning
        of the `following` one, or with the end of the turn."""
        landed = {"in_channel": receipt.channel, "as_message": receipt.message, "at": now()}
        async with self._database.together(claimed.incoming.tenant) as session:
            connection = await session.connection()
            await _change(connection, DELIVERED, claimed, at_position=letter.position, **landed)
            await work.delivered(claimed.incoming, letter.outgoing, receipt)
            await _go_on(connection, claimed, following)

    @unbroken
    async def undeliverable(
        self, claimed: Claimed, position: int, reason: str, following: int | None
    ) -> None:
        """It never will; what follows is not held up by it."""
        async with self._write(claimed) as connection:
            await _change(connection, SET_ASIDE, claimed, at_position=position, why=reason)
            await _go_on(connection, claimed, following)

    @unbroken
    async def close(self, claimed: Claimed) -> None:
        """Everything was told before."""
        async with self._write(claimed) as connection:
            await _go_on(connection, claimed, None)

    @asynccontextmanager
    async def _write(self, claimed: Claimed) -> AsyncIterator[AsyncConnection]:
        async with self._database.writing(claimed.incoming.tenant) as session:
            yield await session.connection()


def fresh(outgoing: Sequence[Outgoing]) -> list[Letter]:
    """The rows that `fill` has just written."""
    return [
        Letter(
            position=position,
            outgoing=one,
            status="pending" if position else "sending",
            attempts=0,
            maybe_posted=False,
        )
        for position, one in enumerate(outgoing)
    ]


def posting(claimed: Claimed, letter: Letter, first: Letter) -> Posting:
    """A letter on its way. Raises Undeliverable if it belongs under one that is not there."""
    outgoing = letter.outgoing
    if outgoing.under_first and letter.position:
        if first.status != "delivered" or not first.message:
            raise Undeliverable("nothing to stand under")
        place = outgoing.place.model_copy(update={"channel": first.channel, "thread": first.message})
        outgoing = outgoing.model_copy(update={"place": place})
    incoming = claimed.incoming
    name = f"{incoming.platform} {incoming.tenant} {incoming.event_key} {claimed.id} {letter.position}"
    stands_in = letter.position == 0 and outgoing.content.kind == "message" and not outgoing.replaces
    return Posting(
        key=hashlib.sha256(name.encode()).hexdigest()[:32],
        tenant=incoming.tenant,
        outgoing=outgoing,
        maybe_posted=letter.maybe_posted,
        placeholder=claimed.placeholder if stands_in else "",
        since=claimed.received_at.timestamp(),
    )


def _end(error: str, *, stopped: bool) -> str:
    return "dead" if error else "stopped" if stopped else "done"


def _row(claimed: Claimed, position: int, outgoing: Outgoing) -> dict[str, Any]:
    return {
        "inbox": claimed.id,
        "position": position,
        "outgoing": storable(outgoing.model_dump(mode="json")),
        "status": "pending" if position else "sending",
    }


async def _change(connection: AsyncConnection, change: Update, claimed: Claimed, **values: Any) -> None:
    """Raises LostLease if the turn is not this worker's any more."""
    held = {"held": claimed.id, "held_fence": claimed.fence}
    if not (await connection.execute(change, held | values)).rowcount:
        raise LostLease


async def _go_on(connection: AsyncConnection, claimed: Claimed, following: int | None) -> None:
    if following is not None:
        await _change(connection, SENDING, claimed, at_position=following)
    else:
        end = _end(claimed.error, stopped=claimed.stopped)
        await _change(connection, END, claimed, to=end)
