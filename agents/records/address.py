"""Where the database is: from what people write to what SQLAlchemy takes, and back to words."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from agents.records.errors import DatabaseUnavailable

_HOW = "Give a file (records.sqlite), sqlite:///folder/records.sqlite or postgresql://user:password@host/database."
_POSTGRES = ("postgresql", "postgres")

# asyncpg's own, and libpq's names for two of them, which is what hosting companies hand out.
_SPELLINGS = {"sslmode": "ssl", "dbname": "database"}
_OPTIONS = (
    "database",
    "host",
    "passfile",
    "password",
    "port",
    "prepared_statement_cache_size",
    "ssl",
    "user",
)


def normalise_url(url: str) -> URL:
    """The database that `url` names, with its async driver: a plain path is a SQLite file.

    It stays a URL object because its text form masks the password, so it cannot slip into a message.
    Raises DatabaseUnavailable for what is no address of a SQLite file or a PostgreSQL database.
    """
    url = url.strip()
    if "://" not in url:
        return _file(url)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Not chained: what could not be read may be part of a password with a stray ':' or '/'.
        raise DatabaseUnavailable(f"The database address cannot be read. {_HOW}") from None
    kind = parsed.drivername.partition("+")[0]
    if kind == "sqlite":
        return _file(parsed.database or "")
    if kind in _POSTGRES:
        return _postgres(parsed)
    raise DatabaseUnavailable(f"Records are kept in SQLite or PostgreSQL, not in {kind!r}. {_HOW}")


def describe(url: URL) -> str:
    """The database in words for a person, without user name, password or options."""
    if url.get_backend_name() == "sqlite":
        return f"The database {url.database}"
    host = url.query.get("host", url.host) or "this machine"
    port = f":{url.port}" if url.port else ""
    return f"The PostgreSQL database {url.database!r} on {host}{port}"


def _file(path: str) -> URL:
    if path in ("", ":memory:"):
        raise DatabaseUnavailable(f"Records need a database that outlives the program. {_HOW}")
    return URL.create("sqlite+aiosqlite", database=str(Path(path).expanduser()))


def _postgres(url: URL) -> URL:
    query = {_SPELLINGS.get(option, option): value for option, value in url.query.items()}
    if unknown := sorted(query.keys() - set(_OPTIONS)):
        raise DatabaseUnavailable(
            f"The database address has an option that is not understood: {unknown[0]!r}. "
            f"Take it out; there are {', '.join(_OPTIONS)}."
        )
    return url.set(drivername="postgresql+asyncpg", query=query)
