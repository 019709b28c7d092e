"""Vectors of passages, kept on this machine by their text.

A renamed document, another audience, another collection or a document changed in one place embeds little or
nothing, and a run that was killed inside a long document goes on where it was.
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING

import numpy as np

from ingestion.embed import DIMENSIONS, Embedder, Vectors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_KEPT = 100_000
"""Vectors; 160 MB on disk. Beyond that the oldest go."""
BUSY_TIMEOUT_SECONDS = 10.0


class KeptVectors:
    """An embedder that asks `inner` only for what is not in the file `path` yet. For one thread.

    The file is a convenience: where it cannot be written, everything is embedded as if there were none.
    """

    def __init__(self, inner: Embedder, path: Path, most: int = MOST_KEPT) -> None:
        self.name = inner.name
        self._inner = inner
        self._most = most
        self._db = _open(path)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As any embedder."""
        keys = [hashlib.sha256(f"{self.name}\n{text}".encode()).digest() for text in texts]
        known = self._known(keys)
        strange = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if strange:
            fresh = dict(zip(strange, self._inner.embed(list(strange.values())), strict=True))
            self._keep(fresh)
            known |= fresh
        return np.stack([known[key] for key in keys]) if keys else np.zeros((0, DIMENSIONS), np.float32)

    def close(self) -> None:
        """Give the file back."""
        if self._db is not None:
            self._db.close()

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        if self._db is None or not keys:
            return {}
        marks = ",".join("?" * len(keys))
        try:
            rows = self._db.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", keys)  # noqa: S608 - marks only
            return {key: np.frombuffer(vector, "<f4").astype(np.float32) for key, vector in rows}
        except sqlite3.Error:
            return {}

    def _keep(self, fresh: dict[bytes, Vectors]) -> None:
        if self._db is None:
            return
        try:
            with self._db:
                self._db.executemany(
                    "INSERT OR IGNORE INTO vectors (key, vector) VALUES (?, ?)",
                    [(key, np.asarray(vector, "<f4").tobytes()) for key, vector in fresh.items()],
                )
                self._db.execute(
                    "DELETE FROM vectors WHERE number <= (SELECT max(number) FROM vectors) - ?", (self._most,)
                )
        except sqlite3.Error:
            # A full or busy disk keeps nothing more; the documents matter, not this file.
            self._db.close()
            self._db = None


def _open(path: Path) -> sqlite3.Connection | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS)
    except (sqlite3.Error, OSError):
        return None
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(
            "CREATE TABLE IF NOT EXISTS vectors (number INTEGER PRIMARY KEY AUTOINCREMENT,"
            " key BLOB NOT NULL UNIQUE, vector BLOB NOT NULL)"
        )
    except sqlite3.Error:
        db.close()
        return None
    return db
