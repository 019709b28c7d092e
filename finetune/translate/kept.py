"""Translations kept on disk, so that a run that was stopped goes on and a second one costs nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

_SCHEMA = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, said TEXT NOT NULL, seal TEXT NOT NULL)"
_MOST_IN_A_QUERY = 500


class KeptTranslations:
    """A SQLite file of masked translations, each under a hash of engine, version, languages and masked text.

    The source is never written, only its hash. What is written is the engine's answer to a text that was
    redacted and masked, so it holds neither figures nor names; do not use it for calls that are not redacted.
    A row that does not match its seal is as good as none. A file that SQLite cannot read is set aside as
    `NAME.broken` and a new one begun. Safe for threads, and for several processes on one file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = self._opened()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # Locked or not writable: the file itself may be sound.
            self._db = self._begun_again()

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, timeout=30, check_same_thread=False, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute(_SCHEMA)
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def _begun_again(self) -> sqlite3.Connection:
        for ending in ("-wal", "-shm"):
            Path(f"{self._file}{ending}").unlink(missing_ok=True)
        self._file.replace(f"{self._file}.broken")
        return self._opened()

    def of(
        self, engine: str, version: str, languages: tuple[str, str], texts: Iterable[str]
    ) -> dict[str, str]:
        """Those of the texts that are known, and what they became."""
        keys = {_key(engine, version, languages, text): text for text in texts}
        wanted = list(keys)
        rows: list[tuple[str, str, str]] = []
        for start in range(0, len(wanted), _MOST_IN_A_QUERY):
            some = wanted[start : start + _MOST_IN_A_QUERY]
            marks = ",".join("?" * len(some))
            rows += self._run(f"SELECT key, said, seal FROM kept WHERE key IN ({marks})", some)  # noqa: S608 (marks)
        return {keys[key]: said for key, said, seal in rows if seal == _seal(key, said)}

    def keep(self, engine: str, version: str, languages: tuple[str, str], said: Mapping[str, str]) -> None:
        for text, translated in said.items():
            key = _key(engine, version, languages, text)
            self._run(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", [key, translated, _seal(key, translated)]
            )

    def _run(self, statement: str, values: list[str]) -> list[tuple[str, str, str]]:
        with self._lock:
            try:
                return self._db.execute(statement, values).fetchall()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                with suppress(sqlite3.Error):
                    self._db.close()
                self._db = self._begun_again()
                return self._db.execute(statement, values).fetchall()

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _key(engine: str, version: str, languages: tuple[str, str], text: str) -> str:
    return hashlib.sha256("\0".join((engine, version, *languages, text)).encode()).hexdigest()


def _seal(key: str, said: str) -> str:
    return hashlib.sha256(f"{key}\0{said}".encode()).hexdigest()[:16]
