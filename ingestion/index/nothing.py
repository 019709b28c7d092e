"""The index of a workspace that has none yet: for who only looks, so that looking makes no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.errors import IndexUnavailableError
from ingestion.index.protocol import EVERYTHING, Hit, IndexedDocument, Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.chunk import Chunk
    from ingestion.embed import Vectors


class NothingIndexed:
    """An `Index` without documents; nothing can be written to it."""

    def replace(self, document: IndexedDocument, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        raise IndexUnavailableError("There is no index to write to.")

    def remove(self, document_id: str) -> None:
        """Nothing is known, so nothing is to be forgotten."""

    def documents(self, collection: str) -> dict[str, IndexedDocument]:
        return {}

    def collections(self) -> tuple[str, ...]:
        return ()

    def search(
        self, words: str, vector: Vectors, *, k: int, alpha: float, scope: Scope = EVERYTHING
    ) -> tuple[Hit, ...]:
        return ()

    def neighbours(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        return ()

    def close(self) -> None:
        """Nothing is open."""
