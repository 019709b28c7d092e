"""What an index must do, whoever keeps it. Two indexes that follow this rank alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingestion.chunk import Chunk
    from ingestion.embed import Vectors


@dataclass(frozen=True)
class IndexedDocument:
    """A document as the index knows it. `digest` changes when it has to be indexed again."""

    id: str
    collection: str
    name: str
    title: str
    uri: str
    digest: str
    dated: date | None


@dataclass(frozen=True)
class Hit:
    """A chunk that matched. `score` is the fused score, from 0 to 1; `chunk` is its id."""

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


class Index(Protocol):
    """Every write is one transaction: a reader sees a document as it was or as it is, never half of it.

    All methods may raise IndexUnavailableError.
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
        self, words: str, vector: Vectors, *, collection: str | None, k: int, alpha: float
    ) -> tuple[Hit, ...]:
        """The best `k` chunks by fused score; only `collection` is looked at, or all of them for None."""
        ...
