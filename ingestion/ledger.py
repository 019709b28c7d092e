"""Who is at work in a collection, and what the last run over each source could not read.

One small SQLite file a collection. Its write lock is the lock of the run: the system takes it back when the
process ends, however it ends, so nothing is ever left locked.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingestion.errors import KnowledgeError
from ingestion.index.workspace import safe_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PATIENCE_S = 10.0
"""How long a run waits for another one in its collection before it gives up."""
LOOK_AGAIN_S = 0.1

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL, since TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS runs (source TEXT PRIMARY KEY, at TEXT NOT NULL, failed TEXT NOT NULL)",
)


class CollectionBusyError(KnowledgeError):
    """Another run is at work in the collection."""


@dataclass(frozen=True)
class Failure:
    """A file that could not be indexed, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Run:
    """The last finished run over a source."""

    source: str
    at: datetime
    failed: tuple[Failure, ...]


class Ledger:
    """Of one collection. `close` it."""

    def __init__(self, home: Path, workspace: str, collection: str) -> None:
        """Open or create. Raises KnowledgeError when its file cannot be used."""
        self._collection = collection
        self._path = home / "ingest" / f"{safe_name(workspace)}.{safe_name(collection)}.sqlite"
        with self._sentence_for_errors():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self._path, timeout=PATIENCE_S, isolation_level=None)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    @contextmanager
    def held(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Be the only run in the collection. What is noted meanwhile is kept when the block ends.

        Raises CollectionBusyError, with who holds it, after `patience_s`.
        """
        with self._sentence_for_errors():
            self._wait(patience_s)
            for statement in SCHEMA:
                self._db.execute(statement)
            self._db.execute("DELETE FROM holder")
            since = datetime.now(UTC).isoformat(timespec="seconds")
            self._db.execute("INSERT INTO holder VALUES (?, ?)", (os.getpid(), since))
            # Others can read who holds the lock only once it is committed; then it is taken for good.
            self._db.execute("COMMIT")
            self._wait(patience_s)
        try:
            yield
        finally:
            with self._sentence_for_errors():
                self._db.execute("COMMIT")

    def note(self, source: str, failed: Sequence[Failure]) -> None:
        """Remember what a finished run could not read. Only while held."""
        with self._sentence_for_errors():
            self._db.execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?)",
                (source, datetime.now(UTC).isoformat(), json.dumps([asdict(one) for one in failed])),
            )

    def forget(self) -> None:
        """Forget every run: the collection was removed. Only while held."""
        with self._sentence_for_errors():
            self._db.execute("DELETE FROM runs")

    def _wait(self, patience_s: float) -> None:
        """Begin to write. Asks again and again: inside SQLite's own waiting Ctrl-C is not heard."""
        self._db.execute("PRAGMA busy_timeout = 0")
        deadline = time.monotonic() + patience_s
        while True:
            try:
                self._db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                if time.monotonic() >= deadline:
                    raise CollectionBusyError(
                        f"Another run is at work in the collection '{self._collection}'{self._holder()}."
                        " Wait until it is done, or stop it, and run again."
                    ) from error
                time.sleep(LOOK_AGAIN_S)
            else:
                # Readers of the file hold a COMMIT up for a moment: that is worth waiting for inside SQLite.
                self._db.execute(f"PRAGMA busy_timeout = {int(PATIENCE_S * 1000)}")
                return

    def _holder(self) -> str:
        try:
            row = self._db.execute("SELECT pid, since FROM holder").fetchone()
        except sqlite3.Error:
            # Nobody has written a line yet, or is writing one right now.
            return ""
        return f" (process {row[0]}, since {row[1]})" if row else ""

    @contextmanager
    def _sentence_for_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise KnowledgeError(
                f"{self._path} cannot be used ({error}). It holds no documents: move it away and run again."
            ) from error


def runs_of(home: Path, workspace: str, collection: str) -> tuple[Run, ...]:
    """The last finished run over each source of the collection; changes nothing, waits for nobody."""
    path = home / "ingest" / f"{safe_name(workspace)}.{safe_name(collection)}.sqlite"
    if not path.exists():
        return ()
    with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as db:
        try:
            rows = db.execute("SELECT source, at, failed FROM runs ORDER BY source").fetchall()
        except sqlite3.OperationalError:
            # The first run has only begun.
            return ()
    return tuple(
        Run(source, datetime.fromisoformat(at), tuple(Failure(**one) for one in json.loads(failed)))
        for source, at, failed in rows
    )
