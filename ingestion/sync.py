"""A source of documents into the index: only what changed, a document a transaction, safe to stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from ingestion.chunk import text_to_embed
from ingestion.errors import KnowledgeError
from ingestion.ledger import Failure
from ingestion.naming import names_of
from ingestion.reading import Read, Reading, usual_audience
from ingestion.reading_ahead import read_ahead
from ingestion.report import Progress, ShowProgress, SyncReport
from ingestion.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ingestion.chunk import Chunk
    from ingestion.embed import Embedder, Vectors
    from ingestion.index.protocol import Index, IndexedDocument
    from ingestion.sources import Found, Source

__all__ = ["Failure", "Progress", "ShowProgress", "SyncReport", "sync", "sync_folder"]

RECIPE = "5"
"""Raise it when loading or chunking changes what a document becomes: everything is then indexed again."""

SLICE = 64
"""Chunks embedded at a time: after each, progress is told and a stop costs no more than this."""

LAST_STRAW = 3
"""Files in a row that a source does not give out, before it counts as away: each may cost a time-out."""


def sync_folder(
    folder: Path,
    collection: str,
    index: Index,
    embedder: Embedder,
    *,
    progress: ShowProgress | None = None,
    prune: bool = False,
    report: SyncReport | None = None,
) -> SyncReport:
    """As `sync`, of a folder of this machine."""
    source = open_source(str(folder))
    return sync(source, collection, index, embedder, progress=progress, prune=prune, report=report)


def sync(
    source: Source,
    collection: str,
    index: Index,
    embedder: Embedder,
    *,
    audience: Sequence[str] | None = None,
    prune: bool = False,
    dry_run: bool = False,
    progress: ShowProgress | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    report: SyncReport | None = None,
) -> SyncReport:
    """Bring `collection` up to date with the files of `source`.

    An unchanged file costs one read; one that cannot be read is reported and what was known of it stays. With
    `prune`, documents of this source whose file has gone are forgotten. `audience` None leaves documents to
    the groups who may read this source already. `dry_run` reads and reports, and writes nothing.

    Raises SourceUnavailableError when the source cannot be listed or stops answering, KnowledgeError when it
    lists nothing where documents are known from it, InvalidNameError when the audience of a new document is
    not clear, and IndexUnavailableError. What was indexed before stays, and `report` tells it.
    """
    report = SyncReport() if report is None else report
    known = index.documents(collection)
    files = source.files()
    mine = [document for document in known.values() if document.source == source.address]
    if mine and not files:
        raise KnowledgeError(
            f"{source.address} lists no documents, though {len(mine)} are known from it. Nothing was removed."
            " If they are gone for good, use `salesmate ingest remove`."
        )
    named, said = names_of(files, known, source.address)
    report.warnings += said
    unseen = _look_beside(source, report)
    groups = None if audience is None else tuple(sorted(set(audience)))
    news = [name for name, _ in named if name not in known]
    usual = usual_audience(known.values(), source.address) if groups is None and news else ()
    # Vectors of two embedders cannot be compared.
    made_by = f"{RECIPE}:{embedder.name}"
    reading = Reading(source, collection, made_by, known, groups, usual)
    tell = _Teller(collection, [name for name, _ in named], [found for _, found in named], progress)
    in_a_row = 0
    for file in read_ahead(reading.read, named):
        if should_stop():
            report.stopped = True
            return report
        in_a_row = in_a_row + 1 if file.unavailable else 0
        if file.unavailable and in_a_row == LAST_STRAW:
            raise file.unavailable
        _deal_with(file, index, embedder, report, tell, write=not dry_run)
    listed = {found.uri for found in files}
    vanished = [document for document in mine if document.uri not in listed]
    # What could not be looked at may still be there.
    if prune and not unseen:
        _forget(vanished, index, report, write=not dry_run)
    else:
        report.gone += [document.name for document in vanished]
    return report


class _Teller:
    """Counts what has been dealt with and tells it."""

    def __init__(
        self, collection: str, names: Sequence[str], files: Sequence[Found], show: ShowProgress | None
    ) -> None:
        sizes = [found.size or 0 for found in files]
        self._size_of = dict(zip(names, sizes, strict=True))
        self._show = show
        self._step = Progress(collection, "", 0, len(files), 0, all_work=sum(sizes))

    def within(self, document: str, part: float) -> None:
        if self._show:
            work = self._step.work + int(self._size_of[document] * part)
            self._show(replace(self._step, document=document, chunks=0, pages=0, part=part, work=work))

    def done(self, document: str, chunks: int, pages: int) -> None:
        self._step = replace(
            self._step,
            document=document,
            done=self._step.done + 1,
            chunks=chunks,
            pages=pages,
            work=self._step.work + self._size_of[document],
        )
        if self._show:
            self._show(self._step)


def _deal_with(
    file: Read, index: Index, embedder: Embedder, report: SyncReport, tell: _Teller, *, write: bool
) -> None:
    if file.failure:
        report.failed.append(file.failure)
    elif file.entry is None:
        report.unchanged += 1
    else:
        if write:
            vectors = _embedded(file.entry, file.chunks, embedder, tell)
            index.replace(replace(file.entry, indexed_at=datetime.now(UTC)), file.chunks, vectors)
        report.documents += 1
        report.chunks += len(file.chunks)
        report.pages += file.entry.pages
        report.warnings += file.entry.warnings
        (report.added if file.is_new else report.changed).append(file.name)
    tell.done(file.name, len(file.chunks), file.entry.pages if file.entry else 0)


def _embedded(entry: IndexedDocument, chunks: Sequence[Chunk], embedder: Embedder, tell: _Teller) -> Vectors:
    texts = [text_to_embed(entry.title, chunk) for chunk in chunks]
    vectors = [embedder.embed(texts[:SLICE])]
    for start in range(SLICE, len(texts), SLICE):
        tell.within(entry.name, start / len(texts))
        vectors.append(embedder.embed(texts[start : start + SLICE]))
    return np.concatenate(vectors)


def _look_beside(source: Source, report: SyncReport) -> bool:
    """Report what lies beside the documents; true if there may be more documents than could be listed."""
    unseen = False
    for beside in source.skipped():
        if beside.failed:
            unseen = True
            report.failed.append(Failure(beside.name, f"{beside.name}: {beside.reason}."))
        else:
            report.skipped.append(f"{beside.name}: {beside.reason}")
    return unseen


def _forget(vanished: Sequence[IndexedDocument], index: Index, report: SyncReport, *, write: bool) -> None:
    for document in vanished:
        if write:
            index.remove(document.id)
        report.removed += 1
        report.forgotten.append(document.name)
