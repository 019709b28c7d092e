"""The queue as an operator and a monitor see it: how much waits, what was given up. Never what was said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, func, literal_column, select, update

from agents.records.queue_tables import InboxRow
from agents.records.tables import UtcDateTime, now
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from agents.records.database import Database
    from bot.turns.incoming import Kind

OPEN = ("queued", "running", "answered")
FINISHED = ("done", "stopped", "dropped")
"""For good; a dead turn waits for an operator."""
# Written out, because PostgreSQL uses the index of unfinished rows only for what it can read.
UNFINISHED: tuple[ColumnElement[str], ...] = tuple(literal_column(f"'{status}'") for status in OPEN)


@dataclass(frozen=True)
class Entry:
    """A turn in the list."""

    id: int
    platform: str
    tenant: str
    kind: str
    conversation: str
    status: str
    attempts: int
    error: str
    received_at: datetime

    @property
    def age_s(self) -> float:
        return (now() - self.received_at).total_seconds()


class Backlog:
    """What waits and what was given up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entries(self, statuses: Collection[str] = (*OPEN, "dead"), limit: int = 100) -> list[Entry]:
        """Turns in these states, oldest first."""
        columns = [getattr(InboxRow, name) for name in Entry.__dataclass_fields__]
        wanted = select(*columns).where(InboxRow.status.in_(list(statuses))).order_by(InboxRow.id)
        async with self._database.house(reading=True) as connection:
            return [Entry(*row) for row in await connection.execute(wanted.limit(limit))]

    async def counts(self) -> dict[str, int]:
        """Turns by state; those that are finished are not counted."""
        counted = (
            select(InboxRow.status, func.count().label("turns"))
            .where(InboxRow.status.in_([*OPEN, "dead"]))
            .group_by(InboxRow.status)
        )
        async with self._database.house(reading=True) as connection:
            found = {row.status: row.turns for row in await connection.execute(counted)}
        return {status: found.get(status, 0) for status in (*OPEN, "dead")}

    async def oldest_waiting_s(self) -> float:
        """For how many seconds the oldest unfinished turn has been here; 0 when nothing waits."""
        oldest = select(func.min(InboxRow.received_at, type_=UtcDateTime())).where(InboxRow.status.in_(OPEN))
        async with self._database.house(reading=True) as connection:
            since = (await connection.execute(oldest)).scalar_one_or_none()
        return 0.0 if since is None else max(0.0, (now() - since).total_seconds())

    async def unfinished(self, platform: str, tenant: str, person: str, kinds: Collection[Kind]) -> bool:
        """Whether something of these kinds that she did is not done yet."""
        hers = select(InboxRow.id).where(
            InboxRow.platform == platform,
            InboxRow.tenant == tenant,
            InboxRow.person == person,
            InboxRow.kind.in_([kind.value for kind in kinds]),
            InboxRow.status.in_(UNFINISHED),
        )
        async with self._database.house(reading=True) as connection:
            return (await connection.execute(hers.limit(1))).first() is not None

    @unbroken
    async def drop(self, ids: Collection[int]) -> list[int]:
        """Give up turns that are queued or dead, without a word to anybody. Returns which."""
        async with self._database.house() as connection:
            gone = await connection.execute(
                update(InboxRow)
                .where(InboxRow.id.in_(list(ids)), InboxRow.status.in_(("queued", "dead")))
                .values(status="dropped", finished_at=now(), data={})
                .returning(InboxRow.id)
            )
            return sorted(gone.scalars())

    @unbroken
    async def drop_tenant(self, platform: str, tenant: str) -> int:
        """Give up everything unfinished of a tenant who has left, without a word: nobody could hear it."""
        async with self._database.house() as connection:
            gone = await connection.execute(
                update(InboxRow)
                .where(
                    InboxRow.platform == platform, InboxRow.tenant == tenant, InboxRow.status.in_(UNFINISHED)
                )
                .values(status="dropped", fence=InboxRow.fence + 1, finished_at=now(), data={})
            )
        return gone.rowcount

    @unbroken
    async def prune(self, older_than: timedelta) -> int:
        """Forget what was finished longer ago. Not sooner than a platform may send an event again: the row
        is what it is recognised by."""
        async with self._database.house() as connection:
            gone = await connection.execute(
                delete(InboxRow).where(
                    InboxRow.status.in_(FINISHED), InboxRow.finished_at < now() - older_than
                )
            )
        return gone.rowcount
