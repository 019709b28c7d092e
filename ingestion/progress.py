"""Progress on stderr: a bar with rates and time left where a person watches, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingestion.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingestion.report import Progress, ShowProgress

WINDOW_S = 30.0
"""Rates are of the last so many seconds: what is unchanged goes by fast and would promise too much."""
LINE_EVERY_S = 10.0
NAME_CHARACTERS = 30


class Pace:
    """How fast a run goes, from its steps. Times are seconds of one clock."""

    def __init__(self, now: float) -> None:
        self._pages = 0
        self._steps = deque([(now, 0, 0, 0.0)])
        """Time, documents, pages and the share of the work done, 0 to 1."""

    def step(self, progress: Progress, now: float) -> None:
        """Take a step into account."""
        self._pages += progress.pages
        self._steps.append((now, progress.done, self._pages, share_of(progress)))
        while len(self._steps) > 2 and self._steps[1][0] < now - WINDOW_S:
            self._steps.popleft()

    @property
    def pages(self) -> int:
        """Written so far."""
        return self._pages

    @property
    def rates(self) -> tuple[float, float]:
        """Documents and pages a second."""
        (began, documents, pages, _), (now, more, more_pages, _) = self._steps[0], self._steps[-1]
        seconds = max(now - began, 1e-9)
        return (more - documents) / seconds, (more_pages - pages) / seconds

    @property
    def seconds_left(self) -> float | None:
        """None while nothing can be said."""
        (began, _, _, before), (now, _, _, share) = self._steps[0], self._steps[-1]
        return (1 - share) * (now - began) / (share - before) if share > before else None


def share_of(progress: Progress) -> float:
    """Of the bytes where the source tells sizes, else of the documents."""
    if progress.all_work:
        return min(1.0, progress.work / progress.all_work)
    return min(1.0, (progress.done + progress.part) / max(1, progress.total))


def in_words(progress: Progress, pace: Pace) -> str:
    """ "120 of 500 documents, 3.1 documents/s, 41 pages/s, 2:10 left"."""
    documents, pages = pace.rates
    left = pace.seconds_left
    parts = [f"{progress.done} of {progress.total} documents", f"{documents:.1f} documents/s"]
    if pace.pages:
        parts.append(f"{pages:.1f} pages/s")
    if left is not None and progress.done < progress.total:
        parts.append(f"{clock(left)} left")
    return ", ".join(parts)


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def watching(collection: str) -> Iterator[ShowProgress]:
    """What to call with each step of a run over one source, while the block runs."""
    pace = Pace(time.monotonic())
    if sys.stderr.isatty():
        with _bar(collection, pace) as show:
            yield show
    else:
        yield _lines(collection, pace)


def _lines(collection: str, pace: Pace, now: Callable[[], float] = time.monotonic) -> ShowProgress:
    last = now()

    def show(progress: Progress) -> None:
        nonlocal last
        moment = now()
        pace.step(progress, moment)
        if moment - last >= LINE_EVERY_S:
            last = moment
            sys.stderr.write(f"{collection}: {in_words(progress, pace)}\n")
            sys.stderr.flush()

    return show


@contextmanager
def _bar(collection: str, pace: Pace) -> Iterator[ShowProgress]:
    from rich import progress as rich
    from rich.console import Console

    words = rich.TextColumn("{task.fields[words]}", markup=False)
    name = rich.TextColumn("{task.description}", markup=False)
    bar = rich.Progress(name, rich.BarColumn(), words, console=Console(stderr=True), transient=True)
    with bar:
        task = bar.add_task(collection, total=None, words="listing")

        def show(progress: Progress) -> None:
            pace.step(progress, time.monotonic())
            document = printable(progress.document)[-NAME_CHARACTERS:]
            words = f"{in_words(progress, pace)}  {document}"
            bar.update(task, total=1.0, completed=share_of(progress), words=words)

        yield show
