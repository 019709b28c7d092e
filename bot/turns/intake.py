"""Putting things in. Whatever arrives while a commit is under way shares the next one: under load a commit
costs as much as a turn, and the platform waits for it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from agents.records.queue_tables import InboxRow
from agents.records.storable import storable
from agents.records.unbroken import unbroken
from bot.turns.bell import TURN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from agents.records.database import Database
    from bot.turns.bell import Bell
    from bot.turns.clock import Clock
    from bot.turns.incoming import Incoming

MOST_TOGETHER = 100
"""Rows a commit."""

LOCK = text("SELECT pg_advisory_xact_lock(hashtext(c)) FROM unnest(CAST(:conversations AS text[])) AS c")
Key = tuple[str, str, str]


class Intake:
    """Makes what comes in durable, once each."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock
        self._postgres = database.engine.dialect.name == "postgresql"
        self._insert = postgresql.insert if self._postgres else sqlite.insert
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def put(self, incoming: Incoming) -> bool:
        """Keep it, and return once it is kept: True, or False when it was there already."""
        row = _row(incoming)  # what cannot be kept is refused alone, not with whoever shares the commit
        put: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, put))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await put

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            try:
                new = await self._write([row for row, _ in batch])
            except Exception as error:  # whoever waits is told, each of them
                for _, put in batch:
                    if not put.done():
                        put.set_exception(error)
                continue
            for row, put in batch:
                key = _key(row)
                if not put.done():
                    put.set_result(key in new)
                new.discard(key)
        self._writing = None

    async def write(self, connection: AsyncConnection, incoming: Sequence[Incoming]) -> None:
        """Keep these in a transaction of the caller's."""
        await self._insert_rows(connection, [_row(one) for one in incoming])

    @unbroken
    async def _write(self, rows: list[dict[str, Any]]) -> set[Key]:
        async with self._database.house(hurried=True) as connection:
            return await self._insert_rows(connection, rows)

    async def _insert_rows(self, connection: AsyncConnection, rows: list[dict[str, Any]]) -> set[Key]:
        key = (InboxRow.platform, InboxRow.tenant, InboxRow.event_key)
        present = self._clock.after(0)
        insert = (
            self._insert(InboxRow)
            .values(due_at=present, received_at=present)
            .on_conflict_do_nothing(index_elements=list(key))
            .returning(*key)
        )
        await self.lock(connection, sorted({row["conversation"] for row in rows}))
        found = await connection.execute(insert, rows)
        new = {(row.platform, row.tenant, row.event_key) for row in found}
        if new:
            await self._bell.ring(connection, TURN)
        return new

    async def lock(self, connection: AsyncConnection, conversations: Sequence[str]) -> None:
        """Let nobody else put into these until the transaction is over: ids within a conversation follow the
        order of the commits, also across processes."""
        if self._postgres:
            await connection.execute(LOCK, {"conversations": list(conversations)})


def _key(row: dict[str, Any]) -> Key:
    return row["platform"], row["tenant"], row["event_key"]


def _row(incoming: Incoming) -> dict[str, Any]:
    row = storable(
        {
            "platform": incoming.platform,
            "tenant": incoming.tenant,
            "event_key": incoming.event_key,
            "conversation": incoming.conversation,
            "kind": incoming.kind.value,
            "person": incoming.person,
            "place": incoming.place.model_dump(mode="json"),
            "data": incoming.data,
        }
    )
    json.dumps(row["data"], allow_nan=False)
    return row
