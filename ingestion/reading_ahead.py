"""Reads the next files in a thread of its own while the caller works on the one before."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2
"""Results that wait at most, so memory holds a few documents, however many there are."""


def read_ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`work` of each item, in order; what it raises is raised here. One thread: PDFium allows no more."""
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as reader:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(reader.submit(work, item))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
