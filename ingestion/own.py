"""Which collections a question that names none is put to: one's own, or the samples for want of others."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

from ingestion.titles import FRESH_SECONDS, LEISURE

if TYPE_CHECKING:
    from ingestion.index.protocol import Index


class OwnCollections:
    """The collections of an index that hold more than samples, looked at as seldom as its titles are: to read
    those of a large index takes a while. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lock = Lock()
        self._until = 0.0
        self._own: frozenset[str] | None = None

    def __call__(self) -> frozenset[str] | None:
        """What to search where no collection is named; None for everything there is.

        Raises IndexUnavailableError.
        """
        with self._lock:
            start = time.monotonic()
            if start >= self._until:
                self._own = own_collections(self._index)
                now = time.monotonic()
                self._until = now + max(FRESH_SECONDS, LEISURE * (now - start))
            return self._own


def own_collections(index: Index) -> frozenset[str] | None:
    """The collections with a document that is no sample, where there are others beside them; else None.

    A collection that bears a sample's name and holds one's own documents too is one's own. Raises
    IndexUnavailableError.
    """
    from ingestion.sample_documents import is_sample, sample_folders  # reads documents, which search does not

    known = index.collections()
    named_like_samples = {folder.name for folder in sample_folders()}.intersection(known)
    samples = {
        name
        for name in named_like_samples
        if all(is_sample(document) for document in index.documents(name).values())
    }
    own = frozenset(known) - samples
    return own if own and samples else None
