"""A folder of documents into the index: only what changed, a document a transaction, safe to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.chunk import chunks_of, document_id, text_to_embed
from ingestion.document import digest_of
from ingestion.errors import UnreadableDocumentError
from ingestion.index.protocol import IndexedDocument
from ingestion.load import documents_in, load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingestion.document import Document
    from ingestion.embed import Embedder
    from ingestion.index.protocol import Index

RECIPE = "1"
"""Raise it when loading or chunking changes what a document becomes: everything is then indexed again."""


@dataclass(frozen=True)
class Progress:
    """A file has been dealt with, `done` of `total`; `chunks` were written (0 if unchanged or failed)."""

    collection: str
    document: str
    done: int
    total: int
    chunks: int


@dataclass(frozen=True)
class Failure:
    """A file that could not be indexed, and why."""

    file: str
    reason: str


@dataclass
class SyncReport:
    """What a sync did, in documents and chunks."""

    documents: int = 0
    chunks: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """For scripts: counts, then each failed file with its reason."""
        return {
            "documents": self.documents,
            "chunks": self.chunks,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "failed": [{"file": failure.file, "reason": failure.reason} for failure in self.failed],
        }


ShowProgress = Callable[[Progress], None]


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
    """Bring `collection` up to date with the files below `folder`.

    An unchanged file costs one read; a file that cannot be read is reported and what was known of it stays;
    with `prune`, documents whose file has gone from `folder` are forgotten. Raises IndexUnavailableError.
    """
    report = report or SyncReport()
    known = index.documents(collection)
    paths = documents_in(folder)
    for done, path in enumerate(paths, start=1):
        name = path.relative_to(folder).as_posix()
        written = 0
        try:
            content, uri = path.read_bytes(), path.absolute().as_uri()
            # Vectors of two embedders cannot be compared, so another embedder changes every document.
            digest = f"{digest_of(content)}:{RECIPE}:{embedder.name}"
            before = known.get(name)
            if before and (before.digest, before.uri) == (digest, uri):
                report.unchanged += 1
            else:
                document = load(content, name=name, uri=uri)
                identity = document_id(collection, name)
                entry = IndexedDocument(
                    identity, collection, name, document.title, uri, digest, document.dated
                )
                written = _index(document, entry, index, embedder, report)
        except (UnreadableDocumentError, OSError) as error:
            report.failed.append(Failure(name, str(error)))
        if progress:
            progress(Progress(collection, name, done, len(paths), written))
    if prune:
        _forget_vanished(folder, {path.absolute().as_uri() for path in paths}, known.values(), index, report)
    return report


def _index(
    document: Document, entry: IndexedDocument, index: Index, embedder: Embedder, report: SyncReport
) -> int:
    chunks = chunks_of(document)
    vectors = embedder.embed([text_to_embed(document.title, chunk) for chunk in chunks])
    index.replace(entry, chunks, vectors)
    report.documents += 1
    report.chunks += len(chunks)
    report.warnings += document.warnings
    return len(chunks)


def _forget_vanished(
    folder: Path, present: set[str], known: Iterable[IndexedDocument], index: Index, report: SyncReport
) -> None:
    below = folder.absolute().as_uri() + "/"
    for document in known:
        if document.uri.startswith(below) and document.uri not in present:
            index.remove(document.id)
            report.removed += 1
