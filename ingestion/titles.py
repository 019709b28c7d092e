"""Which documents a question names: their titles, product names and file names, or a telling part of them."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING

from ingestion.words import stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ingestion.index.protocol import Index, IndexedDocument

MOST_SHARING = 3
"""A part of a title that more documents share ("product sheet") tells nothing."""
LONGEST_NAME = 12
"""Terms of a title that are looked at."""
FRESH_SECONDS = 10.0
"""For so long names are believed without asking the index. They only lift hits: a new document is found by
its words at once, and by its name a little later."""
LEISURE = 50
"""Reading the names of a large index may take a fiftieth of the time."""

Name = tuple[str, ...]


@dataclass(frozen=True)
class Names:
    """Runs of terms -> the ids of the documents that bear them."""

    runs: Mapping[Name, frozenset[str]]

    def in_question(self, question: str) -> frozenset[str]:
        """The documents named. The longest name wins: "Flow Plus" does not name "Flow"."""
        terms = stems(question)
        found: set[str] = set()
        at = 0
        while at < len(terms):
            for length in range(min(LONGEST_NAME, len(terms) - at), 0, -1):
                bearers = self.runs.get(tuple(terms[at : at + length]))
                if bearers is not None:
                    found |= bearers
                    break
            else:
                length = 1
            at += length
        return frozenset(found)


def names_of(documents: Iterable[IndexedDocument]) -> Names:
    """A document bears its whole title, the parts of it at a colon, its file name, and any two neighbouring
    words of these that no more than MOST_SHARING documents have."""
    bearers: dict[Name, set[str]] = defaultdict(set)
    for document in documents:
        for run in _runs_of(document):
            bearers[run].add(document.id)
    return Names({run: frozenset(ids) for run, ids in bearers.items() if len(ids) <= MOST_SHARING})


class Titles:
    """The names of an index's documents, read again now and then. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lock = Lock()
        self._known: dict[str | None, tuple[float, Names]] = {}

    def named_in(self, question: str, collection: str | None) -> frozenset[str]:
        """Ids of the documents of the collection (None: of all) that the question names.

        Raises IndexUnavailableError.
        """
        return self._names(collection).in_question(question)

    def _names(self, collection: str | None) -> Names:
        with self._lock:
            start = time.monotonic()
            until, names = self._known.get(collection, (0.0, None))
            if names is None or start >= until:
                within = self._index.collections() if collection is None else (collection,)
                names = names_of(one for name in within for one in self._index.documents(name).values())
                now = time.monotonic()
                self._known[collection] = (now + max(FRESH_SECONDS, LEISURE * (now - start)), names)
            return names


def _runs_of(document: IndexedDocument) -> Iterator[Name]:
    stem = PurePosixPath(document.name).stem
    for name in {document.title, *re.split(r"[:–—|]\s+", document.title), stem}:
        terms = stems(name.replace("_", " "))[:LONGEST_NAME]
        if not terms or not any(term.isalpha() for term in terms):
            continue
        yield tuple(terms)
        for length in range(2, len(terms)):
            for at in range(len(terms) - length + 1):
                yield tuple(terms[at : at + length])
