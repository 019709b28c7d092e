"""A file into a document: its pages as text, its headings, its title and its date."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.errors import UnreadableDocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

READABLE = {".md": "Markdown", ".markdown": "Markdown", ".pdf": "PDF"}
PAGE_BREAK = re.compile(r"^[ \t]*<!--\s*page\s*-->[ \t]*$", re.MULTILINE)
HEADING = re.compile(r"^(#{1,6})[ \t]+(\S.*?)[ \t]*#*[ \t]*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
TITLE_AREA = 600
"""Characters from the top of the first page in which a document says its date."""

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WRITTEN_DATE = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?\s+)?({'|'.join(MONTHS)})\s+(20\d\d)\b", re.IGNORECASE
)
ISSUED = re.compile(r"\b(?:issued|published|dated|date|version of)\b[\s:*_]*(?:on\s+)?$", re.IGNORECASE)
ISO_DATE = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")


@dataclass(frozen=True)
class Heading:
    """A heading line of a page. `start` is where its line begins in the page's text; `level` is 1 to 6."""

    start: int
    level: int
    text: str


@dataclass(frozen=True)
class Page:
    """One page as text. Quotes are exact substrings of `text`."""

    number: int
    text: str
    headings: tuple[Heading, ...] = ()


@dataclass(frozen=True)
class Document:
    """A loaded file. `name` is its path below the folder it came from; `dated` the date it bears, if any."""

    name: str
    title: str
    uri: str
    digest: str
    dated: date | None
    pages: tuple[Page, ...]
    warnings: tuple[str, ...] = ()


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


def digest_of(content: bytes) -> str:
    """What decides whether a file has changed."""
    return hashlib.sha256(content).hexdigest()


def load(content: bytes, *, name: str, uri: str) -> Document:
    """Read one file.

    Raises UnreadableDocumentError with the reason and the way out when nothing can be read from it.
    """
    kind = READABLE.get(Path(name).suffix.lower())
    if kind is None:
        raise UnreadableDocumentError(f"{name} is not a kind of file that can be read here ({_kinds()}).")
    if not content.strip():
        raise UnreadableDocumentError(f"{name} is empty.")
    warnings: tuple[str, ...] = ()
    if kind == "PDF":
        from ingestion.pdf import read_pdf  # loads a shared library: only where there is a PDF

        read = read_pdf(content, name)
        pages, title, top, warnings = read.pages, read.title, read.first_text, read.warnings
    else:
        pages = _markdown_pages(content, name)
        title = _first_heading(pages)
        top = pages[0].text
    if not any(page.text.strip() for page in pages):
        raise UnreadableDocumentError(
            f"{name} has no text. If it is a scan, run text recognition on it first."
        )
    stem = Path(name).stem.replace("-", " ").replace("_", " ").strip().capitalize()
    return Document(name, title or stem, uri, digest_of(content), _date_of(top[:TITLE_AREA]), pages, warnings)


def dates_in(text: str) -> tuple[tuple[int, int, date], ...]:
    """Every possible date in `text` with its start and end; "March 2026" stands for its first day."""
    found: list[tuple[int, int, date]] = []
    for match in WRITTEN_DATE.finditer(text):
        day, month, year = match.group(1), MONTHS.index(match.group(2).lower()) + 1, int(match.group(3))
        found += _dated(match, year, month, int(day or 1))
    for match in ISO_DATE.finditer(text):
        found += _dated(match, *(int(part) for part in match.groups()))
    return tuple(sorted(found))


def _markdown_pages(content: bytes, name: str) -> tuple[Page, ...]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError(
            f"{name} is not UTF-8 text (byte {error.start}). Save it as UTF-8 and run again."
        ) from error
    if "\x00" in text:
        raise UnreadableDocumentError(f"{name} is not Markdown: it holds binary data.")
    texts = PAGE_BREAK.split(text.replace("\r\n", "\n").replace("\r", "\n"))
    return tuple(Page(number, page, tuple(_headings(page))) for number, page in enumerate(texts, start=1))


def _headings(text: str) -> Iterable[Heading]:
    fenced = [match.span() for match in FENCE.finditer(text)]
    for match in HEADING.finditer(text):
        if not any(start <= match.start() < end for start, end in fenced):
            yield Heading(match.start(), len(match.group(1)), match.group(2))


def _first_heading(pages: tuple[Page, ...]) -> str:
    return next((heading.text for page in pages for heading in page.headings), "")


def _date_of(top: str) -> date | None:
    """The date of issue, else the first date below the title: a title may name the day it takes effect."""
    found = dates_in(top)
    issued = [day for start, _, day in found if ISSUED.search(top[:start])]
    below = [day for start, _, day in found if "\n" in top[:start].strip()]
    return next(iter([*issued, *below, *(day for _, _, day in found)]), None)


def _dated(match: re.Match[str], year: int, month: int, day: int) -> list[tuple[int, int, date]]:
    try:
        return [(*match.span(), date(year, month, day))]
    except ValueError:
        return []


def _kinds() -> str:
    return ", ".join(READABLE)
