"""BM25 as Weaviate counts it, so that both indexes give a chunk the same score.

FTS5's own formula differs in one place: how rare a term is. Weaviate's never falls below zero. Both use the
same k1 and b and, filters or not, count over the whole index. Source: `BM25Searcher` of the weaviate server.
"""

from __future__ import annotations

import math

K1, B = 1.2, 0.75
"""FTS5's are fixed to these; the Weaviate collection is created with them."""

LEAST_RARITY = 1e-6
"""What FTS5 takes for the rarity of a term that stands in more than half of all chunks."""


def rarity(chunks: int, having: int) -> float:
    """Weaviate's idf of a term that `having` of `chunks` chunks have."""
    return math.log(1 + (chunks - having + 0.5) / (having + 0.5))


def rarity_in_fts5(chunks: int, having: int) -> float:
    """FTS5's idf of the same term (`fts5Bm25GetData` in SQLite)."""
    found = math.log((chunks - having + 0.5) / (having + 0.5))
    return found if found > 0 else LEAST_RARITY
