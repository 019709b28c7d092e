"""Excel: a page a sheet, its values as the sheet shows them, tables with their header row first.

The workbook is read as a stream, so that memory has an end; what a stream does not tell (merged cells, hidden
rows and columns) is looked up in the sheet's own XML.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.utils.cell import range_boundaries

from ingestion.document import Page, ReadFile
from ingestion.readers.archive import check_archive
from ingestion.readers.sheet import MOST_ROWS, write_rows
from ingestion.readers.shown import shown
from ingestion.readers.tables import WIDEST
from ingestion.readers.writing import PageWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NEVER_RECKONED = re.compile(rb"</(?:\w+:)?f>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>|</(?:\w+:)?c>)")
HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b(?=[^<>]*\bhidden=[\"'](?:1|true))[^<>]*?\br=[\"'](\d+)")
HIDDEN_COLUMNS = re.compile(rb"<(?:\w+:)?col\b(?=[^<>]*\bhidden=[\"'](?:1|true))[^<>]*>")
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^<>]*?\bref=[\"']([A-Z]+\d+:[A-Z]+\d+)")
MOST_MERGED = 100_000


@dataclass
class Layout:
    """What a sheet says of its rows and columns, numbered from 1."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """By the first row of a range: its first column and its last row."""
    is_unreckoned: bool = False
    """A formula has no result kept with it."""


def read_xlsx(content: bytes, name: str) -> ReadFile:
    """Read every sheet that is shown; hidden and unfinished ones are named in `warnings`.

    Raises UnreadableDocumentError for a locked, damaged or hostile archive.
    """
    check_archive(content, name)
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    warnings: list[str] = []
    pages = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for number, sheet in enumerate(book.worksheets, start=1):
            if sheet.sheet_state != "visible":
                warnings.append(f"{name}: the sheet {sheet.title!r} is hidden and was not read.")
                pages.append(Page(number, ""))
            else:
                pages.append(_page(number, sheet, archive, name, warnings))
    book.close()
    return ReadFile(tuple(pages), "", next((page.text for page in pages if page.text), ""), tuple(warnings))


def _page(number: int, sheet: Any, archive: zipfile.ZipFile, name: str, warnings: list[str]) -> Page:
    layout = _layout(archive.read(sheet._worksheet_path.lstrip("/")))  # noqa: SLF001 - told nowhere else
    if layout.is_unreckoned:
        warnings.append(
            f"{name}: the sheet {sheet.title!r} has formulas without a result. "
            "Open and save it, and run again."
        )
    writer = PageWriter()
    writer.heading(1, sheet.title)
    if not write_rows(writer, _rows(sheet, layout)):
        warnings.append(
            f"{name}: the sheet {sheet.title!r} has more than {MOST_ROWS:,} rows; the rest was not read."
        )
    page = writer.page(number)
    only_its_name = page.headings and page.text == page.headings[0].text
    return Page(number, "") if only_its_name else page


def _rows(sheet: Any, layout: Layout) -> Iterator[Sequence[str]]:
    """The rows that are shown; a value merged downwards is said in each row that it covers."""
    # Some programs write a wrong size of the sheet, and openpyxl would stop there.
    sheet.reset_dimensions()
    carried: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(sheet.iter_rows(), start=1):
        values = [
            shown(cell.value, getattr(cell, "number_format", None) or "General") for cell in row[:WIDEST]
        ]
        for column, (last_row, value) in carried.items():
            if number <= last_row:
                values += [""] * (column - len(values))
                values[column - 1] = value
        for column, last_row in layout.merged.get(number, ()):
            if column <= len(values):
                carried[column] = (last_row, values[column - 1])
        if number not in layout.hidden_rows:
            yield [value for at, value in enumerate(values, start=1) if at not in layout.hidden_columns]


def _layout(xml: bytes) -> Layout:
    layout = Layout({int(found[1]) for found in HIDDEN_ROW.finditer(xml)})
    layout.is_unreckoned = bool(NEVER_RECKONED.search(xml))
    for column in HIDDEN_COLUMNS.findall(xml):
        ends = [re.search(rb"\b%s=[\"'](\d+)" % end, column) for end in (b"min", b"max")]
        if ends[0] and ends[1]:
            layout.hidden_columns.update(range(int(ends[0][1]), min(int(ends[1][1]), WIDEST) + 1))
    for found, _ in zip(MERGED.finditer(xml), range(MOST_MERGED), strict=False):
        first_column, first_row, _, last_row = (int(end or 0) for end in range_boundaries(found[1].decode()))
        if first_row < last_row and first_column <= WIDEST:
            layout.merged.setdefault(first_row, []).append((first_column, last_row))
    return layout
