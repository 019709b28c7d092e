"""A file into a document: the reader for its kind, its title and its date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.dates import date_of, edition_of
from ingestion.document import Document, ReadFile, digest_of
from ingestion.errors import UnreadableDocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_FILE_BYTES = 200_000_000
READABLE = {
    ".md": "Markdown",
    ".markdown": "Markdown",
    ".pdf": "PDF",
    ".docx": "Word",
    ".pptx": "PowerPoint",
    ".xlsx": "Excel",
    ".csv": "CSV",
    ".tsv": "CSV",
    ".html": "HTML",
    ".htm": "HTML",
    ".txt": "text",
    ".text": "text",
    ".eml": "e-mail",
}
MARKED = {"PDF", "Word", "PowerPoint", "Excel"}
"""Kinds that show in their first bytes: a file called so that does not show it is no such file."""


def documents_in(folder: Path) -> tuple[Path, ...]:
    """The readable files below `folder`, in a fixed order, hidden ones and READMEs left out."""
    return tuple(
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in READABLE
        and path.is_file()
        and path.stem.lower() != "readme"
        and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
    )


def load(content: bytes, *, name: str, uri: str) -> Document:
    """Read one file.

    Raises UnreadableDocumentError with the reason and the way out when nothing can be read from it.
    """
    read = read_file(content, name)
    if not any(page.text.strip() for page in read.pages):
        raise UnreadableDocumentError(
            f"{name} has no text. If it is a scan, run text recognition on it first."
        )
    stem = Path(name).stem.replace("-", " ").replace("_", " ").strip().capitalize()
    dated = date_of(read.top) or read.dated or edition_of(f"{stem}\n{read.title}")
    return Document(name, read.title or stem, uri, digest_of(content), dated, read.pages, read.warnings)


def read_file(content: bytes, name: str) -> ReadFile:
    """The pages of a file of any readable kind; what it really is counts for more than its ending.

    Raises UnreadableDocumentError as `load` does, whatever is wrong with the file.
    """
    kind, warnings = _kind_of(content, name)
    try:
        read = _reader(kind)(content, name)
    except UnreadableDocumentError:
        raise
    # A parser that trips over a file must not stop the others: here, and nowhere else, anything is caught.
    except (Exception, RecursionError) as error:
        raise UnreadableDocumentError(
            f"{name} is damaged and cannot be read as {kind} ({type(error).__name__}). "
            "Open it in its program and save it again."
        ) from error
    return ReadFile(read.pages, read.title, read.top, (*warnings, *read.warnings), read.dated)


def _kind_of(content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """What to read the file as, and a warning where its ending says something else."""
    from ingestion.kinds import LOCKED, Foreign, true_kind

    ending = Path(name).suffix.lower()
    called = READABLE.get(ending)
    if not content.strip():
        raise UnreadableDocumentError(f"{name} is empty.")
    if len(content) > LARGEST_FILE_BYTES:
        raise UnreadableDocumentError(
            f"{name} is larger than {LARGEST_FILE_BYTES // 1_000_000} MB. Split it and run again."
        )
    really = true_kind(content)
    if isinstance(really, Foreign):
        prefix = "" if called is None or really is LOCKED else "really "
        raise UnreadableDocumentError(f"{name} is {prefix}{really.what}. {really.way_out}.")
    if really is not None:
        wrong = () if really == called else (f"{name} is really {really} and was read as such; rename it.",)
        return really, wrong
    if called is None:
        kinds = ", ".join(READABLE)
        raise UnreadableDocumentError(f"{name} is not a kind of file that can be read here ({kinds}).")
    if called == "PDF" and b"%PDF-" in content[:1024]:
        return called, ()
    if called in MARKED:
        raise UnreadableDocumentError(
            f"{name} is not a readable {called} file: something else, or damaged. Ask for a complete copy."
        )
    return called, ()


def _reader(kind: str) -> Callable[[bytes, str], ReadFile]:
    """Readers load the libraries they need, so each is imported only where there is such a file."""
    from importlib import import_module

    module, function = READERS[kind]
    reader: Callable[[bytes, str], ReadFile] = getattr(import_module(module), function)
    return reader


READERS = {
    "Markdown": ("ingestion.readers.markdown", "read_markdown"),
    "PDF": ("ingestion.readers.pdf", "read_pdf"),
    "Word": ("ingestion.readers.docx", "read_docx"),
    "PowerPoint": ("ingestion.readers.pptx", "read_pptx"),
    "Excel": ("ingestion.readers.xlsx", "read_xlsx"),
    "CSV": ("ingestion.readers.csv", "read_csv"),
    "HTML": ("ingestion.readers.html", "read_html"),
    "text": ("ingestion.readers.text", "read_text"),
    "e-mail": ("ingestion.readers.eml", "read_eml"),
}
