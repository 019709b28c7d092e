"""A run of `salesmate ingest` over its sources: alone in the collection, stopped gently, told in words."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ingestion.ledger import Ledger
from ingestion.printable import printable
from ingestion.progress import watching
from ingestion.sync import sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from ingestion.embed import Embedder
    from ingestion.index.protocol import Index
    from ingestion.report import SyncReport
    from ingestion.settings import Settings
    from ingestion.sources import Source

MOST_NAMES = 50


class Run:
    """One SOURCE after the other, by the same options."""

    def __init__(
        self,
        settings: Settings,
        workspace: str,
        index: Index,
        embedder: Embedder,
        audience: tuple[str, ...] | None,
        *,
        dry_run: bool,
        prune: bool,
    ) -> None:
        self._settings, self._workspace = settings, workspace
        self._index, self._embedder, self._audience = index, embedder, audience
        self._dry_run, self._prune = dry_run, prune

    def __call__(self, source: Source, collection: str, report: SyncReport) -> None:
        """Bring the collection up to date. Raises as `sync`, and CollectionBusyError."""
        if self._dry_run:
            self._sync(source, collection, report)
            return
        with closing(Ledger(self._settings.home, self._workspace, collection)) as ledger, ledger.held():
            self._sync(source, collection, report)
            if not report.stopped:
                ledger.note(source.address, report.failed)

    def _sync(self, source: Source, collection: str, report: SyncReport) -> None:
        with _stopping_gently() as should_stop, watching(collection) as show:
            sync(
                source,
                collection,
                self._index,
                self._embedder,
                audience=self._audience,
                prune=self._prune,
                dry_run=self._dry_run,
                progress=show,
                should_stop=should_stop,
                report=report,
            )


@contextmanager
def _stopping_gently() -> Iterator[Callable[[], bool]]:
    """Ctrl-C lets the document at hand be finished; a second one ends it at once, and nothing is torn."""
    asked = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        # Straight to the descriptor: the interrupted code may be writing to the stream itself.
        os.write(2, b"\nStopping when this document is done; once more stops at once.\n")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def in_words(collection: str, report: SyncReport, *, dry_run: bool) -> str:
    """For a terminal: what was done, what it warns of, what failed."""
    done = "would be indexed" if dry_run else "indexed"
    lines = [
        f"{printable(collection)}: {report.documents} documents {done} ({report.chunks} chunks,"
        f" {report.pages} pages), {report.unchanged} unchanged, {report.removed} removed."
    ]
    if dry_run:
        for sign, names in (("+", report.added), ("~", report.changed), ("-", report.forgotten)):
            lines += [f"  {sign} {printable(name)}" for name in names[:MOST_NAMES]]
            if len(names) > MOST_NAMES:
                lines.append(f"  {sign} and {len(names) - MOST_NAMES} more")
        lines.append("  Nothing was touched.")
    lines += [f"  warning: {printable(warning)}" for warning in report.warnings]
    lines += [f"  not read: {printable(skipped)}" for skipped in report.skipped[:MOST_NAMES]]
    if len(report.skipped) > MOST_NAMES:
        lines.append(f"  not read: {len(report.skipped) - MOST_NAMES} more")
    if report.gone:
        lines.append(f"  {len(report.gone)} documents are kept whose file has gone; --prune removes them.")
    lines += [f"  failed: {printable(failure.reason)}" for failure in report.failed]
    return "\n".join(lines)
