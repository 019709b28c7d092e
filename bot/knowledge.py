"""The documents behind the copilot: an index a workspace, opened when somebody first asks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ingestion.index.protocol import Hit
from ingestion.settings import Settings

if TYPE_CHECKING:
    from ingestion.sync import ShowProgress

MOST_OPEN = 16
"""Indexes kept open; one holds its vectors in memory."""


class Searching(Protocol):
    """An open index, as far as it matters here."""

    def search(self, query: str, collection: str | None, /) -> tuple[Hit, ...]: ...

    def close(self) -> None: ...


class Documents:
    """The search of every workspace. Safe to share between threads.

    Nobody finds another workspace's documents: each is an index of its own. Opened late, the least lately
    used given back first, and never while somebody searches it.
    """

    def __init__(self, opens: Callable[[str], Searching], most: int = MOST_OPEN) -> None:
        self._opens = opens
        self._most = most
        self._open: OrderedDict[str, _Shelf] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, workspace: str) -> Callable[[str, str | None], tuple[Hit, ...]]:
        """The search of one workspace; it raises KnowledgeError when the index cannot be opened or read."""

        def search(query: str, collection: str | None = None) -> tuple[Hit, ...]:
            with self._held(workspace) as index:
                return index.search(query, collection)

        return search

    def close(self) -> None:
        """Give back every index that nobody searches; a later question opens it again."""
        with self._lock:
            self._give_back(0)

    @contextmanager
    def _held(self, workspace: str) -> Iterator[Searching]:
        with self._lock:
            shelf = self._open.setdefault(workspace, _Shelf())
            self._open.move_to_end(workspace)
            shelf.readers += 1
        try:
            with shelf.lock:
                if shelf.index is None:
                    shelf.index = self._opens(workspace)
            yield shelf.index
        finally:
            with self._lock:
                shelf.readers -= 1
                self._give_back(self._most)

    def _give_back(self, most: int) -> None:
        for workspace, shelf in list(self._open.items()):
            if len(self._open) <= most:
                return
            if shelf.readers == 0:
                del self._open[workspace]
                if shelf.index is not None:
                    shelf.index.close()


@dataclass
class _Shelf:
    index: Searching | None = None
    readers: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def documents(audiences: Collection[str] | None, progress: ShowProgress | None = None) -> Documents:
    """The documents of this installation, for somebody in `audiences`; None may read every one."""

    def opens(workspace: str) -> Searching:
        from agents.copilot.desk import open_desk  # the customer answers before anybody asks the copilot

        return open_desk(Settings(), audiences=audiences, progress=progress, workspace=workspace)

    return Documents(opens)
