"""Opening the database, and the only two ways into it: a reading and a writing session of one tenant."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import asynccontextmanager, closing, nullcontext
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, with_loader_criteria

from agents.records.address import describe, normalise_url
from agents.records.errors import SchemaOutOfDate
from agents.records.faults import explain
from agents.records.schema import HEAD, migrate, revision_of
from agents.records.storable import storable
from agents.records.tables import TenantOwned
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy import URL, Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.orm import ORMExecuteState, UOWTransaction
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 5_000  # how long a SQLite writer waits for another one
CONNECT_TIMEOUT_S = 10  # PostgreSQL; asyncpg's own default is a minute
CONNECTIONS = 15  # at most so many at once; opened as they are needed
AT_WORK = 8  # of them: one process does no more at once, and the more begin, the longer each waits its turn
RESERVED = 3  # of them, on PostgreSQL: for who is in a hurry, and one for who listens


class Database:
    """An open database whose schema is the one this code knows. Close it when done."""

    def __init__(self, engine: AsyncEngine, connections: int = CONNECTIONS) -> None:
        self.revision = HEAD
        self.where = describe(engine.url)
        self._engine = engine
        self._writers = engine.execution_options(begin="IMMEDIATE")
        self._sessions = async_sessionmaker(expire_on_commit=False, sync_session_class=_TenantSession)
        self._joined: ContextVar[AsyncSession | None] = ContextVar("joined", default=None)
        # SQLite has one writer at a time, and whoever has to wait asks again and again until it is lucky.
        # In this process writers queue up instead: nobody starves, and nobody waits longer than needed.
        self._writer = asyncio.Lock() if engine.dialect.name == "sqlite" else None
        # Who is in a hurry waits for one of the others at most, not for all of them.
        self._queue = asyncio.Semaphore(1 if self._writer else max(1, min(AT_WORK, connections - RESERVED)))

    def reading(self, tenant: str) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that sees this tenant's rows only. Raises DatabaseUnavailable if the database fails."""
        return self._session(self._engine, tenant)

    def writing(self, tenant: str) -> AbstractAsyncContextManager[AsyncSession]:
        """As `reading`, in one transaction that is committed at the end and undone by any exception.

        On SQLite it takes the write lock at once, so it waits its turn instead of failing half-way.
        """
        return self._session(self._writers, tenant)

    @asynccontextmanager
    async def together(self, tenant: str) -> AsyncIterator[AsyncSession]:
        """One transaction for everything that is written or read in the block, by whichever records of this
        tenant: all of it is kept, or none. Nothing in the block may think or wait: others wait for it."""
        async with self._session(self._writers, tenant) as session:
            joined = self._joined.set(session)
            try:
                yield session
            finally:
                self._joined.reset(joined)

    @asynccontextmanager
    async def house(self, *, reading: bool = False, hurried: bool = False) -> AsyncIterator[AsyncConnection]:
        """One transaction on the tables that belong to no tenant, such as the queue of turns.

        `hurried` passes by all others that wait in this process; for what a platform waits for. It
        cannot be opened inside `together`, which it would wait for. Raises DatabaseUnavailable.
        """
        if self._joined.get() is not None:
            raise ValueError("A tenant's transaction is open; what belongs to no tenant has to wait.")
        engine = self._engine if reading else self._writers
        with explain(engine.url):
            async with self._alone(engine, hurried=hurried), engine.begin() as connection:
                yield connection

    @property
    def engine(self) -> AsyncEngine:
        """For what needs a connection of its own for long, such as listening for notifications."""
        return self._engine

    @unbroken
    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine, tenant: str) -> AsyncIterator[AsyncSession]:
        joined = self._joined.get()
        if joined is not None:
            if joined.info["tenant"] != tenant:
                raise ValueError("A transaction belongs to one tenant.")
            yield joined
            return
        with explain(engine.url):
            async with (
                self._alone(engine),
                self._sessions(bind=engine, info={"tenant": tenant}) as session,
                session.begin(),
            ):
                yield session

    @asynccontextmanager
    async def _alone(self, engine: AsyncEngine, *, hurried: bool = False) -> AsyncIterator[None]:
        if self._writer is not None and engine is not self._writers:
            yield  # a SQLite file is read while it is written
            return
        async with nullcontext() if hurried else self._queue, self._writer or nullcontext():
            yield


@unbroken
async def open_database(url: str, *, connections: int = CONNECTIONS) -> Database:
    """Open the database, creating or upgrading it where that is safe to do unasked.

    It is used over at most so many connections at once; whoever finds none free waits for one.

    An empty database, and an older SQLite file (which has one user), is brought up to date at once; an
    older PostgreSQL raises SchemaOutOfDate, because replicas of the older SalesMate may still be using it.
    Raises SchemaTooNew if a newer SalesMate has used it, DatabaseUnavailable if it cannot be used at all.
    """
    address = normalise_url(url)
    with explain(address):
        await _try_file(address)
        engine = _engine(address, connections=connections)
        try:
            async with engine.connect() as connection:
                revision = await connection.run_sync(revision_of, describe(address))
            if revision != HEAD:
                _refuse_unasked_upgrade(address, revision)
                await _upgrade(address)
        except BaseException:
            await engine.dispose()
            raise
    return Database(engine, connections)


@unbroken
async def upgrade(url: str) -> str | None:
    """Bring the database to HEAD and return the revision it had (None if it was empty).

    Raises SchemaTooNew and DatabaseUnavailable as `open_database` does. It runs in one transaction: it
    either happens or it does not.
    """
    address = normalise_url(url)
    with explain(address):
        await _try_file(address)
        return await _upgrade(address)


async def _upgrade(address: URL) -> str | None:
    # SQLite alters a table by copying it, and dropping the old copy would cascade into its children.
    engine = _engine(address, foreign_keys=False)
    try:
        async with engine.execution_options(begin="IMMEDIATE").begin() as connection:
            return await connection.run_sync(migrate, describe(address))
    finally:
        await engine.dispose()


def _refuse_unasked_upgrade(address: URL, revision: str | None) -> None:
    if revision is not None and address.get_backend_name() == "postgresql":
        raise SchemaOutOfDate(
            f"{describe(address)} has an older schema ({revision}, this SalesMate needs {HEAD}). "
            "Run: salesmate db upgrade"
        )


async def _try_file(address: URL) -> None:
    """Make the folder and take the write lock once, so that what is wrong with a SQLite file is said now.

    With the plain driver, because an aiosqlite connection that fails to open leaves a thread behind that
    prints its own traceback when the event loop is gone.
    """
    if address.get_backend_name() == "sqlite" and address.database:
        await asyncio.to_thread(_try_to_write, Path(address.database))


def _try_to_write(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # kept in the file: a reader and the writer at once
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _engine(address: URL, *, foreign_keys: bool = True, connections: int = CONNECTIONS) -> AsyncEngine:
    sqlite = address.get_backend_name() == "sqlite"
    engine = create_async_engine(
        address,
        # What a rep said must not reach a log through an exception's text.
        hide_parameters=True,
        json_serializer=partial(json.dumps, ensure_ascii=False, allow_nan=False),
        pool_pre_ping=not sqlite,
        pool_size=connections,
        max_overflow=0,
        connect_args={} if sqlite else {"timeout": CONNECT_TIMEOUT_S},
    )
    if sqlite:
        event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, foreign_keys=foreign_keys))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry, *, foreign_keys: bool) -> None:
    """FULL, because with NORMAL a power cut may take back a commit of a line that the rep saw accepted; two
    more fsyncs a turn go unnoticed by people."""
    connection.isolation_level = None  # Python's sqlite3 would begin transactions late, and not for reads
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")


class _TenantSession(Session):
    """Adds its tenant to every query and every new row, so that no query can forget to."""


@event.listens_for(_TenantSession, "do_orm_execute")
def _see_own_rows(query: ORMExecuteState) -> None:
    if query.is_insert:
        return  # an insert names its own row, and has nothing to filter
    tenant = query.session.info["tenant"]
    query.statement = query.statement.options(
        with_loader_criteria(TenantOwned, lambda row: row.tenant == tenant, include_aliases=True)
    )


@event.listens_for(_TenantSession, "before_flush")
def _write_own_rows(session: Session, _flush: UOWTransaction, _instances: Any) -> None:
    for row in (*session.new, *session.dirty):
        if isinstance(row, TenantOwned):
            row.tenant = session.info["tenant"]
        for name in row.__mapper__.column_attrs.keys() & row.__dict__.keys():
            setattr(row, name, storable(getattr(row, name)))
