"""The words of a PDF page with their places, upright whichever way the page is turned."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pypdfium2 import raw

from ingestion.readers.characters import SEEN

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CHARACTERS = 200_000
"""Of one page; a drawing with more is no page to read."""
SOFT_HYPHEN = 0xAD
BREAKS = {2, SOFT_HYPHEN, 0xFFFE}
"""pdfium's marks for a hyphen at the end of a line, after which it says no line end."""
BOLD_WEIGHT = 600
BOLD_NAMES = ("bold", "black", "heavy", "cmbx")
NAME_BYTES = 200


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a blank between them; distances in points, upwards and to the right."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    after_blank: bool
    first: int
    """The number of its first character on the page."""


class TextPage:
    """The characters of one page. Use it as a context: pdfium keeps the page open meanwhile."""

    def __init__(self, page: Any) -> None:
        self._text = page.get_textpage()
        self._turned = page.get_rotation() % 360
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._box = tuple(ctypes.c_double() for _ in range(4))
        self.count = self._text.count_chars()

    def __enter__(self) -> TextPage:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def words(self) -> Iterator[Word]:
        """In the order in which the page draws them."""
        get_unicode, text = raw.FPDFText_GetUnicode, self._text
        letters: list[str] = []
        first, blank = 0, False
        for index in range(min(self.count, MOST_CHARACTERS)):
            code = get_unicode(text, index)
            if code in (0, 9, 10, 13, 32, 160):
                if letters:
                    yield self._word(letters, first, index - 1, after_blank=blank)
                    letters, blank = [], False
                blank = blank or code in (9, 32, 160)
                continue
            if not letters:
                first = index
            letters.append(chr(code) if code in BREAKS else str(SEEN.get(code, chr(code)) or ""))
            if code in BREAKS:
                yield self._word(letters, first, index, after_blank=blank)
                letters, blank = [], False
        if letters:
            yield self._word(letters, first, min(self.count, MOST_CHARACTERS) - 1, after_blank=blank)

    def is_bold(self, index: int) -> bool:
        """Whether a character is set in bold, by its font's weight or name."""
        if raw.FPDFText_GetFontWeight(self._text, index) >= BOLD_WEIGHT:
            return True
        name, flags = ctypes.create_string_buffer(NAME_BYTES), ctypes.c_int()
        raw.FPDFText_GetFontInfo(self._text, index, name, NAME_BYTES, flags)
        said = name.value.decode("utf-8", errors="replace").lower()
        return any(bold in said for bold in BOLD_NAMES)

    def _word(self, letters: list[str], first: int, last: int, *, after_blank: bool) -> Word:
        size = raw.FPDFText_GetFontSize(self._text, first) or 1.0
        raw.FPDFText_GetCharOrigin(self._text, first, self._x, self._y)
        left, baseline = upright(self._x.value, self._y.value, self._turned)
        box_left, box_right, bottom, top = self._box
        raw.FPDFText_GetCharBox(self._text, last, box_left, box_right, bottom, top)
        corners = ((box_left.value, bottom.value), (box_right.value, top.value))
        right = max(upright(x, y, self._turned)[0] for x, y in corners)
        return Word("".join(letters), left, max(left, right), baseline, size, after_blank, first)


def upright(x: float, y: float, turned: int) -> tuple[float, float]:
    """A point of a page that is shown turned clockwise by so many degrees, as a reader sees it."""
    if turned == 90:
        return y, -x
    if turned == 180:
        return -x, -y
    return (-y, x) if turned == 270 else (x, y)
