"""A file into a document: the reader for its kind, its title and its date."""

from __future__ import annotations

from pathlib import Path

from ingestion.dates import date_of
from ingestion.document import Document, ReadFile, digest_of
from ingestion.errors import UnreadableDocumentError

LARGEST_FILE_BYTES = 200_000_000
READABLE = {".md": "Markdown", ".markdown": "Markdown", ".pdf": "PDF"}


def documents_in(folder: Path) -> tuple[Path, ...]:
    """The readable files below `folder`, in a fixed order, hidden ones and READMEs left out."""
    return tuple(
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in READABLE
        and path.is_file()
        and path.stem.lower() != "readme"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def load(content: bytes, *, name: str, uri: str) -> Document:
    """Read one file.

    Raises UnreadableDocumentError with the reason and the way out when nothing can be read from it.
    """
    kind = READABLE.get(Path(name).suffix.lower())
    if kind is None:
        raise UnreadableDocumentError(f"{name} is not a kind of file that can be read here ({_kinds()}).")
    if not content.strip():
        raise UnreadableDocumentError(f"{name} is empty.")
    read = _read(kind, content, name)
    if not any(page.text.strip() for page in read.pages):
        raise UnreadableDocumentError(
            f"{name} has no text. If it is a scan, run text recognition on it first."
        )
    stem = Path(name).stem.replace("-", " ").replace("_", " ").strip().capitalize()
    dated = date_of(read.top)
    return Document(name, read.title or stem, uri, digest_of(content), dated, read.pages, read.warnings)


def _read(kind: str, content: bytes, name: str) -> ReadFile:
    """Readers load the libraries they need, so each is imported only where there is such a file."""
    if kind == "PDF":
        from ingestion.readers.pdf import read_pdf

        return read_pdf(content, name)
    from ingestion.readers.markdown import read_markdown

    return read_markdown(content, name)


def _kinds() -> str:
    return ", ".join(READABLE)
