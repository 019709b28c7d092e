"""The embedded index: one SQLite file, BM25 by FTS5, exact cosines by a matrix in each process's memory."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingestion.chunk import chunk_id, terms_of
from ingestion.embed import Vectors
from ingestion.errors import IndexUnavailableError
from ingestion.index.bm25 import rarity, saturation
from ingestion.index.fusion import CANDIDATES, relative_score_fusion
from ingestion.index.matrix import EMPTY, Matrix, up_to_date
from ingestion.index.protocol import EVERYTHING, Hit, IndexedDocument, Scope
from ingestion.words import search_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingestion.chunk import Chunk

SCHEMA_VERSION = 3
BUSY_TIMEOUT_SECONDS = 30.0
DOCUMENT = (
    "id, collection, name, title, uri, digest, dated, audience, source, pages, chunks, indexed_at, warnings"
)
HIT = (
    "name, title, page, heading, text, ?, uri, chunks.id, collection, dated, table_header,"
    " documents.id, ordinal"
)


class EmbeddedIndex:
    """An `Index` in one file. Safe for threads of a process and for several processes at once."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises IndexUnavailableError when the file cannot be used."""
        self._path = path
        self._lock = threading.RLock()
        self._matrix: Matrix = EMPTY
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
            self._db.execute("CREATE VIRTUAL TABLE temp.places USING fts5vocab (main, terms, instance)")

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    def replace(self, document: IndexedDocument, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        with self._transaction("IMMEDIATE"):
            self._forget(document.id)
            marks = ", ".join("?" * len(DOCUMENT.split(", ")))
            row = self._db.execute(
                f"INSERT INTO documents ({DOCUMENT}) VALUES ({marks})",  # noqa: S608 - constants only
                (
                    *(document.id, document.collection, document.name, document.title, document.uri),
                    *(document.digest, _iso(document.dated), json.dumps(document.audience), document.source),
                    *(document.pages, len(chunks), _iso(document.indexed_at), json.dumps(document.warnings)),
                ),
            )
            for ordinal, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True)):
                self._insert(document, row.lastrowid, ordinal, chunk, vector)
            self._db.execute("UPDATE generation SET number = number + 1")

    def remove(self, document_id: str) -> None:
        with self._transaction("IMMEDIATE"):
            self._forget(document_id)
            self._db.execute("UPDATE generation SET number = number + 1")

    def documents(self, collection: str) -> dict[str, IndexedDocument]:
        with self._transaction("DEFERRED"):
            rows = self._db.execute(
                f"SELECT {DOCUMENT} FROM documents WHERE collection = ? ORDER BY name",  # noqa: S608 - a constant
                (collection,),
            ).fetchall()
        return {document.name: document for document in map(_document, rows)}

    def collections(self) -> tuple[str, ...]:
        with self._transaction("DEFERRED"):
            rows = self._db.execute(
                "SELECT DISTINCT collection FROM documents ORDER BY collection"
            ).fetchall()
        return tuple(row[0] for row in rows)

    def search(
        self, words: str, vector: Vectors, *, k: int, alpha: float, scope: Scope = EVERYTHING
    ) -> tuple[Hit, ...]:
        # One read transaction is one snapshot: both lists and the text shown come from the same moment.
        with self._transaction("DEFERRED"):
            self._matrix = up_to_date(self._matrix, self._db)
            rows = self._rows_within(scope)
            most = max(CANDIDATES, k)
            keyword = self._best(self._by_words(words), rows, most, above=0.0) if alpha < 1 else {}
            dense = self._best(self._by_meaning(vector), rows, most) if alpha > 0 else {}
            return self._hits(relative_score_fusion(keyword, dense, alpha)[:k])

    def neighbours(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        found = {hit.chunk: hit for hit in hits}
        with self._transaction("DEFERRED"):
            for hit in hits:
                rows = self._db.execute(
                    f"SELECT {HIT} FROM chunks JOIN documents ON documents.number = chunks.document"  # noqa: S608 - a constant
                    # A hit that has been replaced since has no neighbours: they would be of another edition.
                    " WHERE documents.id = ? AND ordinal IN (?, ?)"
                    " AND EXISTS (SELECT 1 FROM chunks WHERE id = ?) ORDER BY ordinal",
                    (0.0, hit.document_id, hit.ordinal - 1, hit.ordinal + 1, hit.chunk),
                )
                for row in rows:
                    found.setdefault(row[7], _hit(row))
        return tuple(found.values())[len({hit.chunk for hit in hits}) :]

    def _insert(
        self, document: IndexedDocument, number: int | None, ordinal: int, chunk: Chunk, vector: Vectors
    ) -> None:
        blob = np.asarray(vector, "<f4").tobytes()
        terms = terms_of(document.title, chunk)
        row = self._db.execute(
            "INSERT INTO chunks (id, document, ordinal, page, heading, text, table_header, vector, terms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(chunk_id(document.id, ordinal, chunk), number, ordinal, chunk.page, chunk.heading),
                *(chunk.text, chunk.table_header, blob, len(terms)),
            ),
        )
        self._db.execute("INSERT INTO terms (rowid, stems) VALUES (?, ?)", (row.lastrowid, " ".join(terms)))

    def _rows_within(self, scope: Scope) -> NDArray[np.bool_] | None:
        """The rows of the matrix that a search may see; None for all."""
        if scope == EVERYTHING:
            return None
        conditions, values = ["TRUE"], list[Any]()
        if scope.collection is not None:
            conditions.append("collection = ?")
            values.append(scope.collection)
        if scope.collections is not None:
            conditions.append("collection IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(scope.collections)))
        if scope.audiences is not None:
            conditions.append(
                "(audience = '[]' OR EXISTS (SELECT 1 FROM json_each(audience) AS one"
                " JOIN json_each(?) AS mine ON one.value = mine.value))"
            )
            values.append(json.dumps(sorted(scope.audiences)))
        if scope.documents is not None:
            conditions.append("id IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(scope.documents)))
        where = " AND ".join(conditions)
        rows = self._db.execute(f"SELECT number FROM documents WHERE {where}", values)  # noqa: S608 - constants only
        return self._matrix.rows_of([row[0] for row in rows])

    def _by_words(self, words: str) -> NDArray[np.float64]:
        """The BM25 score of every row of the matrix; 0 where no term stands."""
        total = len(self._matrix.numbers)
        scores = np.zeros(total)
        average = self._matrix.lengths.mean() if total else 1.0
        for term in dict.fromkeys(search_terms(words)):  # a repeated word of the question counts once
            # Where the term stands, as one text of chunk numbers, ascending: a tenth of the time that FTS5's
            # own bm25() takes, which looks the length of every chunk up.
            query = "SELECT group_concat(doc, ' ') FROM places WHERE term = ?"
            (places,) = self._db.execute(query, (term,)).fetchone()
            if places is None:
                continue
            numbers, often = _counted(np.fromstring(places, np.int64, sep=" "))
            rows = self._matrix.positions(numbers)
            counts = saturation(often, self._matrix.lengths[rows], average)
            scores[rows] += rarity(total, len(rows)) * counts
        return scores

    def _by_meaning(self, vector: Vectors) -> NDArray[np.float32]:
        cosines: NDArray[np.float32] = self._matrix.vectors @ np.asarray(vector, np.float32).reshape(-1)
        return cosines

    def _best(
        self, scores: NDArray[Any], rows: NDArray[np.bool_] | None, most: int, above: float | None = None
    ) -> dict[str, float]:
        """The best-scored chunks by id. Among equals at the cut, the one indexed first."""
        allowed = np.ones(len(scores), bool) if rows is None else rows
        if above is not None:
            allowed = allowed & (scores > above)
        (candidates,) = np.nonzero(allowed)
        if len(candidates) > most:
            least = np.partition(scores[candidates], -most)[-most]
            candidates = candidates[scores[candidates] >= least]
        best = candidates[np.argsort(-scores[candidates], kind="stable")[:most]]
        numbers = [int(number) for number in self._matrix.numbers[best]]
        marks = ",".join("?" * len(numbers))
        ids = dict(self._db.execute(f"SELECT number, id FROM chunks WHERE number IN ({marks})", numbers))  # noqa: S608 - marks only
        return {ids[number]: float(scores[row]) for number, row in zip(numbers, best, strict=True)}

    def _hits(self, ranked: Sequence[tuple[str, float]]) -> tuple[Hit, ...]:
        rows = self._db.execute(
            f"SELECT {HIT} FROM chunks JOIN documents ON documents.number = chunks.document"  # noqa: S608 - a constant
            " WHERE chunks.id IN (SELECT value FROM json_each(?))",
            (0.0, json.dumps([chunk for chunk, _ in ranked])),
        )
        found = {hit.chunk: hit for hit in map(_hit, rows)}
        return tuple(replace(found[chunk], score=round(score, 6)) for chunk, score in ranked)

    def _forget(self, document_id: str) -> None:
        mine = (
            "SELECT chunks.number FROM chunks JOIN documents ON documents.number = document"
            " WHERE documents.id = ?"
        )
        self._db.execute(f"DELETE FROM terms WHERE rowid IN ({mine})", (document_id,))  # noqa: S608 - a constant
        self._db.execute(f"DELETE FROM chunks WHERE number IN ({mine})", (document_id,))  # noqa: S608 - a constant
        self._db.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def _prepare(self) -> None:
        with self._transaction("IMMEDIATE"):
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise IndexUnavailableError(
                    f"{self._path} was written by a newer SalesMate (index version {version}, this one knows"
                    f" {SCHEMA_VERSION}). Update SalesMate."
                )
            if version < SCHEMA_VERSION:
                # Nothing in here that the documents do not hold: an older index is made again from them.
                for table in ("words", "terms", "chunks", "documents", "generation"):
                    self._db.execute(f"DROP TABLE IF EXISTS {table}")
                schema = (files("ingestion.index") / "schema.sql").read_text(encoding="utf-8")
                for statement in schema.split(";\n"):
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


def _counted(ascending: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each number once, and how often it stands there."""
    (ends,) = np.nonzero(np.diff(ascending, append=ascending[-1] + 1))
    return ascending[ends], np.diff(ends, prepend=-1)


def _document(row: tuple[Any, ...]) -> IndexedDocument:
    identity, collection, name, title, uri, digest, dated, audience, source, pages, chunks, at, warnings = row
    return IndexedDocument(
        *(identity, collection, name, title, uri, digest, _date(dated), tuple(json.loads(audience)), source),
        *(pages, chunks, datetime.fromisoformat(at) if at else None, tuple(json.loads(warnings))),
    )


def _hit(row: tuple[Any, ...]) -> Hit:
    values = list(row)
    values[9] = _date(values[9])
    return Hit(*values)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
