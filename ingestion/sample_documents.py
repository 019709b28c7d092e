"""The documents that come with SalesMate: two fictional firms, a collection each.

`make samples` rebuilds the PDFs and the vectors after an edit; a test says when that is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from ingestion.chunk import chunks_of, text_to_embed
from ingestion.embed import Embedder, MiniLM
from ingestion.index.protocol import Index, IndexedDocument
from ingestion.load import documents_in, load
from ingestion.settings import Settings
from ingestion.shipped import ShippedVectors, write
from ingestion.sources.local import FolderSource
from ingestion.sync import ShowProgress, SyncReport, sync

ADDRESS = "samples:"


def see_to_samples(
    index: Index, embedder: Embedder, settings: Settings, progress: ShowProgress | None = None
) -> None:
    """Have the sample documents in the index, or out of it, as SALESMATE_SAMPLES says.

    Raises IndexUnavailableError.
    """
    if settings.samples:
        ensure_samples(index, embedder, progress)
        return
    for folder in sample_folders():
        for document in index.documents(folder.name).values():
            if is_sample(document):
                index.remove(document.id)


def ensure_samples(index: Index, embedder: Embedder, progress: ShowProgress | None = None) -> SyncReport:
    """Index the sample documents where they are not indexed yet. Raises IndexUnavailableError."""
    report = SyncReport()
    knowing = ShippedVectors(embedder, vectors_file())
    for folder in sample_folders():
        source = SampleFolder(folder)
        sync(source, folder.name, index, knowing, progress=progress, prune=True, report=report)
    return report


class SampleFolder(FolderSource):
    """A folder of samples, under one address wherever SalesMate is installed: a moved installation finds its
    samples again, and nobody's own documents in a collection of the same name are touched."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.address = f"{ADDRESS}{folder.name}"


def is_sample(document: IndexedDocument) -> bool:
    """Whether it was put into the index by `ensure_samples`, which would put it back."""
    return document.source.startswith(ADDRESS)


def sample_folders() -> tuple[Path, ...]:
    """One folder a firm; its name is its collection."""
    return tuple(
        folder
        for folder in sorted(_root().iterdir())
        if folder.is_dir() and folder.name not in ("sources", "__pycache__")
    )


def texts_of_samples() -> list[str]:
    """Every text of the sample documents as it is embedded, in a fixed order."""
    return list(dict.fromkeys(_texts()))


def vectors_file() -> Path:
    """Where the vectors of the sample documents lie."""
    return _root() / "vectors.npz"


def _root() -> Path:
    return Path(str(files("ingestion"))) / "samples"


def _texts() -> Iterator[str]:
    for folder in sample_folders():
        for path in documents_in(folder):
            name = path.relative_to(folder).as_posix()
            document = load(path.read_bytes(), name=name, uri=path.as_uri())
            for chunk in chunks_of(document):
                yield text_to_embed(document.title, chunk)


if __name__ == "__main__":
    write(vectors_file(), texts_of_samples(), MiniLM())
