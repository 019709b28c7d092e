"""From a driver's exception to one sentence for a person, without passwords or anybody's words."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from agents.records.address import describe
from agents.records.errors import DatabaseUnavailable, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

_ELSEWHERE = "or choose another database with --db or SALESMATE_DATABASE_URL"
_NOT_WRITABLE = f"cannot be written. Check the permissions of the file and its folder, {_ELSEWHERE}."
_UNREACHABLE = f"cannot be reached. Check that it runs and that the address is right, {_ELSEWHERE}."
_DAMAGED = f"is damaged or not a SQLite database. Restore it from a backup, {_ELSEWHERE}."

# What the drivers' messages contain, most telling first. Neither driver offers codes for all of these.
_SAYINGS = {
    "not a database": _DAMAGED,
    "malformed": _DAMAGED,
    "unsupported file format": _DAMAGED,
    "Could not decode": _DAMAGED,
    "readonly database": _NOT_WRITABLE,
    "unable to open": _NOT_WRITABLE,
    "locked": "is in use by another program that does not let go. Close it and try again.",
    "is full": "has no room left: the disk is full. Make room and try again.",
    "password authentication failed": "refused the user name or password. Correct SALESMATE_DATABASE_URL.",
    "already exists": "holds another program's tables. Give SalesMate a database of its own.",
    "no such table": _DAMAGED,
    'relation "': "lacks a table that SalesMate made. Restore it from a backup.",
    "does not exist": f"does not exist there, or its user does not. Create it, {_ELSEWHERE}.",
    "permission denied": "does not let its user create and change tables. Grant it that right.",
}


@contextmanager
def explain(address: URL) -> Iterator[None]:
    """Turn a failure of the database into DatabaseUnavailable, or WriteRefused.

    The driver's own error is not chained: it may quote a row, and so end up in a log with what a rep said.
    """
    try:
        yield
    except _failures(address) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        kind = WriteRefused if isinstance(error, IntegrityError | DataError) else DatabaseUnavailable
        raise kind(f"{describe(address)} {_sentence(address, cause)}") from None


def _failures(address: URL) -> tuple[type[Exception], ...]:
    """What SQLAlchemy raises, what `database` meets while trying a file, and what asyncpg raises while
    connecting, which SQLAlchemy passes on as it is."""
    if address.get_backend_name() != "postgresql":
        return (DBAPIError, NoConnectionFree, sqlite3.Error, OSError)
    import asyncpg  # only who uses PostgreSQL pays for it

    return (DBAPIError, NoConnectionFree, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


def _sentence(address: URL, cause: BaseException | None) -> str:
    if isinstance(cause, OSError):
        return _NOT_WRITABLE if address.get_backend_name() == "sqlite" else _UNREACHABLE
    message = str(cause)
    for saying, sentence in _SAYINGS.items():
        if saying in message:
            return sentence
    # SQLite's name of the error, or the name of PostgreSQL's underneath SQLAlchemy's wrapping.
    kind = (
        getattr(cause, "sqlite_errorname", None) or type(getattr(cause, "__cause__", None) or cause).__name__
    )
    return f"cannot be used ({kind}). Check its log and its disk, {_ELSEWHERE}."
