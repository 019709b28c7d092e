"""Tables with rules: the drawn lines of a PDF page tell its cells, so a wrapped cell stays in its row."""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pypdfium2 import raw

from ingestion.readers.pdf_lines import Line, join_hyphen, lines_of
from ingestion.readers.pdf_words import Word, upright
from ingestion.readers.tables import Cell, row_line, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# In points.
TOUCH = 3.0
"""Rules so close meet, and are one where they run side by side."""
SHORTEST = 8.0
MOST_RULES = 800
"""A page with more is a drawing."""
LONGEST_CELL = 1200
"""Characters. A box with more is a box around text, not a cell."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line: `at` is its place across its direction, `start` and `end` along it."""

    at: float
    start: float
    end: float


@dataclass
class Grid:
    """A table's rules, with `columns` and `rows` the places of the lines between cells, from low to high."""

    columns: list[float]
    rows: list[float]
    across: list[Rule]
    down: list[Rule]
    words: list[Word] = field(default_factory=list)

    def holds(self, word: Word) -> bool:
        """Whether a word stands inside."""
        x, y = middle(word)
        return self.columns[0] <= x <= self.columns[-1] and self.rows[0] <= y <= self.rows[-1]

    def lines(self, spelt: Counter[str]) -> list[Line]:
        """Its rows as lines from the top, or its words as they stand where it is no table."""
        cells = list(self._cells(spelt))
        table = table_of(cells)
        if (
            table.is_layout
            or len(table.rows) < 2
            or any(len(c.text) > LONGEST_CELL for row in cells for c in row)
        ):
            return lines_of(self.words)
        size = self.words[0].size
        texts = [*table.captions, *(row_line(row) for row in table.rows)]
        return [
            Line(self.rows[-1] - at * size, self.columns[0], self.columns[-1], size, [text], is_row=True)
            for at, text in enumerate(texts)
        ]

    def _cells(self, spelt: Counter[str]) -> Iterator[list[Cell]]:
        width, height = len(self.columns) - 1, len(self.rows) - 1
        held: dict[tuple[int, int], list[Word]] = {}
        for word in self.words:
            x, y = middle(word)
            place = (
                min(bisect_right(self.columns, x) - 1, width - 1),
                min(bisect_right(self.rows, y) - 1, height - 1),
            )
            held.setdefault(place, []).append(word)
        taken: set[tuple[int, int]] = set()
        for top in range(height - 1, -1, -1):
            row = []
            for column in range(width):
                if (column, top) in taken:
                    continue
                right, low = column, top
                while right + 1 < width and not self._is_parted(
                    self.down, self.columns[right + 1], self.rows, top
                ):
                    right += 1
                while low > 0 and not self._is_parted(self.across, self.rows[low], self.columns, column):
                    low -= 1
                covered = [(c, r) for r in range(top, low - 1, -1) for c in range(column, right + 1)]
                taken.update(covered)
                inside = [word for place in covered for word in held.get(place, ())]
                row.append(Cell(_text(inside, spelt), right - column + 1, top - low + 1))
            yield row

    def _is_parted(self, rules: list[Rule], at: float, places: list[float], number: int) -> bool:
        middle = (places[number] + places[number + 1]) / 2
        return any(abs(rule.at - at) <= TOUCH and rule.start <= middle <= rule.end for rule in rules)


def grids_of(across: list[Rule], down: list[Rule]) -> list[Grid]:
    """The tables that rules across and down make, two columns and two rows at least."""
    grids = []
    for some_across, some_down in _meeting(across, down):
        columns, rows = _places(some_down), _places(some_across)
        if len(columns) >= 3 and len(rows) >= 3:
            grids.append(Grid(columns, rows, some_across, some_down))
    return grids


def rules_of(page: Any) -> tuple[list[Rule], list[Rule]]:
    """The straight lines of a page, across and down; none where it is full of them, as a drawing is."""
    across, down = [], []
    turned = page.get_rotation() % 360
    for number, shape in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1)):
        if number > MOST_RULES:
            return [], []
        for (x1, y1), (x2, y2) in _segments(shape, turned):
            if abs(y1 - y2) < 1 and abs(x1 - x2) >= SHORTEST:
                across.append(Rule((y1 + y2) / 2, min(x1, x2), max(x1, x2)))
            elif abs(x1 - x2) < 1 and abs(y1 - y2) >= SHORTEST:
                down.append(Rule((x1 + x2) / 2, min(y1, y2), max(y1, y2)))
    across, down = _merged(across), _merged(down)
    return (across, down) if len(across) + len(down) <= MOST_RULES else ([], [])


def _segments(shape: Any, turned: int) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    matrix = shape.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    start = before = (0.0, 0.0)
    for index in range(min(raw.FPDFPath_CountSegments(shape.raw), MOST_RULES)):
        segment = raw.FPDFPath_GetPathSegment(shape.raw, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        across, up = matrix.on_point(x.value, y.value)
        here = upright(across, up, turned)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = here
        elif kind == raw.FPDF_SEGMENT_LINETO:
            yield before, here
        if raw.FPDFPathSegment_GetClose(segment):
            yield here, start
        before = here


def _merged(rules: list[Rule]) -> list[Rule]:
    """Borders of neighbouring cells that go on with each other, as one."""
    merged: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (round(rule.at), rule.start)):
        last = merged[-1] if merged else None
        if last and abs(last.at - rule.at) <= 1 and rule.start <= last.end + TOUCH:
            merged[-1] = Rule(last.at, last.start, max(last.end, rule.end))
        else:
            merged.append(rule)
    return merged


def _meeting(across: list[Rule], down: list[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Groups of rules that touch one another."""
    left_across, left_down = set(across), set(down)
    while left_across:
        group_across, group_down = {left_across.pop()}, set[Rule]()
        grown = set(group_across)
        while grown:
            new_down = {rule for rule in left_down if any(_touch(line, rule) for line in grown)}
            left_down -= new_down
            group_down |= new_down
            grown = {line for line in left_across if any(_touch(line, rule) for rule in new_down)}
            left_across -= grown
            group_across |= grown
        yield list(group_across), list(group_down)


def _touch(across: Rule, down: Rule) -> bool:
    return (
        across.start - TOUCH <= down.at <= across.end + TOUCH
        and down.start - TOUCH <= across.at <= down.end + TOUCH
    )


def _places(rules: Iterable[Rule]) -> list[float]:
    places: list[float] = []
    for at in sorted(rule.at for rule in rules):
        if not places or at - places[-1] > TOUCH:
            places.append(at)
    return places


def middle(word: Word) -> tuple[float, float]:
    """The middle of a word, where its cell is looked up."""
    return (word.left + word.right) / 2, word.baseline + 0.3 * word.size


def _text(words: list[Word], spelt: Counter[str]) -> str:
    """The lines of a cell as one, words split by a hyphen joined."""
    text = ""
    for line in sorted(lines_of(words), key=lambda line: -line.baseline):
        text = join_hyphen(text, line.text, spelt) or f"{text} {line.text}"
    return text.strip()
