"""The outbox: what a turn tells people, in order, each until the platform has taken it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from agents.records.queue_tables import InboxRow, OutboxRow
from agents.records.storable import storable
from agents.records.tables import now
from agents.records.unbroken import unbroken
from bot.presentation import Outgoing
from bot.turns.ports import LostLease, Posting, Receipt, Undeliverable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from agents.records.database import Database
    from bot.turns.claimed import Claimed
    from bot.turns.ports import Work

GONE = "undeliverable"
SETTLED = ("delivered", GONE)


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

    def __init__(self, database: Database) -> None:
        self._database = database

    @unbroken
    async def fill(
        self, claimed: Claimed, outgoing: Sequence[Outgoing], *, error: str = "", stopped: bool = False
    ) -> None:
        """The turn is answered with this. It ends as dead with an `error`, as stopped, or as done.

        Joins `Database.together`. The first row is put down as being sent at once: whoever fills the outbox
        sends it next, and a commit is saved.
        """
        status = "answered" if outgoing else _end(error, stopped=stopped)
        values: dict[str, Any] = {"error": error, "stop_asked": stopped, "finished_at": now()}
        if not outgoing:
            values |= {"lease_until": None, "owner": None}
        async with self._database.writing(claimed.incoming.tenant) as session:
            await _hold(session, claimed, "running", status=status, **values)
            if outgoing:
                await session.execute(insert(OutboxRow), [_row(claimed, *one) for one in enumerate(outgoing)])

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
        async with self._database.writing(claimed.incoming.tenant) as session:
            await _note(session, claimed, position, status="sending")

    @unbroken
    async def failed(
        self, claimed: Claimed, position: int, reason: str, attempts: int, *, maybe_posted: bool
    ) -> None:
        """The platform did not take it."""
        status = "sending" if maybe_posted else "pending"
        async with self._database.writing(claimed.incoming.tenant) as session:
            await _note(session, claimed, position, status=status, error=reason, attempts=attempts)

    @unbroken
    async def delivered(
        self, claimed: Claimed, letter: Letter, receipt: Receipt, work: Work, following: int | None
    ) -> None:
        """It reached the person: one transaction with whatever `work` notes about it, and with the beginning
        of the `following` one, or with the end of the turn."""
        async with self._database.together(claimed.incoming.tenant) as session:
            await _note(
                session,
                claimed,
                letter.position,
                status="delivered",
                channel=receipt.channel,
                message=receipt.message,
                delivered_at=now(),
            )
            await work.delivered(claimed.incoming, letter.outgoing, receipt)
            await _go_on(session, claimed, following)

    @unbroken
    async def undeliverable(
        self, claimed: Claimed, position: int, reason: str, following: int | None
    ) -> None:
        """It never will; what follows is not held up by it."""
        async with self._database.writing(claimed.incoming.tenant) as session:
            await _note(session, claimed, position, status=GONE, error=reason)
            await _go_on(session, claimed, following)

    @unbroken
    async def close(self, claimed: Claimed) -> None:
        """Everything was told before."""
        async with self._database.writing(claimed.incoming.tenant) as session:
            await _go_on(session, claimed, None)


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


async def _hold(session: AsyncSession, claimed: Claimed, held_as: str, **values: Any) -> None:
    held = (InboxRow.id == claimed.id, InboxRow.fence == claimed.fence, InboxRow.status == held_as)
    changed = await session.execute(
        update(InboxRow).where(*held).values(values).returning(InboxRow.id),
        execution_options={"synchronize_session": False},
    )
    if changed.one_or_none() is None:
        raise LostLease


async def _note(session: AsyncSession, claimed: Claimed, position: int, **values: Any) -> None:
    # Locked, so that nobody takes the turn over between this look and the commit.
    held = (
        select(InboxRow.id)
        .where(InboxRow.id == claimed.id, InboxRow.fence == claimed.fence, InboxRow.status == "answered")
        .with_for_update(read=True)
    )
    changed = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.inbox.in_(held), OutboxRow.position == position)
        .values(values)
        .returning(OutboxRow.id),
        execution_options={"synchronize_session": False},
    )
    if changed.one_or_none() is None:
        raise LostLease


async def _go_on(session: AsyncSession, claimed: Claimed, following: int | None) -> None:
    if following is not None:
        await _note(session, claimed, following, status="sending")
        return
    end = _end(claimed.error, stopped=claimed.stopped)
    await _hold(session, claimed, "answered", status=end, lease_until=None, owner=None)
