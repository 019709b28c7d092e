"""Words of a PDF page into lines; between the columns of a table without rules stands a tab."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingestion.readers.pdf_words import Word

# In units of the type size of the line.
COLUMN_GAP = 1.0
"""A wider gap inside a line separates columns: a space is about .25, and .6 where text is justified."""
LINES_BACK = 8
"""How far back a line may be continued: a table cell drawn after its wrapped neighbour goes up again."""
MARK = re.compile(r"[-*+•‣◦▪·–]|\(?(?:\d{1,2}|[a-z])[.)]")
HYPHENS = "-\u00ad\u2010\x02\ufffe"
INNER_MARKS = re.compile("[\u00ad\x02\ufffe](?=.)")


@dataclass
class Line:
    """One line of type; distances in points, `baseline` from the foot of the page."""

    baseline: float
    left: float
    right: float
    size: float
    parts: list[str] = field(default_factory=list)
    first: int = 0
    last: int = 0
    """The first characters of its first and last words, by number."""
    is_bold: bool = False
    is_row: bool = False
    """A row of a table with rules, already written as one."""

    @property
    def text(self) -> str:
        said = re.sub(r" *\t *", "\t", "".join(self.parts)).strip()
        return INNER_MARKS.sub("", said)


def lines_of(words: Iterable[Word]) -> list[Line]:
    """The lines of a page, in the order in which the page draws them."""
    lines: list[Line] = []
    for word in words:
        line = _line_at(lines, word)
        if line is None:
            line = Line(word.baseline, word.left, word.left, word.size, first=word.first)
            lines.append(line)
        elif word.left - line.right > COLUMN_GAP * line.size:
            # A list item's mark stands apart from its text and is no column.
            line.parts.append(" " if MARK.fullmatch(line.text) else "\t")
        elif word.after_blank:
            line.parts.append(" ")
        line.parts.append(word.text)
        line.right = max(line.right, word.right)
        line.last = word.first
    return [line for line in lines if line.text]


def join_hyphen(text: str, following: str, words: Counter[str]) -> str:
    """`text` with `following` joined on when a hyphen splits a word between them, else "".

    A hyphen that belongs to the word is kept: the document itself spells it so elsewhere.
    """
    if len(text) < 2 or text[-1] not in HYPHENS or not text[-2].isalpha() or not following[:1].islower():
        return ""
    head = re.split(r"[^\w-]", text[:-1].lower())[-1]
    tail = re.split(r"[^\w-]", following.lower())[0]
    keeps = words[f"{head}-{tail}"] > words[f"{head}{tail}"]
    return text[:-1] + ("-" if keeps else "") + following


def _line_at(lines: list[Line], word: Word) -> Line | None:
    """The line that a word goes on with, if any; a raised mark still belongs to its line."""
    for line in reversed(lines[-LINES_BACK:]):
        close = abs(line.baseline - word.baseline) < 0.3 * max(word.size, line.size)
        if close and word.left > line.right - word.size:
            if line is not lines[-1]:
                line.parts.append("\t")
                lines.remove(line)
                lines.append(line)
            return line
    return None
