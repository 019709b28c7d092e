"""Writes a page: headings, paragraphs, list items and table rows, each on lines of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.document import Heading, Page
from ingestion.readers.characters import one_line, seen
from ingestion.readers.tables import row_line, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingestion.readers.tables import Cell

LONGEST_HEADING = 200


class PageWriter:
    """Builds the text of one page and keeps where its headings are."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._last = ""

    def heading(self, level: int, text: str) -> None:
        """A heading; one too long to be one becomes a paragraph."""
        text = one_line(text)
        if len(text) > LONGEST_HEADING:
            self.paragraph(text)
        elif text:
            self._write(text, "heading")
            self._headings.append(Heading(self._length - len(text), min(max(level, 1), 6), text))

    def paragraph(self, text: str) -> None:
        """Running text; its own line breaks stay, tabs and runs of blanks become one blank."""
        lines = (" ".join(line.split()) for line in seen(text).split("\n"))
        if kept := "\n".join(line for line in lines if line):
            self._write(kept, "paragraph")

    def item(self, text: str, depth: int = 0) -> None:
        """An item of a list, `depth` lists down."""
        if text := one_line(text):
            self._write(f"{'  ' * min(depth, 8)}- {text}", "item")

    def table(self, lines: Iterable[Sequence[Cell]]) -> None:
        """A table with its header first; a table of one column is text."""
        table = table_of(lines)
        for caption in table.captions:
            self.paragraph(caption)
        for row in table.rows:
            if table.is_layout:
                self.paragraph(row[0])
            else:
                self._write(row_line(row), "row")
        if table.rows and not table.is_layout:
            # Two tables that touch would pass for one, and the first's header for the second's.
            self._last = "table"

    def page(self, number: int) -> Page:
        """What was written, as page `number`."""
        return Page(number, "".join(self._parts), tuple(self._headings))

    def _write(self, text: str, kind: str) -> None:
        if self._parts:
            gap = "\n" if kind == self._last and kind in {"item", "row"} else "\n\n"
            self._parts.append(gap)
            self._length += len(gap)
        self._parts.append(text)
        self._length += len(text)
        self._last = kind
