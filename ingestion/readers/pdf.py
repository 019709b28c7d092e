"""PDF by page with pypdfium2: lines in reading order, tables by their rules, running headers dropped.

In a table without rules a tab stands between the columns, so a row stays one line.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pypdfium2

from ingestion.document import Heading, Page, ReadFile
from ingestion.errors import UnreadableDocumentError
from ingestion.readers.characters import pages_named
from ingestion.readers.pdf_bands import bands_of
from ingestion.readers.pdf_headings import NUMBERED, Headings
from ingestion.readers.pdf_lines import Line, join_hyphen, lines_of
from ingestion.readers.pdf_tables import Grid, grids_of, rules_of
from ingestion.readers.pdf_words import MOST_CHARACTERS, TextPage, Word

MOST_PAGES = 5_000
PARAGRAPH_GAP = 1.7
"""In type sizes. A wider step between baselines begins a paragraph: set type steps by 1.15 to 1.5."""
MARGIN_LINES = 2
"""Running headers and footers are looked for among so many lines at the top and at the bottom."""
PAGE_NUMBER = re.compile(r"(?:page\s+)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?", re.IGNORECASE)
FOOTER = re.compile(r"\bpage\s+\d{1,4}\s*(?:/|of)\s*\d{1,4}\b", re.IGNORECASE)
LONGEST_FOOTER = 120
NO_TITLE = re.compile(r"\W*(?:untitled|anonymous|unspecified)?\W*", re.IGNORECASE)
WRITTEN_WITH = re.compile(r"^Microsoft \w+ - |\.(?:docx?|pptx?|xlsx?|pdf|indd)$", re.IGNORECASE)


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
    warnings: list[str] = []
    try:
        count = len(pdf)
        drawn = [_Drawn(pdf[index]) for index in range(min(count, MOST_PAGES))]
        named = str(pdf.get_metadata_dict().get("Title") or "").strip()
    except pypdfium2.PdfiumError as error:
        raise UnreadableDocumentError(f"{name} is damaged: {error}. Ask for a complete copy.") from error
    finally:
        pdf.close()
    spelt = Counter(
        word for page in drawn for text in page.texts() for word in re.findall(r"[\w-]+", text.lower())
    )
    raw_pages = [page.lines(spelt) for page in drawn]
    kept = _without_running_lines(raw_pages)
    headings = Headings(kept)
    pages = tuple(_page(number, lines, headings, spelt) for number, lines in enumerate(kept, start=1))
    if count > MOST_PAGES:
        warnings.append(f"{name} has {count:,} pages; the first {MOST_PAGES:,} were read.")
    if cut := [number for number, page in enumerate(drawn, start=1) if page.is_cut]:
        warnings.append(
            f"{name} {pages_named(cut)}: more than {MOST_CHARACTERS:,} characters, the rest not read."
        )
    if blank := [page.number for page in pages if not page.text.strip()]:
        verb = "has" if len(blank) == 1 else "have"
        warnings.append(f"{name} {pages_named(blank)} {verb} no text (a scan or a picture?).")
    first = "\n".join(line.text for line in raw_pages[0]) if raw_pages else ""
    return ReadFile(pages, _title(pages, named, headings), first, tuple(warnings))


class _Drawn:
    """What a page draws: words and tables, in order."""

    def __init__(self, page: Any) -> None:
        across, down = rules_of(page)
        grids = grids_of(across, down)
        self._runs: list[list[Word] | Grid] = []
        with TextPage(page) as text:
            self.is_cut = text.count > MOST_CHARACTERS
            words = list(text.words())
            grids += bands_of(across, words, grids)
            for word in words:
                self._place(word, next((grid for grid in grids if grid.holds(word)), None))
            self._lines = {id(run): lines_of(run) for run in self._runs if isinstance(run, list)}
            for lines in self._lines.values():
                for line in lines:
                    line.is_bold = text.is_bold(line.first) and text.is_bold(line.last)
        page.close()

    def _place(self, word: Word, grid: Grid | None) -> None:
        if grid is not None:
            if not grid.words:
                self._runs.append(grid)
            grid.words.append(word)
        elif self._runs and isinstance(self._runs[-1], list):
            self._runs[-1].append(word)
        else:
            self._runs.append([word])

    def texts(self) -> list[str]:
        """What is spelt on the page."""
        words = [word.text for run in self._runs if isinstance(run, Grid) for word in run.words]
        return [line.text for lines in self._lines.values() for line in lines] + words

    def lines(self, spelt: Counter[str]) -> list[Line]:
        """All lines, a row of a table being one."""
        lines: list[Line] = []
        for run in self._runs:
            lines += run.lines(spelt) if isinstance(run, Grid) else self._lines[id(run)]
        return lines


def _without_running_lines(pages: list[list[Line]]) -> list[list[Line]]:
    """Drop lines that stand at the top or foot of most pages (digits apart), and page numbers there."""

    def mask(line: Line) -> str:
        return re.sub(r"\d+", "#", line.text)

    def margins(lines: list[Line]) -> list[Line]:
        ordered = sorted((line for line in lines if not line.is_row), key=lambda line: -line.baseline)
        return [*ordered[:MARGIN_LINES], *ordered[-MARGIN_LINES:]]

    edges = [{id(line): line for line in margins(lines)} for lines in pages]
    seen = Counter(mask_ for edge in edges for mask_ in {mask(line) for line in edge.values()})
    needed = max(2, 0.6 * len(pages))
    return [
        [
            line
            for line in lines
            if id(line) not in edge or (seen[mask(line)] < needed and not _numbers_a_page(line.text))
        ]
        for lines, edge in zip(pages, edges, strict=True)
    ]


def _numbers_a_page(text: str) -> bool:
    return bool(PAGE_NUMBER.fullmatch(text)) or (len(text) <= LONGEST_FOOTER and bool(FOOTER.search(text)))


def _page(number: int, lines: list[Line], headings: Headings, spelt: Counter[str]) -> Page:
    text, found = "", []
    before: Line | None = None
    for line, after in zip(lines, [*lines[1:], None], strict=False):
        level = headings.level(line, before, after)
        if before is not None:
            joined = "" if level or line.is_row else join_hyphen(text, line.text, spelt)
            if joined:
                text, before = joined, line
                continue
            text += _gap(before, line, apart=bool(level))
        if level:
            found.append(Heading(len(text), level, line.text))
        text += line.text
        before = line
    return Page(number, text, tuple(found))


def _gap(before: Line, line: Line, *, apart: bool) -> str:
    """A blank line between paragraphs, before headings and around tables with rules; else a line end."""
    if before.is_row or line.is_row:
        return "\n" if before.is_row and line.is_row and before.baseline > line.baseline else "\n\n"
    step = before.baseline - line.baseline
    rows = "\t" in before.text and "\t" in line.text
    return "\n\n" if (apart or step > PARAGRAPH_GAP * before.size or step < 0) and not rows else "\n"


def _title(pages: tuple[Page, ...], named: str, headings: Headings) -> str:
    """The largest heading of the first page, else the file's own word for it, else a bold first line."""
    first = [heading for page in pages[:1] for heading in page.headings]
    large = [heading for heading in first if heading.level <= len(headings.sizes)]
    if large:
        return min(large, key=lambda heading: heading.level).text
    named = WRITTEN_WITH.sub("", named)
    if not NO_TITLE.fullmatch(named):
        return named
    return first[0].text if first and first[0].start == 0 and not NUMBERED.match(first[0].text) else ""
