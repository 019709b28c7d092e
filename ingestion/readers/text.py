"""Plain text: a page, or several where form feeds break it; headings underlined or all in capitals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.document import Heading, Page, ReadFile
from ingestion.readers.characters import WORD_BREAK, decoded, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_HEADING = 90
UNDERLINE = re.compile(r"\s*([=\-~*^#])\1{2,}\s*")
COLUMN_GAP = re.compile(r"(?<=\S)(?: {3,}|(?<=[^.!?:]) {2})(?=\S)")
"""Two blanks set columns, except after a full stop, where typists put two."""
NO_HEADING = re.compile(r".*[.,;:!?]$|[\s|>*+-]|.*\t|\W*\d[\d\W]*$")


def read_text(content: bytes, name: str) -> ReadFile:
    """Read text in any encoding. Raises UnreadableDocumentError for binary data."""
    texts = decoded(content, name).split("\f")
    pages = tuple(_page(number, seen(text)) for number, text in enumerate(texts, start=1))
    titles = [heading for page in pages for heading in page.headings]
    first = next((line.strip() for line in pages[0].text.split("\n") if line.strip()), "")
    title = titles[0].text if titles and titles[0].text == first else ""
    return ReadFile(pages, title, pages[0].text)


def _page(number: int, text: str) -> Page:
    kept: list[str] = []
    headings: list[Heading] = []
    at = 0
    for line, level in _lines(_with_columns(WORD_BREAK.sub("", text).split("\n"))):
        if level:
            headings.append(Heading(at, level, line.strip()))
        kept.append(line)
        at += len(line) + 1
    return Page(number, "\n".join(kept), tuple(headings))


def _with_columns(lines: list[str]) -> list[str]:
    """Lines set in columns by blanks, two or more below each other, get tabs between their cells."""
    set_out = [bool(COLUMN_GAP.search(line.strip())) for line in lines]
    return [
        COLUMN_GAP.sub("\t", line.strip()) if now and (before or after) else line
        for line, before, now, after in zip(
            lines, [False, *set_out[:-1]], set_out, [*set_out[1:], False], strict=True
        )
    ]


def _lines(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Each line with its level as a heading, 0 for none; the underline of a heading is left out."""
    before = ""
    skip = False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if skip:
            skip = False
            continue
        line = line.rstrip()  # noqa: PLW2901 - blanks at a line's end are not seen
        underlined = UNDERLINE.fullmatch(after) if _may_head(line) and not before.strip() else None
        if underlined:
            skip = True
            yield line, 1 if underlined[1] in "=#*" else 2
        else:
            yield line, 2 if not before.strip() and _is_shouted(line) else 0
        before = "" if skip else line


def _may_head(line: str) -> bool:
    return 0 < len(line) <= LONGEST_HEADING and not NO_HEADING.match(line)


def _is_shouted(line: str) -> bool:
    letters = [letter for letter in line if letter.isalpha()]
    return len(letters) > 3 and _may_head(line) and all(letter.isupper() for letter in letters)
