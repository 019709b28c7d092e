"""A question to the chunks that may answer it: meaning and words, fused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.index.protocol import Scope

if TYPE_CHECKING:
    from ingestion.embed import Embedder
    from ingestion.index.protocol import Hit, Index

DEFAULT_HITS = 16


class Search:
    """Hybrid search over one index. Safe to share between threads."""

    def __init__(self, index: Index, embedder: Embedder, alpha: float = 0.5) -> None:
        self._index = index
        self._embedder = embedder
        self._alpha = alpha

    def __call__(
        self, query: str, collection: str | None = None, k: int = DEFAULT_HITS, alpha: float | None = None
    ) -> tuple[Hit, ...]:
        """The best `k` hits, best first; none for a query without content. Raises IndexUnavailableError."""
        if not query.strip():
            return ()
        vector = self._embedder.embed([query])
        weight = self._alpha if alpha is None else alpha
        return self._index.search(query, vector, k=k, alpha=weight, scope=Scope(collection))

    def collections(self) -> tuple[str, ...]:
        """What can be searched."""
        return self._index.collections()
