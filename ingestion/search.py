"""A question to the chunks that may answer it: meaning and words fused, the documents it names lifted."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from ingestion.alpha import alpha_for
from ingestion.context import with_neighbours
from ingestion.errors import KnowledgeError
from ingestion.index.protocol import Scope
from ingestion.own import OwnCollections
from ingestion.titles import Titles

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ingestion.alpha import Alpha
    from ingestion.embed import Embedder, Vectors
    from ingestion.index.protocol import Hit, Index
    from ingestion.rerank import Reranker

DEFAULT_HITS = 16
LIFT = 0.35
"""Weight of the search within the named documents against the search of all, which has 1. Of those tried on
half of the questions to the sample documents it was the best: the right passage first for .66 of them, .58
without."""
RERANKED = 30
"""Hits that a reranker reads, where there is one."""
HITS_WITH_CONTEXT = 4
"""A hit further down is seldom read, and its neighbours never."""


class UnknownCollectionError(KnowledgeError):
    """Documents were asked for by a collection's name that nobody gave."""


class Search:
    """Hybrid search over one index. Safe to share between threads.

    `audiences` are the groups of whoever asks; None sees every document.
    """

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        alpha: Alpha = "auto",
        audiences: Collection[str] | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._alpha = alpha
        self._audiences = None if audiences is None else frozenset(audiences)
        self._reranker = reranker
        self._titles = Titles(index)
        self._own = OwnCollections(index)

    def __call__(
        self, query: str, collection: str | None = None, k: int = DEFAULT_HITS, alpha: Alpha | None = None
    ) -> tuple[Hit, ...]:
        """The best `k` hits, best first; none for a query without content. Raises IndexUnavailableError.

        `alpha` holds for this search; otherwise the one given at the start does. Without a `collection` one's
        own documents are searched, and the samples where there are no others.
        """
        if not query.strip():
            return ()
        vector = self._embedder.embed([query])
        asked = self._alpha if alpha is None else alpha
        weight = alpha_for(query) if asked == "auto" else asked
        scope = Scope(
            collection, self._audiences, collections=None if collection is not None else self._own()
        )
        if self._reranker is None:
            return self._fused(query, vector, k, weight, scope)
        return reranked(query, self._fused(query, vector, max(k, RERANKED), weight, scope), self._reranker)[
            :k
        ]

    def with_context(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """The same hits; the best of them with their neighbouring chunks, where these go on with them.

        Each text remains made of exact slices of its page, parted by an empty line. Raises
        IndexUnavailableError.
        """
        best = hits[:HITS_WITH_CONTEXT]
        return with_neighbours(hits, self._index.neighbours(best), len(best)) if best else ()

    def collections(self) -> tuple[str, ...]:
        """What can be searched."""
        return self._index.collections()

    def check_collection(self, name: str | None) -> None:
        """Raise UnknownCollectionError, with the nearest name, for one that does not exist."""
        known = self.collections()
        if name is None or name in known:
            return
        near = difflib.get_close_matches(name, known, 1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise UnknownCollectionError(
            f"There is no collection '{name}'. Collections here: {', '.join(known) or 'none'}.{hint}"
        )

    def _fused(self, query: str, vector: Vectors, k: int, weight: float, scope: Scope) -> tuple[Hit, ...]:
        hits = self._index.search(query, vector, k=k, alpha=weight, scope=scope)
        named = self._titles.named_in(query, scope.collection)
        if not named:
            return hits
        within = self._index.search(query, vector, k=k, alpha=weight, scope=replace(scope, documents=named))
        return lifted(hits, within, named)[:k]


def reranked(query: str, hits: Sequence[Hit], reranker: Reranker) -> tuple[Hit, ...]:
    """The same hits, best first as the reranker has it, whose score they bear."""
    passages = ["\n".join(part for part in (hit.title, hit.heading, hit.text) if part) for hit in hits]
    scores = reranker(query, passages)
    scored = [replace(hit, score=round(score, 6)) for hit, score in zip(hits, scores, strict=True)]
    return tuple(sorted(scored, key=lambda hit: -hit.score))


def lifted(hits: Sequence[Hit], within: Sequence[Hit], named: Collection[str]) -> tuple[Hit, ...]:
    """The hits of `named` documents as `within` has them and all others, best first.

    A hit's score is its mean over the two searches, 0 where one did not find it: a hit of a named document
    gains, and none of another is lost. The searches are two looks at the index: each document is taken from
    one of them, so that what is replaced in between is never seen half old, half new.
    """
    everywhere = {hit.chunk: hit.score for hit in hits}
    gained = (
        replace(hit, score=round((everywhere.get(hit.chunk, 0.0) + LIFT * hit.score) / (1 + LIFT), 6))
        for hit in within
    )
    others = (
        replace(hit, score=round(hit.score / (1 + LIFT), 6)) for hit in hits if hit.document_id not in named
    )
    return tuple(sorted((*gained, *others), key=lambda hit: (-hit.score, hit.chunk)))
