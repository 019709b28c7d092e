"""The index in Weaviate: a tenant a workspace, hybrid search on the server.

Weaviate has no transactions. A document's chunks carry their version, and its record, one object written at
once, says which version counts. New chunks are written first, then the record, then the old chunks go.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from weaviate.classes.query import Filter, HybridFusion, MetadataQuery

from ingestion.errors import IndexUnavailableError
from ingestion.index.fusion import CANDIDATES
from ingestion.index.protocol import EVERYTHING, Hit, IndexedDocument, Scope
from ingestion.index.weaviate_connection import Connection, connect
from ingestion.index.weaviate_filters import all_of, is_version, not_version, of, within
from ingestion.index.weaviate_rows import (
    CHUNK,
    Found,
    Record,
    chunk_objects,
    hit_from,
    record_from,
    record_object,
    version_of,
)
from ingestion.index.weaviate_schema import CHUNKS, DOCUMENTS, VECTOR, make_ready
from ingestion.index.weaviate_writes import delete, insert
from ingestion.index.workspace import safe_name
from ingestion.words import search_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ingestion.chunk import Chunk
    from ingestion.embed import Vectors

__all__ = ["WeaviateIndex", "connect"]

PAGE = 1000
"""Records read at once."""
LOOKS = 20
"""Searches before giving up on documents that change faster than they can be read."""
WRITES = 3
"""Attempts at a document whose chunks somebody else takes away meanwhile."""
LEFTOVERS_SECONDS = 900
"""Chunks of no version that counts are a killed run's after so long; before, they may be a running one's."""


class WeaviateIndex:
    """An `Index` on a Weaviate server. Safe for threads, and for several machines at once."""

    def __init__(
        self, connection: Connection, workspace: str, leftovers_after: float = LEFTOVERS_SECONDS
    ) -> None:
        """The server is asked at the first call. `leftovers_after` is in seconds."""
        self._connection = connection
        self._tenant = safe_name(workspace)
        self._leftovers_after = leftovers_after
        self._ready_since = 0
        self._stamps: Mapping[str, str] = {}
        """The stamp of each document's record, by id, as it was last read; never changed in place."""

    def close(self) -> None:
        self._connection.close()

    def replace(self, document: IndexedDocument, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        version = version_of(document, chunks, vectors)
        with self._collections() as (documents, chunk_store):
            for _ in range(WRITES):
                began = time.time()
                before = self._records({document.id}).get(document.id)
                was = before.version if before else ""
                objects = chunk_objects(document, version, chunks, vectors, int(began))
                try:
                    insert(chunk_store, objects)
                    if time.time() - began > self._leftovers_after / 2:
                        raise _too_slow(document)
                    insert(documents, [record_object(document, version, len(objects))])
                except (IndexUnavailableError, KeyboardInterrupt):
                    # Where the connection was lost instead, the record may stand: then nothing is deleted.
                    if was != version:
                        delete(chunk_store, of(document.id) & is_version(version))
                    raise
                self._clean(chunk_store, document.id, was, version)
                if self._stands(chunk_store, document.id, version, len(objects)):
                    return
            raise IndexUnavailableError(
                f"{document.name} is being changed by others at the same time; index it again afterwards."
            )

    def remove(self, document_id: str) -> None:
        with self._collections() as (documents, chunk_store):
            # The record first: from then on no search shows the chunks.
            documents.data.delete_by_id(document_id)
            delete(chunk_store, of(document_id))

    def documents(self, collection: str) -> dict[str, IndexedDocument]:
        with self._collections() as (documents, _):
            kept = [
                record_from(str(entry.uuid), entry.properties).document
                for entry in documents.iterator(cache_size=PAGE)
                if entry.properties["collection"] == collection
            ]
        return {document.name: document for document in sorted(kept, key=lambda document: document.name)}

    def collections(self) -> tuple[str, ...]:
        with self._collections() as (documents, _):
            every = documents.iterator(return_properties=["collection"], cache_size=PAGE)
            return tuple(sorted({entry.properties["collection"] for entry in every}))

    def search(
        self, words: str, vector: Vectors, *, k: int, alpha: float, scope: Scope = EVERYTHING
    ) -> tuple[Hit, ...]:
        # A repeated word of the question counts once, as in the embedded index; Weaviate counts it twice.
        terms = " ".join(dict.fromkeys(search_terms(words)))
        nowhere = frozenset() in (scope.documents, scope.collections)
        if k <= 0 or nowhere or (not terms and alpha <= 0):
            return ()
        conditions = within(scope)
        numbers = [float(number) for number in np.asarray(vector, np.float32).reshape(-1)]

        def look(chunk_store: Any, stale: frozenset[str]) -> list[Found]:
            result = chunk_store.query.hybrid(
                terms,
                vector=numbers,
                target_vector=VECTOR,
                # Without a word to look for, the server is asked for meaning alone.
                alpha=alpha if terms else 1,
                fusion_type=HybridFusion.RELATIVE_SCORE,
                query_properties=["terms"],
                # Each list is taken this long before it is scaled, whatever the server's own setting.
                limit=max(CANDIDATES, k),
                filters=all_of([*conditions, *map(not_version, stale)]),
                return_metadata=MetadataQuery(score=True),
                return_properties=list(CHUNK),
            )
            return [_found(entry, entry.metadata.score) for entry in result.objects[:k]]

        weight = 1.0 if terms else alpha
        return tuple(hit_from(found, record.document, weight) for found, record in self._settled(look))

    def neighbours(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        wanted: dict[str, set[int]] = {}
        for hit in hits:
            beside = {hit.ordinal - 1, hit.ordinal, hit.ordinal + 1}
            wanted.setdefault(hit.document_id, set()).update(beside)
        if not wanted:
            return ()

        def look(chunk_store: Any, stale: frozenset[str]) -> list[Found]:
            beside = [
                of(document) & Filter.by_property("ordinal").contains_any(sorted(ordinals))
                for document, ordinals in wanted.items()
            ]
            conditions = [Filter.any_of(beside), *map(not_version, stale)]
            result = chunk_store.query.fetch_objects(
                filters=all_of(conditions), limit=PAGE, return_properties=list(CHUNK)
            )
            return [_found(entry, 0.0) for entry in result.objects]

        by_place = {
            (found.document, found.ordinal): hit_from(found, record.document)
            for found, record in self._settled(look)
        }
        given = {hit.chunk: hit for hit in hits}
        kept = dict(given)
        for hit in hits:
            itself = by_place.get((hit.document_id, hit.ordinal))
            if itself is None or itself.chunk != hit.chunk:
                # Replaced since: what stands beside that place now is of another edition.
                continue
            for ordinal in (hit.ordinal - 1, hit.ordinal + 1):
                neighbour = by_place.get((hit.document_id, ordinal))
                if neighbour:
                    kept.setdefault(neighbour.chunk, neighbour)
        return tuple(kept.values())[len(given) :]

    def _settled(self, look: Callable[[Any, frozenset[str]], list[Found]]) -> list[tuple[Found, Record]]:
        """What `look` finds of the versions that count, as of one moment for each document.

        A version counted throughout the look if its record said so before and after: then its chunks were all
        there, for they are written before the record and deleted after it. Otherwise: look again.
        """
        seen: dict[str, set[str]] = {}
        stale: frozenset[str] = frozenset()
        with self._collections() as (_, chunk_store):
            for _ in range(LOOKS):
                known = self._stamps
                found = look(chunk_store, stale)
                for chunk in found:
                    seen.setdefault(chunk.document, set()).add(chunk.version)
                records = self._records(set(seen))
                stale_now = frozenset(
                    version
                    for document, versions in seen.items()
                    for version in versions
                    if document not in records or version != records[document].version
                )
                held = {chunk.document for chunk in found}
                if stale_now == stale and all(known.get(one) == records[one].stamp for one in held):
                    return [(chunk, records[chunk.document]) for chunk in found]
                stale = stale_now
        raise IndexUnavailableError("The documents are changing too fast to be searched; try again shortly.")

    def _records(self, documents: set[str]) -> dict[str, Record]:
        """The records of these documents, by id; those without one are left out."""
        if not documents:
            return {}
        with self._collections() as (store, _):
            result = store.query.fetch_objects_by_ids(sorted(documents), limit=len(documents))
        records = {
            str(entry.uuid): record_from(str(entry.uuid), entry.properties) for entry in result.objects
        }
        stamps = {document: record.stamp for document, record in records.items()}
        if any(self._stamps.get(document) != stamps.get(document) for document in documents):
            others = {one: stamp for one, stamp in self._stamps.items() if one not in documents}
            self._stamps = {**others, **stamps}
        return records

    def _clean(self, chunk_store: Any, document: str, was: str, version: str) -> None:
        """Delete the version that this one replaces, and what runs killed long ago left behind."""
        old = Filter.by_property("written").less_than(int(time.time() - self._leftovers_after))
        if was and was != version:
            old = old | is_version(was)
        delete(chunk_store, of(document) & not_version(version) & old)

    def _stands(self, chunk_store: Any, document: str, version: str, chunks: int) -> bool:
        """Whether the document is whole now: as written here, or as another writer has it since."""
        record = self._records({document}).get(document)
        if record is None or record.version != version:
            # Another writer came after, or removed it: these chunks will never count.
            delete(chunk_store, of(document) & is_version(version))
            return True
        mine = of(document) & is_version(version)
        return int(chunk_store.aggregate.over_all(total_count=True, filters=mine).total_count) == chunks

    @contextmanager
    def _collections(self) -> Iterator[tuple[Any, Any]]:
        """This workspace's documents and chunks. Raises IndexUnavailableError for what goes wrong inside."""
        with self._connection.asking() as client:
            opened = self._connection.opened
            if self._ready_since != opened:
                make_ready(client, self._tenant)
                self._ready_since, self._stamps = opened, {}
            documents, chunks = (
                client.collections.use(name).with_tenant(self._tenant) for name in (DOCUMENTS, CHUNKS)
            )
            yield documents, chunks


def _too_slow(document: IndexedDocument) -> IndexUnavailableError:
    """By now another writer may take the first chunks for a killed run's."""
    return IndexUnavailableError(
        f"Weaviate took too long to write {document.name}; try again when it is less busy."
    )


def _found(entry: Any, score: float) -> Found:
    chunk = entry.properties
    return Found(chunk["document"], chunk["version"], int(chunk["ordinal"]), score, chunk)
