"""Rows of a sheet into tables and lines of text: what a workbook and a CSV file have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.readers.characters import one_line
from ingestion.readers.tables import WIDEST, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingestion.readers.writing import PageWriter

MOST_ROWS = 50_000
"""Rows read of one sheet; a sheet beyond that is data for a database, and the reader is told."""
FIGURE = re.compile(r"[^A-Za-z]*\d[^A-Za-z]*(?:[A-Za-z]{1,3})?|\d{1,2} [A-Z][a-z]+ \d{4}")


def write_rows(writer: PageWriter, rows: Iterable[Sequence[str]]) -> bool:
    """Write `rows`: an empty row ends a table, unless figures go on below it. False where rows were left.

    A row before a table that has one value is a line of text.
    """
    block: list[list[str]] = []
    gap = False
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            _write(writer, block)
            return False
        cells = [one_line(value) for value in row[:WIDEST]]
        if not any(cells):
            gap = True
            continue
        if gap and not any(FIGURE.fullmatch(cell) for cell in cells[1:]):
            _write(writer, block)
            block = []
        gap = False
        block.append(cells)
    _write(writer, block)
    return True


def _write(writer: PageWriter, block: list[list[str]]) -> None:
    writer.table([[Cell(value) for value in row] for row in block])
