"""The embedded index: one SQLite file, BM25 by FTS5, exact cosines by a matrix each process keeps in memory.

At 20,000 chunks a query takes 1 ms for the cosines; stores made for one machine took 2 to 40 ms.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingestion.chunk import chunk_id
from ingestion.embed import DIMENSIONS, Vectors
from ingestion.errors import IndexUnavailableError
from ingestion.index.fusion import CANDIDATES, relative_score_fusion
from ingestion.index.protocol import Hit, IndexedDocument
from ingestion.words import stop_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingestion.chunk import Chunk

SCHEMA_VERSION = 1
BUSY_TIMEOUT_SECONDS = 10.0
SCHEMA = """
CREATE TABLE documents (
    id TEXT PRIMARY KEY, collection TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL,
    uri TEXT NOT NULL, digest TEXT NOT NULL, dated TEXT, UNIQUE (collection, name)
);
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL REFERENCES documents (id),
    page INTEGER NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL, table_header TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX chunks_by_document ON chunks (document);
CREATE VIRTUAL TABLE words USING fts5 (title, heading, text, tokenize = 'porter unicode61');
CREATE TABLE generation (number INTEGER NOT NULL);
INSERT INTO generation VALUES (1);
"""


@dataclass(frozen=True)
class Matrix:
    """The vectors of one collection (or of all) as they were at one generation of the index."""

    generation: int
    numbers: tuple[int, ...]
    vectors: Vectors


class EmbeddedIndex:
    """An `Index` in one file. Safe for threads of a process and for several processes at once."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises IndexUnavailableError when the file cannot be used."""
        self._path = path
        self._lock = threading.RLock()
        self._matrices: dict[str | None, Matrix] = {}
        with self._sentence_for_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            # An index can be made again from its documents: a power cut may lose the last one, never tear it.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._prepare()

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    def replace(self, document: IndexedDocument, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        with self._transaction("IMMEDIATE"):
            self._forget(document.id)
            self._db.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(document.id, document.collection, document.name, document.title, document.uri),
                    *(document.digest, document.dated.isoformat() if document.dated else None),
                ),
            )
            for ordinal, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True)):
                blob = np.asarray(vector, "<f4").tobytes()
                row = self._db.execute(
                    "INSERT INTO chunks (id, document, page, heading, text, table_header, vector)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(chunk_id(document.id, ordinal, chunk), document.id, chunk.page, chunk.heading),
                        *(chunk.text, chunk.table_header, blob),
                    ),
                )
                self._db.execute(
                    "INSERT INTO words (rowid, title, heading, text) VALUES (?, ?, ?, ?)",
                    (row.lastrowid, document.title, chunk.heading, f"{chunk.table_header}\n{chunk.text}"),
                )
            self._db.execute("UPDATE generation SET number = number + 1")

    def remove(self, document_id: str) -> None:
        with self._transaction("IMMEDIATE"):
            self._forget(document_id)
            self._db.execute("UPDATE generation SET number = number + 1")

    def documents(self, collection: str) -> dict[str, IndexedDocument]:
        with self._transaction("DEFERRED"):
            rows = self._db.execute(
                "SELECT id, name, title, uri, digest, dated FROM documents WHERE collection = ?",
                (collection,),
            ).fetchall()
        return {
            name: IndexedDocument(identity, collection, name, title, uri, digest, _date(dated))
            for identity, name, title, uri, digest, dated in rows
        }

    def collections(self) -> tuple[str, ...]:
        with self._transaction("DEFERRED"):
            rows = self._db.execute(
                "SELECT DISTINCT collection FROM documents ORDER BY collection"
            ).fetchall()
        return tuple(row[0] for row in rows)

    def search(
        self, words: str, vector: Vectors, *, collection: str | None, k: int, alpha: float
    ) -> tuple[Hit, ...]:
        # One read transaction is one snapshot: both lists and the text shown come from the same moment.
        with self._transaction("DEFERRED"):
            most = max(CANDIDATES, k)
            keyword = self._by_words(words, collection, most) if alpha < 1 else {}
            dense = self._by_meaning(vector, collection, most) if alpha > 0 else {}
            ranked = relative_score_fusion(keyword, dense, alpha)[:k]
            return tuple(self._hit(chunk, score) for chunk, score in ranked)

    def _by_words(self, words: str, collection: str | None, most: int) -> dict[str, float]:
        tokens = re.findall(r"\w+", words.lower())
        # Words so common that they find everything would cost BM25 its time and say nothing.
        wanted = dict.fromkeys(token for token in tokens if token not in stop_words()) or dict.fromkeys(
            tokens
        )
        if not wanted:
            return {}
        # FTS5 counts how rare a word is over all collections; bm25() is smaller for better.
        rows = self._db.execute(
            "SELECT chunks.id, -bm25(words) FROM words JOIN chunks ON chunks.number = words.rowid"
            " JOIN documents ON documents.id = chunks.document"
            " WHERE words MATCH ? AND (? IS NULL OR documents.collection = ?)"
            " ORDER BY bm25(words), chunks.id LIMIT ?",
            (" OR ".join(f'"{token}"' for token in wanted), collection, collection, most),
        )
        return dict(rows.fetchall())

    def _by_meaning(self, vector: Vectors, collection: str | None, most: int) -> dict[str, float]:
        matrix = self._matrix(collection)
        if not matrix.numbers:
            return {}
        cosines = matrix.vectors @ np.asarray(vector, np.float32).reshape(-1)
        best = np.argsort(-cosines, kind="stable")[:most]
        numbers = [matrix.numbers[int(row)] for row in best]
        marks = ",".join("?" * len(numbers))
        ids = dict(self._db.execute(f"SELECT number, id FROM chunks WHERE number IN ({marks})", numbers))  # noqa: S608 - marks only
        return {ids[number]: float(cosines[row]) for number, row in zip(numbers, best, strict=True)}

    def _matrix(self, collection: str | None) -> Matrix:
        (generation,) = self._db.execute("SELECT number FROM generation").fetchone()
        kept = self._matrices.get(collection)
        if kept is None or kept.generation != generation:
            rows = self._db.execute(
                "SELECT chunks.number, vector FROM chunks JOIN documents ON documents.id = chunks.document"
                " WHERE ? IS NULL OR documents.collection = ? ORDER BY chunks.number",
                (collection, collection),
            ).fetchall()
            flat = np.frombuffer(b"".join(row[1] for row in rows), "<f4").astype(np.float32)
            kept = Matrix(
                generation, tuple(row[0] for row in rows), flat.reshape(len(rows), -1 if rows else DIMENSIONS)
            )
            self._matrices[collection] = kept
        return kept

    def _hit(self, chunk: str, score: float) -> Hit:
        row = self._db.execute(
            "SELECT name, title, page, heading, text, uri, chunks.id, collection, dated, table_header"
            " FROM chunks JOIN documents ON documents.id = chunks.document WHERE chunks.id = ?",
            (chunk,),
        ).fetchone()
        document, title, page, heading, text, uri, identity, collection, dated, header = row
        return Hit(
            *(document, title, page, heading, text, round(score, 6), uri, identity, collection),
            *(_date(dated), header),
        )

    def _forget(self, document_id: str) -> None:
        self._db.execute(
            "DELETE FROM words WHERE rowid IN (SELECT number FROM chunks WHERE document = ?)", (document_id,)
        )
        self._db.execute("DELETE FROM chunks WHERE document = ?", (document_id,))
        self._db.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def _prepare(self) -> None:
        with self._transaction("IMMEDIATE"):
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise IndexUnavailableError(
                    f"{self._path} was written by a newer SalesMate (index version {version}, this one knows"
                    f" {SCHEMA_VERSION}). Update SalesMate."
                )
            if version == 0:
                for statement in SCHEMA.split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        with self._lock, self._sentence_for_errors():
            self._db.execute(f"BEGIN {kind}")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _sentence_for_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise IndexUnavailableError(
                f"The knowledge index {self._path} cannot be used ({error}). If it is damaged, move it away:"
                " it is made again from the documents."
            ) from error


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
