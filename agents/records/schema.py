"""Which form the database is in, and how it moves to the form this code knows.

Alembic takes a fifth of a second to import, so an open reads the revision by plain SQL, and Alembic
comes in only when there is something to change.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from agents.records.errors import DatabaseUnavailable, SchemaTooNew

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HEAD = "0003"  # the newest file in migrations/versions; a test holds the two together

_OURS = re.compile(r"\d{4}")
_UPGRADE_LOCK = 0x5A1E5  # any number that every SalesMate agrees on


def migrations() -> Config:
    """Alembic's view of the migrations, without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


def revision_of(connection: Connection, where: str) -> str | None:
    """The database's revision, None for one without our tables.

    Raises SchemaTooNew if a newer SalesMate has upgraded it, and DatabaseUnavailable if its revision is
    not one of ours at all.
    """
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is None:
        return None
    if not _OURS.fullmatch(revision):
        raise DatabaseUnavailable(
            f"{where} belongs to another program. Give SalesMate a database of its own."
        )
    if revision > HEAD:
        raise SchemaTooNew(
            f"{where} was last used by a newer SalesMate (its schema is {revision}, this one knows {HEAD}). "
            "Update SalesMate, or choose another database with --db."
        )
    return revision


def migrate(connection: Connection, where: str) -> str | None:
    """Bring the database to HEAD inside the caller's transaction; return the revision it had.

    Two processes may start at once, so the revision is read again once nobody else can be changing it
    (on SQLite the caller's BEGIN IMMEDIATE is that lock). Raises what `revision_of` raises, and
    DatabaseUnavailable if a migration would leave rows that point nowhere.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
    before = revision_of(connection, where)
    if before != HEAD:
        from alembic import command

        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
        _refuse_dangling_rows(connection, where)
    return before


def _refuse_dangling_rows(connection: Connection, where: str) -> None:
    if connection.dialect.name != "sqlite":
        return
    tables = sorted({row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")})
    if tables:
        raise DatabaseUnavailable(
            f"{where} was not upgraded: rows in {', '.join(tables)} point at rows that are gone. "
            "Restore it from a backup, or choose another database with --db."
        )
