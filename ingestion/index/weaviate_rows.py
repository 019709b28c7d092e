"""Documents and chunks as Weaviate's objects, and back."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import numpy as np
from weaviate.classes.data import DataObject

from ingestion.chunk import chunk_id, terms_of
from ingestion.index.protocol import Hit, IndexedDocument
from ingestion.index.weaviate_schema import VECTOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.chunk import Chunk
    from ingestion.embed import Vectors

EVERYBODY = "everybody"
"""Among a chunk's readers when its document names no audience."""
CHUNK = ("document", "version", "chunk", "ordinal", "page", "heading", "text", "table_header")
"""What a search brings back of a chunk: the rest is its document's."""


@dataclass(frozen=True)
class Record:
    """A document as its one object says, with the version of the chunks that are its own now.

    `stamp` is new with every write: a version may go and come again, and is then not the same one.
    """

    version: str
    stamp: str
    document: IndexedDocument


@dataclass(frozen=True)
class Found:
    """A chunk that a search brought back. Whether it counts, its document's record says."""

    document: str
    version: str
    ordinal: int
    score: float
    properties: dict[str, Any]


def reader(group: str) -> str:
    """A group among a chunk's readers. The mark at its end keeps blanks, which the server would trim."""
    return f"group {group}."


def version_of(document: IndexedDocument, chunks: Sequence[Chunk], vectors: Vectors) -> str:
    """The same for the same content: a run that is repeated after a kill writes over what it left behind."""
    facts = (
        *(document.id, document.collection, document.name, document.title, document.uri, document.digest),
        *(str(document.dated), document.audience, document.source, document.pages, document.warnings),
        [(chunk.page, chunk.heading, chunk.text, chunk.table_header) for chunk in chunks],
    )
    content = json.dumps(facts).encode() + np.ascontiguousarray(vectors, "<f4").tobytes()
    return hashlib.sha256(content).hexdigest()[:32]


def chunk_objects(
    document: IndexedDocument, version: str, chunks: Sequence[Chunk], vectors: Vectors, written: int
) -> list[DataObject[dict[str, Any], None]]:
    """The objects of one version of a document; `written` is now, in seconds since 1970."""
    objects = []
    for ordinal, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True)):
        identity = chunk_id(document.id, ordinal, chunk)
        properties = {
            "document": document.id,
            "version": version,
            "collection": document.collection,
            "readers": [reader(group) for group in document.audience] or [EVERYBODY],
            "ordinal": ordinal,
            "written": written,
            "page": chunk.page,
            "chunk": identity,
            "heading": chunk.heading,
            "text": chunk.text,
            "table_header": chunk.table_header,
            "terms": " ".join(terms_of(document.title, chunk)),
        }
        floats = [float(number) for number in np.asarray(vector, np.float32)]
        objects.append(
            DataObject(properties=properties, uuid=_object_id(identity, version), vector={VECTOR: floats})
        )
    return objects


def _object_id(chunk: str, version: str) -> uuid.UUID:
    """Two versions may stand side by side. Begins as the chunk's id does: the server breaks ties by it."""
    return uuid.UUID(bytes=uuid.UUID(chunk).bytes[:8] + bytes.fromhex(version)[:8], version=5)


def record_object(document: IndexedDocument, version: str, chunks: int) -> DataObject[dict[str, Any], None]:
    """The one object that makes `version` the document's own."""
    properties: dict[str, Any] = {
        "version": version,
        "stamp": uuid.uuid4().hex,
        "collection": document.collection,
        "name": document.name,
        "title": document.title,
        "uri": document.uri,
        "digest": document.digest,
        "source": document.source,
        "audience": list(document.audience),
        "pages": document.pages,
        "chunks": chunks,
        "warnings": list(document.warnings),
    }
    if document.dated:
        properties["dated"] = datetime.combine(document.dated, time(), UTC)
    if document.indexed_at:
        at = document.indexed_at
        properties["indexed_at"] = at if at.tzinfo else at.replace(tzinfo=UTC)
    return DataObject(properties=properties, uuid=document.id)


def record_from(identity: str, properties: dict[str, Any]) -> Record:
    """A document's record from its object."""
    dated: datetime | None = properties.get("dated")
    document = IndexedDocument(
        id=identity,
        collection=properties["collection"],
        name=properties["name"],
        title=properties["title"],
        uri=properties["uri"],
        digest=properties["digest"],
        dated=dated.date() if dated else None,
        audience=tuple(properties.get("audience") or ()),
        source=properties["source"],
        pages=int(properties["pages"]),
        chunks=int(properties["chunks"]),
        indexed_at=properties.get("indexed_at"),
        warnings=tuple(properties.get("warnings") or ()),
    )
    return Record(properties["version"], properties["stamp"], document)


def hit_from(found: Found, document: IndexedDocument, weight: float = 1.0) -> Hit:
    """What the copilot sees; the server's score counts times `weight`."""
    chunk = found.properties
    return Hit(
        *(document.name, document.title, int(chunk["page"]), chunk["heading"], chunk["text"]),
        *(round(found.score * weight, 6), document.uri, chunk["chunk"], document.collection, document.dated),
        *(chunk["table_header"], document.id, found.ordinal),
    )
