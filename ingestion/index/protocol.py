"""What an index must do, whoever keeps it. Two indexes that follow this rank alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingestion.chunk import Chunk
    from ingestion.embed import Vectors


@dataclass(frozen=True)
class IndexedDocument:
    """A document as the index knows it. `digest` changes when it has to be indexed again.

    `audience` names the groups who may read it; empty means everybody. `source` is what it was ingested from:
    only another run over the same source may find that it has vanished.
    """

    id: str
    collection: str
    name: str
    title: str
    uri: str
    digest: str
    dated: date | None
    audience: tuple[str, ...] = ()
    source: str = ""
    pages: int = 0
    chunks: int = 0
    indexed_at: datetime | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A chunk that matched. `score` is the fused score, from 0 to 1; `chunk` is its id.

    `document` is the document's name, `document_id` its id; `ordinal` is the chunk's place in it.
    """

    document: str
    title: str
    page: int
    heading: str
    text: str
    score: float
    uri: str
    chunk: str
    collection: str
    dated: date | None = None
    table_header: str = ""
    document_id: str = ""
    ordinal: int = 0


@dataclass(frozen=True)
class Scope:
    """What a search may look at; a condition of the query itself, never a filter after it.

    None is no condition. `audiences` are the groups the reader belongs to: documents without an audience and
    those that share one of these are seen. `documents` are ids; `collections` are several, any of which will
    do.
    """

    collection: str | None = None
    audiences: frozenset[str] | None = None
    documents: frozenset[str] | None = None
    collections: frozenset[str] | None = None


EVERYTHING = Scope()


class Index(Protocol):
    """The documents of one workspace; another workspace has an index of its own.

    Every write is atomic: a reader sees a document as it was or as it is, never half of it. Safe to share
    between threads. All methods may raise IndexUnavailableError.
    """

    def replace(self, document: IndexedDocument, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Put the document in, in place of what was known under its id."""
        ...

    def remove(self, document_id: str) -> None:
        """Forget the document; unknown ids are no error."""
        ...

    def documents(self, collection: str) -> Mapping[str, IndexedDocument]:
        """What is known of a collection, by name."""
        ...

    def collections(self) -> tuple[str, ...]:
        """The names of all collections, sorted."""
        ...

    def search(
        self, words: str, vector: Vectors, *, k: int, alpha: float, scope: Scope = EVERYTHING
    ) -> tuple[Hit, ...]:
        """The best `k` chunks by fused score within `scope`, best first.

        `words` are analysed by `ingestion.words.search_terms`; `vector` has shape (DIMENSIONS,) or
        (1, DIMENSIONS). Fusion is `ingestion.index.fusion.relative_score_fusion`.
        """
        ...

    def neighbours(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """The chunks right before and after each hit in its document, each once, scored 0, hits left out."""
        ...

    def close(self) -> None:
        """Give files and connections back."""
        ...
