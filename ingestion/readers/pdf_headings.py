"""Which lines of a PDF are headings: larger type, a bold line by itself, or one numbered as 1.2 is."""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.readers.pdf_lines import Line

HEADING_SIZE = 1.12
"""A line set this much larger than the body is a heading."""
LONGEST_HEADING = 120
LONGEST_PLAIN_HEADING = 80
"""In the size of the body."""
FULL_LINE = 0.9
"""A line that reaches so far across goes on below: it is text."""
NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})[.)]?\s+[A-Z]")
ENDS_LIKE_TEXT = re.compile(r"[.,;:!?…]$")


class Headings:
    """Knows the headings of one document: the type sizes it uses, and how far its text reaches."""

    def __init__(self, pages: list[list[Line]]) -> None:
        lines = [line for page in pages for line in page if not line.is_row]
        sizes = [line.size for line in lines for _ in line.text]
        self._body = median(sizes) if sizes else 1.0
        large = {round(line.size, 1) for line in lines if line.size > self._body * HEADING_SIZE}
        self.sizes = sorted(large, reverse=True)
        """The type sizes of headings, largest first: rank in the list is the level."""
        self._right = max((line.right for line in lines), default=0.0)
        self._left = min((line.left for line in lines), default=0.0)
        bold = sum(len(line.text) for line in lines if line.is_bold)
        self._bold_tells = bold < 0.3 * len(sizes)

    def level(self, line: Line, before: Line | None, after: Line | None) -> int:
        """The level of a line as a heading, 0 for none."""
        size = round(line.size, 1)
        if line.is_row:
            return 0
        if size in self.sizes:
            return min(6, 1 + self.sizes.index(size)) if len(line.text) <= LONGEST_HEADING else 0
        numbered = NUMBERED.match(line.text)
        dots = numbered[1].count(".") if numbered else 0
        if not self._stands_alone(line, before, after) or not (line.is_bold or dots):
            return 0
        return min(6, len(self.sizes) + 1 + dots)

    def _stands_alone(self, line: Line, before: Line | None, after: Line | None) -> bool:
        """Short, no end of a sentence, not the middle of a text, and something stands below it."""
        if len(line.text) > LONGEST_PLAIN_HEADING or "\t" in line.text or ENDS_LIKE_TEXT.search(line.text):
            return False
        if line.size < 0.95 * self._body or line.right > self._left + FULL_LINE * (self._right - self._left):
            return False
        if line.is_bold:
            # A bold line among bold ones is a bold text, and one that goes on in plain type is a lead-in.
            goes_on = after is not None and not after.is_row and after.text[:1].islower()
            return self._bold_tells and not goes_on and sum(map(str.isalpha, line.text)) > 2
        goes_on = after is None or after.text[:1].islower()
        came_from = before is not None and not ENDS_LIKE_TEXT.search(before.text) and not before.is_row
        close = before is not None and 0 < before.baseline - line.baseline < 1.6 * line.size
        return not goes_on and not (came_from and close)
