"""The indexes of many workspaces: each its own, opened late, never too many, never closed under a reader."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.knowledge import Documents
from ingestion.errors import IndexUnavailableError
from ingestion.index.protocol import Hit


class Drawer:
    """An index that knows whether it is open, and whether it was searched after it was closed."""

    def __init__(self, workspace: str, log: list[str], hold: threading.Event) -> None:
        self.workspace, self.log, self.hold, self.closed = workspace, log, hold, False
        log.append(f"open {workspace}")

    def search(self, query: str, _collection: str | None) -> tuple[Hit, ...]:
        if query == "wait":
            assert self.hold.wait(10)
        assert not self.closed
        self.log.append(f"{self.workspace}: {query}")
        return ()

    def close(self) -> None:
        self.closed = True
        self.log.append(f"close {self.workspace}")


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def hold() -> threading.Event:
    return threading.Event()


@pytest.fixture
def documents(log: list[str], hold: threading.Event) -> Documents:
    return Documents(lambda workspace: Drawer(workspace, log, hold), most=2)


def test_a_workspace_is_opened_once_when_somebody_asks(documents: Documents, log: list[str]) -> None:
    search = documents.of("a")
    assert log == []
    search("1", None)
    search("2", None)
    assert log == ["open a", "a: 1", "a: 2"]


def test_the_least_lately_used_is_given_back(documents: Documents, log: list[str]) -> None:
    for workspace in ("a", "b", "a", "c"):
        documents.of(workspace)("?", None)
    assert [line for line in log if line.startswith("close")] == ["close b"]
    documents.close()
    assert sorted(line for line in log if line.startswith("close")) == ["close a", "close b", "close c"]


def test_an_index_is_not_closed_while_it_is_searched(
    documents: Documents, log: list[str], hold: threading.Event
) -> None:
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(documents.of("a"), "wait", None)
        while "open a" not in log:
            threading.Event().wait(0.005)
        for workspace in ("b", "c", "d"):
            documents.of(workspace)("?", None)
        documents.close()
        assert "close a" not in log
        hold.set()
        reading.result(10)


def test_many_at_once_open_it_once(documents: Documents, log: list[str]) -> None:
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda n: documents.of("a")(str(n), None), range(64)))
    assert log.count("open a") == 1


def test_an_index_that_could_not_be_opened_is_tried_again() -> None:
    tried: list[str] = []

    def opens(workspace: str) -> Drawer:
        tried.append(workspace)
        if len(tried) == 1:
            raise IndexUnavailableError("The index cannot be opened.")
        return Drawer(workspace, [], threading.Event())

    search = Documents(opens).of("a")
    with pytest.raises(IndexUnavailableError):
        search("?", None)
    assert search("?", None) == ()
