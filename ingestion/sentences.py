"""Text into the smallest pieces worth quoting: sentences, list items, table rows, headings.

Pieces are slices of the text, in order; between two of them lies white space and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Kind = Literal["heading", "row", "rule", "sentence"]

ABBREVIATIONS = frozenset(
    {"e.g", "i.e", "etc", "mr", "mrs", "ms", "dr", "no", "nos", "vs", "approx", "inc", "ltd", "co", "st"}
    | {"p.a", "p.m", "a.m", "incl", "excl", "cf", "fig", "ref", "est"}
)
ENUMERATED = re.compile(r"\s*(?:[-*+•‣▪–]|\(?[0-9]{1,3}[.)]|\(?[a-z][.)])\s+")
MARKDOWN_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
SHORT_LINE = 0.6
"""Of the longest line: one that ends before was not broken by the margin."""
STOP = re.compile(r"[.!?…][\"'”’)\]*_]*(?=\s)")


@dataclass(frozen=True)
class Piece:
    """`text[start:end]` of the text it was cut from; never begins or ends with white space."""

    start: int
    end: int
    kind: Kind


def pieces(text: str, heading_starts: Collection[int] = ()) -> tuple[Piece, ...]:
    """Cut `text`. A line that begins at one of `heading_starts` is a heading."""
    found: list[Piece] = []
    block: tuple[int, int] | None = None
    longest = max((end - start for start, end in _lines(text)), default=0)
    for start, end in _lines(text):
        line = text[start:end]
        kind = _line_kind(line, heading=start in heading_starts)
        goes_on = kind == "sentence" and bool(line.strip())
        ended = block is not None and _ends_short(text[block[0] : block[1]], line, longest)
        if block and goes_on and not ended and not ENUMERATED.match(line):
            block = (block[0], end)
            continue
        if block:
            found += sentences(text, *block)
        block = (start, end) if goes_on else None
        if not goes_on and line.strip():
            found.append(_trimmed(text, start, end, kind))
    if block:
        found += sentences(text, *block)
    return tuple(found)


def sentences(text: str, start: int, end: int) -> Iterator[Piece]:
    """The sentences of one paragraph or list item, `text[start:end]`."""
    marker = ENUMERATED.match(text, start, end)
    at = start
    for stop in STOP.finditer(text, marker.end() if marker else start, end):
        if _ends_a_sentence(text, at, stop, end):
            yield _trimmed(text, at, stop.end(), "sentence")
            at = stop.end()
    if text[at:end].strip():
        yield _trimmed(text, at, end, "sentence")


def cells(row: str) -> tuple[str, ...]:
    """The cells of a table row: Markdown's pipes, or the tabs that the PDF reader puts between columns."""
    if "\t" in row and not row.lstrip().startswith("|"):
        return tuple(cell.strip() for cell in re.split(r"\t+", row))
    return tuple(cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip().strip("|")))


def plain(text: str) -> str:
    """For people: Markdown's marks and list bullets removed, white space single."""
    text = ENUMERATED.sub("", text, count=1) if ENUMERATED.match(text) else text
    text = re.sub(r"^\s*(?:#{1,6}|>)\s+", "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", text, flags=re.DOTALL)
    text = re.sub(r"(?<!\w)([*_])(\S(?:.*?\S)?)\1(?!\w)", r"\2", text, flags=re.DOTALL)
    return " ".join(text.split())


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _ends_short(block: str, following: str, longest: int) -> bool:
    """Whether a block's last line was broken by its writer and not by the margin: a list of short lines."""
    last = block.rsplit("\n", 1)[-1].rstrip()
    short = len(last) < SHORT_LINE * longest and not last.endswith((",", "-", "–", "&"))
    return short and following.lstrip()[:1].isupper() and last[-1:] not in ".;:!?"


def _line_kind(line: str, *, heading: bool) -> Kind:
    if heading:
        return "heading"
    if line.lstrip().startswith("|") or "\t" in line.strip():
        return "rule" if MARKDOWN_RULE.match(line) else "row"
    return "rule" if re.fullmatch(r"\s*([-*_])(\s*\1){2,}\s*", line) else "sentence"


def _ends_a_sentence(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    rest = text[stop.end() : end].lstrip()
    if not rest:
        return False
    if rest[0].islower():
        return False
    words = text[start : stop.start()].split()
    last = words[-1].strip("(\"'“‘*_").lower() if words else ""
    is_initial = len(last) == 1 and last.isalpha() and last != "i"
    return not (stop.group()[0] == "." and (last in ABBREVIATIONS or is_initial))


def _trimmed(text: str, start: int, end: int, kind: Kind) -> Piece:
    piece = text[start:end]
    return Piece(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()), kind)
