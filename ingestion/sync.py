"""A source of documents into the index: only what changed, a document a transaction, safe to stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from ingestion.chunk import chunks_of, document_id, text_to_embed
from ingestion.document import digest_of
from ingestion.errors import KnowledgeError
from ingestion.index.protocol import IndexedDocument
from ingestion.ledger import Failure
from ingestion.load import load
from ingestion.naming import InvalidNameError, names_of
from ingestion.reading_ahead import read_ahead
from ingestion.report import Progress, ShowProgress, SyncReport
from ingestion.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ingestion.chunk import Chunk
    from ingestion.embed import Embedder, Vectors
    from ingestion.index.protocol import Index
    from ingestion.sources import Found, Source

__all__ = ["Failure", "Progress", "ShowProgress", "SyncReport", "sync", "sync_folder"]

RECIPE = "1"
"""Raise it when loading or chunking changes what a document becomes: everything is then indexed again."""

SLICE = 64
"""Chunks embedded at a time: after each, progress is told and a stop costs no more than this."""


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

    Raises SourceUnavailableError when the source cannot be listed, or lists nothing where documents are known
    from it, InvalidNameError when the audience of a new document is not clear, and IndexUnavailableError.
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
    usual = _usual_audience(known.values(), source.address) if groups is None and news else ()
    reading = _Reading(source, collection, embedder.name, known, groups, usual)
    tell = _Teller(collection, [name for name, _ in named], [found for _, found in named], progress)
    for file in read_ahead(reading.read, named):
        if should_stop():
            report.stopped = True
            return report
        _deal_with(file, index, embedder, report, tell, write=not dry_run)
    listed = {found.uri for found in files}
    vanished = [document for document in mine if document.uri not in listed]
    # What could not be looked at may still be there.
    if prune and not unseen:
        _forget(vanished, index, report, write=not dry_run)
    else:
        report.gone += [document.name for document in vanished]
    return report


@dataclass(frozen=True)
class _Read:
    """A file that was read: `entry` is None if it is as the index knows it, or if `failure` says why not."""

    name: str
    entry: IndexedDocument | None = None
    chunks: tuple[Chunk, ...] = ()
    is_new: bool = False
    failure: Failure | None = None


@dataclass(frozen=True)
class _Reading:
    """What it takes to turn a file into what goes into the index. Runs in the reader's thread."""

    source: Source
    collection: str
    embedder: str
    known: Mapping[str, IndexedDocument]
    groups: tuple[str, ...] | None
    """Who may read every document; None leaves each as it is."""
    usual_audience: tuple[str, ...]
    """Who may read a new one where `groups` is None."""

    def read(self, file: tuple[str, Found]) -> _Read:
        name, found = file
        try:
            content = self.source.read(found)
            # Vectors of two embedders cannot be compared, so another embedder changes every document.
            digest = f"{digest_of(content)}:{RECIPE}:{self.embedder}"
            before = self.known.get(name)
            owner = self._owner(before, found)
            audience = self._audience(before)
            state = (digest, found.uri, audience, owner)
            if before and (before.digest, before.uri, before.audience, before.source) == state:
                return _Read(name)
            document = load(content, name=name, uri=found.uri)
            chunks = chunks_of(document)
        except (KnowledgeError, OSError) as error:
            return _Read(name, failure=Failure(name, str(error)))
        entry = IndexedDocument(
            *(document_id(self.collection, name), self.collection, name, document.title, found.uri, digest),
            *(document.dated, audience, owner, len(document.pages), len(chunks), None),
            document.warnings,
        )
        return _Read(name, entry, chunks, is_new=before is None)

    def _audience(self, before: IndexedDocument | None) -> tuple[str, ...]:
        if self.groups is not None:
            return self.groups
        return before.audience if before else self.usual_audience

    def _owner(self, before: IndexedDocument | None, found: Found) -> str:
        """A file that two sources hold belongs to the wider one: that one will see it vanish."""
        if before is None or before.uri != found.uri or self.source.holds(before.source):
            return self.source.address
        return before.source or self.source.address


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
    file: _Read, index: Index, embedder: Embedder, report: SyncReport, tell: _Teller, *, write: bool
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


def _usual_audience(known: Iterable[IndexedDocument], address: str) -> tuple[str, ...]:
    """Who may read what comes from here or from a folder above.

    Nobody gains access because a run forgot to name the groups.
    """
    before = {
        document.audience
        for document in known
        if document.source and f"{address}/".startswith(f"{document.source.rstrip('/')}/")
    }
    if len(before) > 1:
        raise InvalidNameError(
            f"The documents of {address} have different audiences, so it is not clear who may read new ones."
            " Say --audience GROUP, or --audience everybody."
        )
    return before.pop() if before else ()


def _forget(vanished: Sequence[IndexedDocument], index: Index, report: SyncReport, *, write: bool) -> None:
    for document in vanished:
        if write:
            index.remove(document.id)
        report.removed += 1
        report.forgotten.append(document.name)
