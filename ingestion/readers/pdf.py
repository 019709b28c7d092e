"""PDF by page with pypdfium2: lines in reading order, headings by their type size, running headers dropped.

Between the columns of a table stands a tab, so a row stays one line and its cells can be told apart.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pypdfium2
from pypdfium2 import raw

from ingestion.document import Heading, Page, ReadFile
from ingestion.errors import UnreadableDocumentError

# In units of the type size of the line.
COLUMN_GAP = 1.0
"""A wider gap inside a line separates columns: a space is about .25, and .6 where text is justified."""
PARAGRAPH_GAP = 1.7
"""A wider step from baseline to baseline begins a paragraph: set type steps by 1.15 to 1.5."""
HEADING_SIZE = 1.12
"""A line set this much larger than the body is a heading."""
LINES_BACK = 8
"""How far back a line may be continued: a table cell drawn after its wrapped neighbour goes up again."""
MARGIN_LINES = 2
"""Running headers and footers are looked for among so many lines at the top and at the bottom."""
LONGEST_HEADING = 120

HYPHENS = "-\u00ad\u2010\x02\ufffe"
PAGE_NUMBER = re.compile(r"(?:page\s+)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?", re.IGNORECASE)


@dataclass
class Line:
    """One line of type; distances in points, `baseline` from the foot of the page."""

    baseline: float
    left: float
    right: float
    size: float
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return re.sub(r" *\t *", "\t", "".join(self.parts)).strip()


def read_pdf(content: bytes, name: str) -> ReadFile:
    """Read every page. A page without text is named in `warnings` and kept empty, so page numbers hold.

    Raises UnreadableDocumentError for an encrypted, damaged or mislabelled file.
    """
    try:
        pdf = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        reason = "is locked with a password" if "password" in str(error).lower() else "is not a readable PDF"
        raise UnreadableDocumentError(
            f"{name} {reason}. Save an unlocked, complete copy and run again."
        ) from error
    try:
        raw_pages = [_lines(page) for page in pdf]
        named = str(pdf.get_metadata_dict().get("Title") or "").strip()
    except pypdfium2.PdfiumError as error:
        raise UnreadableDocumentError(f"{name} is damaged: {error}. Ask for a complete copy.") from error
    finally:
        pdf.close()
    kept = _without_running_lines(raw_pages)
    sizes = _heading_sizes(kept)
    words = Counter(
        re.findall(r"[\w-]+", " ".join(line.text for lines in raw_pages for line in lines).lower())
    )
    pages = tuple(_page(number, lines, sizes, words) for number, lines in enumerate(kept, start=1))
    blank = [page.number for page in pages if not page.text.strip()]
    warnings = tuple(f"{name} page {number} has no text (a scan or a picture?)." for number in blank)
    first = "\n".join(line.text for line in raw_pages[0]) if raw_pages else ""
    return ReadFile(pages, _title(pages, named), first, warnings)


def _lines(page: Any) -> list[Line]:
    """The lines of a page, in the order the page draws them."""
    text_page = page.get_textpage()
    x, y = ctypes.c_double(), ctypes.c_double()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    lines: list[Line] = []
    for index in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page, index)
        if code in (0, 10, 13) or (code == 32 and not lines):
            continue
        if code == 32:
            lines[-1].parts.append(" ")
            continue
        size = raw.FPDFText_GetFontSize(text_page, index) or 1.0
        raw.FPDFText_GetCharOrigin(text_page, index, x, y)
        raw.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
        line = _line_at(lines, x.value, y.value, size)
        if line is None:
            line = Line(y.value, x.value, x.value, size)
            lines.append(line)
        elif x.value - line.right > COLUMN_GAP * line.size:
            line.parts.append("\t")
        line.parts.append(chr(code))
        line.right = max(line.right, right.value)
    text_page.close()
    return [line for line in lines if line.text]


def _line_at(lines: list[Line], x: float, y: float, size: float) -> Line | None:
    """The line a character at (x, y) goes on with, if any; a raised mark still belongs to its line."""
    for line in reversed(lines[-LINES_BACK:]):
        if abs(line.baseline - y) < 0.3 * max(size, line.size) and x > line.right - size:
            if line is not lines[-1]:
                line.parts.append("\t")
                lines.remove(line)
                lines.append(line)
            return line
    return None


def _without_running_lines(pages: list[list[Line]]) -> list[list[Line]]:
    """Drop lines that stand at the top or foot of most pages (digits apart), and page numbers there."""

    def mask(line: Line) -> str:
        return re.sub(r"\d+", "#", line.text)

    def margins(lines: list[Line]) -> list[Line]:
        ordered = sorted(lines, key=lambda line: -line.baseline)
        return [*ordered[:MARGIN_LINES], *ordered[-MARGIN_LINES:]]

    seen = Counter(mask_ for lines in pages for mask_ in {mask(line) for line in margins(lines)})
    needed = max(2, 0.6 * len(pages))
    return [
        [
            line
            for line in lines
            if not any(line is edge for edge in margins(lines))
            or (seen[mask(line)] < needed and not PAGE_NUMBER.fullmatch(line.text))
        ]
        for lines in pages
    ]


def _heading_sizes(pages: list[list[Line]]) -> list[float]:
    """The type sizes of headings in this document, largest first: rank in the list is the level."""
    sizes = [line.size for lines in pages for line in lines for _ in line.text]
    body = median(sizes) if sizes else 1.0
    large = {round(line.size, 1) for lines in pages for line in lines if line.size > body * HEADING_SIZE}
    return sorted(large, reverse=True)


def _page(number: int, lines: list[Line], sizes: list[float], words: Counter[str]) -> Page:
    text, headings = "", []
    before: Line | None = None
    for line in lines:
        is_heading = round(line.size, 1) in sizes and len(line.text) <= LONGEST_HEADING
        if before is not None:
            joined = "" if is_heading else _join_hyphen(text, line.text, words)
            step = before.baseline - line.baseline
            if joined:
                text = joined
                before = line
                continue
            apart = step > PARAGRAPH_GAP * before.size or step < 0 or is_heading
            rows = "\t" in before.text and "\t" in line.text
            text += "\n\n" if apart and not rows else "\n"
        if is_heading:
            headings.append(Heading(len(text), 1 + sizes.index(round(line.size, 1)), line.text))
        text += line.text
        before = line
    return Page(number, text, tuple(headings))


def _join_hyphen(text: str, following: str, words: Counter[str]) -> str:
    """`text` with `following` joined on when a hyphen splits a word between them, else "".

    A hyphen that belongs to the word is kept: the document itself spells it so elsewhere.
    """
    if len(text) < 2 or text[-1] not in HYPHENS or not text[-2].isalpha() or not following[:1].islower():
        return ""
    head = re.split(r"[^\w-]", text[:-1].lower())[-1]
    tail = re.split(r"[^\w-]", following.lower())[0]
    keeps = words[f"{head}-{tail}"] > words[f"{head}{tail}"]
    return text[:-1] + ("-" if keeps else "") + following


def _title(pages: tuple[Page, ...], named: str) -> str:
    headings = [heading for page in pages[:1] for heading in page.headings]
    if headings:
        return min(headings, key=lambda heading: heading.level).text
    return "" if named.lower() in ("untitled", "anonymous") else named
