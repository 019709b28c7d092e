"""The records of this machine's one local user, without anything that thinks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents.records.database import open_database
from agents.records.settings import RecordsSettings
from agents.records.store import Records


@asynccontextmanager
async def open_records(database_url: str | None = None) -> AsyncIterator[Records]:
    """Open, and close at the end. Raises what opening the database raises (see `open_database`)."""
    database = await open_database(database_url or RecordsSettings().database)
    try:
        yield Records(database)
    finally:
        await database.close()
