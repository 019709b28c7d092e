"""Tables with a rule below each row and none between columns: gaps that run through all rows part them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ingestion.readers.pdf_lines import lines_of
from ingestion.readers.pdf_tables import TOUCH, Grid, Rule, middle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.readers.pdf_words import Word

FEWEST_ROWS = 3
COLUMN_STRIP = 0.6
"""In type sizes: a strip so wide without a word, through all rows, stands between columns."""
HEADER_HEIGHT = 2.2
"""In type sizes: the header row stands so close above the first rule where nothing is drawn above it."""
MOST_LINES = 12
"""Of one row. More is text between two rules."""


def bands_of(across: list[Rule], words: list[Word], taken: list[Grid]) -> list[Grid]:
    """The tables that rules of one length make, one below the other, where no grid of `taken` stands."""
    free = [word for word in words if not any(grid.holds(word) for grid in taken)]
    grids = []
    for rules in _alike(across):
        inside = [word for word in free if rules[0].start - TOUCH <= middle(word)[0] <= rules[0].end + TOUCH]
        for rows in _runs([rule.at for rule in rules], inside):
            held = [word for word in inside if rows[0] < middle(word)[1] < rows[-1]]
            columns = _columns(held, rules[0].start, rules[0].end)
            if len(columns) >= 3 and not _holds_many_rows(held, rows, columns):
                down = [Rule(at, rows[0], rows[-1]) for at in columns]
                grids.append(Grid(columns, rows, [Rule(at, columns[0], columns[-1]) for at in rows], down))
    return grids


def _alike(across: list[Rule]) -> Iterator[list[Rule]]:
    """Rules that begin and end alike, from low to high."""
    groups: list[list[Rule]] = []
    for rule in sorted(across, key=lambda rule: rule.at):
        for group in groups:
            if abs(group[0].start - rule.start) <= TOUCH and abs(group[0].end - rule.end) <= TOUCH:
                if rule.at - group[-1].at > TOUCH:
                    group.append(rule)
                break
        else:
            groups.append([rule])
    return (group for group in groups if len(group) >= FEWEST_ROWS)


def _runs(places: list[float], words: list[Word]) -> Iterator[list[float]]:
    """Neighbouring rules between which each strip is a row: cells beside one another, on few lines."""
    run = [places[0]]
    for low, high in pairwise(places):
        if _is_row([word for word in words if low < middle(word)[1] < high]):
            run.append(high)
            continue
        if len(run) >= FEWEST_ROWS:
            yield _with_header(run, words)
        run = [high]
    if len(run) >= FEWEST_ROWS:
        yield _with_header(run, words)


def _with_header(run: list[float], words: list[Word]) -> list[float]:
    above = [word for word in words if 0 < word.baseline - run[-1] < HEADER_HEIGHT * word.size]
    lowest = min((word.baseline for word in above), default=0.0)
    line = [word for word in above if abs(word.baseline - lowest) < 0.3 * word.size]
    return [*run, lowest + line[0].size] if _is_row(line) else run


def _is_row(words: list[Word]) -> bool:
    lines = lines_of(words)
    return (
        any("\t" in line.text for line in lines)
        and len({round(word.baseline) for word in words}) <= MOST_LINES
    )


def _columns(words: list[Word], left: float, right: float) -> list[float]:
    if not words:
        return []
    size = sorted(word.size for word in words)[len(words) // 2]
    columns, reached = [left], left
    for word in sorted(words, key=lambda word: word.left):
        if word.left - reached > COLUMN_STRIP * size and reached > left:
            columns.append((word.left + reached) / 2)
        reached = max(reached, word.right)
    return [*columns, max(right, reached)]


def _holds_many_rows(words: list[Word], rows: list[float], columns: list[float]) -> bool:
    """Whether a strip holds rows without rules: three lines or more that each begin in the first column."""
    for low, high in pairwise(rows):
        strip = [word for word in words if low < middle(word)[1] < high]
        lines = {round(word.baseline / word.size * 2) for word in strip}
        first = {round(word.baseline / word.size * 2) for word in strip if word.left < columns[1]}
        if len(first) >= 3 and first == lines:
            return True
    return False
