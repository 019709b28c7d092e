"""A hit with what stands around it: neighbouring chunks of the same place become one passage."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingestion.index.protocol import Hit

BETWEEN = "\n\n"
"""Parts two chunks in a passage. An empty line ends a sentence as well as a table row, so no quote taken from
the passage runs from one chunk into the next: each remains an exact slice of its page."""


def with_neighbours(hits: Sequence[Hit], around: Iterable[Hit], most: int) -> tuple[Hit, ...]:
    """The hits in their order; each of the first `most` takes in the chunk before and the one after it where
    they go on with it.

    A chunk goes on with the one before if both stand on one page under one heading, or if it continues its
    table. A hit that a better one took in is not listed again.
    """
    known: dict[str, dict[int, Hit]] = defaultdict(dict)
    for hit in (*around, *hits):
        known[hit.document_id][hit.ordinal] = hit
    taken: set[str] = set()
    found: list[Hit] = []
    for rank, hit in enumerate(hits):
        if hit.chunk in taken:
            continue
        passage = [hit] if rank >= most else _passage(hit, known[hit.document_id], taken)
        taken.update(chunk.chunk for chunk in passage)
        text = BETWEEN.join(chunk.text for chunk in passage)
        found.append(replace(hit, text=text, table_header=passage[0].table_header))
    return tuple(found)


def _passage(hit: Hit, chunks: dict[int, Hit], taken: set[str]) -> list[Hit]:
    passage = [hit]
    before, after = chunks.get(hit.ordinal - 1), chunks.get(hit.ordinal + 1)
    if before and before.chunk not in taken and goes_on(before, hit):
        passage.insert(0, before)
    if after and after.chunk not in taken and goes_on(hit, after):
        passage.append(after)
    return passage


def goes_on(first: Hit, second: Hit) -> bool:
    """Whether `second` says more of what `first` says; the two are neighbours in one document."""
    return first.page == second.page and (first.heading == second.heading or bool(second.table_header))
