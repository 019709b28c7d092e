"""Tables into rows of text: spans spread out, grouped headers made one, a caption told from the header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.readers.characters import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDEST = 200
"""Columns; what a table has beyond them is left."""


@dataclass(frozen=True)
class Cell:
    """A cell and how many columns and rows it covers."""

    text: str
    across: int = 1
    down: int = 1


@dataclass(frozen=True)
class Table:
    """`captions` stand above the table as lines of text; `rows` begin with the header, all of one length."""

    captions: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_layout(self) -> bool:
        """One column is no table: what is in it is text."""
        return not self.rows or len(self.rows[0]) < 2


def table_of(lines: Iterable[Sequence[Cell]]) -> Table:
    """Lay out `lines` of cells. A value that covers rows is repeated in each: a row says all by itself."""
    grid: list[list[str]] = []
    grouped = False
    below: dict[int, tuple[int, Cell]] = {}
    for cells in lines:
        row: list[str] = []
        # In the header a wide cell heads all of its columns; further down it says its value once.
        is_header = all(len(set(before)) <= 1 for before in grid)
        waiting = list(cells)
        while (waiting or any(column >= len(row) for column in below)) and len(row) < WIDEST:
            left, cell = below.pop(len(row), (0, None))
            if cell is None:
                cell = waiting.pop(0) if waiting else Cell("")
                left = cell.down
                grouped = grouped or (is_header and cell.across > 1)
            if left > 1:
                below[len(row)] = (left - 1, cell)
            rest = cell.text if is_header else ""
            row += [cell.text, *[rest] * (min(cell.across, WIDEST) - 1)]
        grid.append([one_line(text) for text in row[:WIDEST]])
    return _tidied(grid, grouped=grouped)


def row_line(cells: Sequence[str]) -> str:
    """One row as one line; `sentences.cells` gives the cells back."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _tidied(grid: list[list[str]], *, grouped: bool) -> Table:
    width = max((len(row) for row in grid), default=0)
    full = [row + [""] * (width - len(row)) for row in grid]
    used = [column for column in range(width) if any(row[column] for row in full)]
    rows = [kept for row in full if any(kept := [row[column] for column in used])]
    captions = []
    # One value, in the first column or across all of them, is a caption; one further right heads its column.
    while len(rows) > 1 and len(used) > 1 and rows[0][0] and set(rows[0]) <= {rows[0][0], ""}:
        captions.append(rows.pop(0)[0])
    if grouped and len(rows) > 2 and not any(_is_figure(cell) for cell in rows[1]):
        above, header = rows.pop(0), rows.pop(0)
        rows.insert(
            0, [one if one == two else f"{one} {two}".strip() for one, two in zip(above, header, strict=True)]
        )
    return Table(tuple(captions), tuple(tuple(row) for row in rows))


def _is_figure(cell: str) -> bool:
    return any(letter.isdigit() for letter in cell) and not any(letter.isalpha() for letter in cell)
