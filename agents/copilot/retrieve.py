"""Queries into passages. The collection is a condition of the search, never a filter after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from ingestion.index.protocol import Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

SearchDocuments = Callable[[str, str | None], tuple[Hit, ...]]
"""(query, collection) -> hits, best first. `ingestion.search.Search` is one."""

MOST_PASSAGES = 16


async def retrieve(
    queries: Sequence[str], collection: str | None, search: SearchDocuments
) -> tuple[Hit, ...]:
    """The passages for all queries, best first, each once. Raises what `search` raises."""
    best: dict[str, Hit] = {}
    for query in queries:
        for hit in await asyncio.to_thread(search, query, collection):
            if hit.chunk not in best or hit.score > best[hit.chunk].score:
                best[hit.chunk] = hit
    return tuple(sorted(best.values(), key=lambda hit: -hit.score)[:MOST_PASSAGES])
