"""What is in the index, collection by collection, and what could not be read into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.index.choose import LOCAL
from ingestion.index.workspace import safe_name
from ingestion.ledger import Run, runs_of
from ingestion.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from ingestion.index.protocol import Index, IndexedDocument
    from ingestion.settings import Settings


@dataclass(frozen=True)
class CollectionStatus:
    """One collection: its documents by name, and the last finished run over each of its sources."""

    name: str
    documents: tuple[IndexedDocument, ...]
    runs: tuple[Run, ...]

    @property
    def chunks(self) -> int:
        return sum(document.chunks for document in self.documents)

    @property
    def pages(self) -> int:
        return sum(document.pages for document in self.documents)

    @property
    def indexed_at(self) -> datetime | None:
        """When a document was last written."""
        return max((d.indexed_at for d in self.documents if d.indexed_at), default=None)


@dataclass(frozen=True)
class Place:
    """Where an index is. `size` is in bytes; None where it cannot be told."""

    kind: str
    address: str
    size: int | None


def index_file(settings: Settings, workspace: str) -> Path:
    """The file of the embedded index, the same that `open_index` opens."""
    file = settings.knowledge_file
    return file if workspace == LOCAL else file.with_name(f"{file.stem}-{safe_name(workspace)}{file.suffix}")


def place_of(settings: Settings, workspace: str) -> Place:
    """Where the workspace's index is."""
    if settings.weaviate_url:
        return Place("weaviate", settings.weaviate_url, None)
    file = index_file(settings, workspace)
    parts = [file, file.with_name(f"{file.name}-wal")]
    return Place("embedded", str(file), sum(part.stat().st_size for part in parts if part.exists()))


def collections_in(index: Index, home: Path, workspace: str) -> list[CollectionStatus]:
    """Every collection of the index, by name. Raises IndexUnavailableError."""
    return [
        CollectionStatus(name, tuple(index.documents(name).values()), runs_of(home, workspace, name))
        for name in index.collections()
    ]


def to_json(place: Place, collections: Sequence[CollectionStatus], *, documents: bool) -> dict[str, object]:
    """For scripts; each document too where `documents`. Times are UTC, ISO 8601; sizes bytes."""
    return {
        "index": {"kind": place.kind, "address": place.address, "bytes": place.size},
        "collections": [_collection_json(one, documents=documents) for one in collections],
    }


def for_people(place: Place, collections: Sequence[CollectionStatus], *, documents: bool) -> str:
    """For a terminal."""
    size = "" if place.size is None else f", {place.size / 1_000_000:.1f} MB"
    lines = [f"Index: {place.kind}, {place.address}{size}"]
    if not collections:
        return "\n".join([*lines, "No documents yet. Add some: salesmate ingest FOLDER"])
    wide = max(10, *(len(one.name) for one in collections))
    lines += ["", f"{'collection':{wide}}  documents  chunks   pages  last indexed"]
    for one in collections:
        counts = f"{len(one.documents):>9}  {one.chunks:>6}  {one.pages:>6}"
        lines.append(f"{one.name:{wide}}  {counts}  {_when(one.indexed_at)}")
    for one in collections:
        lines += _remarks(one)
        if documents:
            lines += ["", *(line for document in one.documents for line in _document_lines(document))]
    return "\n".join(lines)


def _remarks(one: CollectionStatus) -> list[str]:
    warned = sum(bool(document.warnings) for document in one.documents)
    lines = (
        [f"{one.name}: {warned} documents have warnings; --collection {one.name} shows them"]
        if warned
        else []
    )
    for run in one.runs:
        if run.failed:
            lines.append(f"{one.name}: failed in the run over {printable(run.source)}, {_when(run.at)}:")
            lines += [f"  {printable(failure.reason)}" for failure in run.failed]
    return lines


def _document_lines(document: IndexedDocument) -> list[str]:
    dated = f", dated {document.dated}" if document.dated else ""
    readers = f", for {', '.join(document.audience)}" if document.audience else ""
    return [
        f"{printable(document.name)}: {printable(document.title)} ({document.pages} pages,"
        f" {document.chunks} chunks{dated}{readers}), {_when(document.indexed_at)}",
        *(f"  warning: {printable(warning)}" for warning in document.warnings),
    ]


def _when(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "never"


def _collection_json(one: CollectionStatus, *, documents: bool) -> dict[str, object]:
    counts: dict[str, object] = {
        "collection": one.name,
        "documents": len(one.documents),
        "chunks": one.chunks,
        "pages": one.pages,
        "indexed_at": one.indexed_at.isoformat() if one.indexed_at else None,
        "warned": sum(bool(document.warnings) for document in one.documents),
        "runs": [
            {
                "source": run.source,
                "at": run.at.isoformat(),
                "failed": [{"file": failure.file, "reason": failure.reason} for failure in run.failed],
            }
            for run in one.runs
        ],
    }
    if documents:
        counts["files"] = [_document_json(document) for document in one.documents]
    return counts


def _document_json(document: IndexedDocument) -> dict[str, object]:
    return {
        "document": document.name,
        "id": document.id,
        "title": document.title,
        "uri": document.uri,
        "source": document.source,
        "pages": document.pages,
        "chunks": document.chunks,
        "dated": document.dated.isoformat() if document.dated else None,
        "indexed_at": document.indexed_at.isoformat() if document.indexed_at else None,
        "audience": list(document.audience),
        "warnings": list(document.warnings),
    }
