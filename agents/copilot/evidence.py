"""Passages into the pieces an answer is made of: sentences and table rows, each with where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.copilot.facts import figures
from ingestion.sentences import Piece, cells, pieces, plain
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ingestion.index.protocol import Hit

COLOPHON = re.compile(r"\bDocument\s+[A-Z]{2,}-\S+\s*·|^From: .* To: ")
"""The line below a title that files the document, the head of an e-mail: neither answers anything."""
VALUE = re.compile(r"[£$€]?\s?\+?\(?\d[\d ,.()/-]*\s?(?:%|p|[a-z]{1,3})?|\S+@\S+")
YEAR = re.compile(r"(?:19|20)\d\d")
LEAD_IN_CHARACTERS = 24
"""A sentence so short and without a figure leads in to the next one."""


@dataclass(frozen=True)
class Unit:
    """A sentence or a table row. `quote` is its exact words in the passage; `text` is for people."""

    passage: int
    quote: str
    text: str
    heading: str
    title: str
    dated: date | None
    collection: str
    before: str = ""
    """The sentence before it in the passage; for a row, the label of the row above."""
    headers: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    """Of a row, its columns; empty for a sentence."""

    @property
    def stems(self) -> frozenset[str]:
        """The content words of the unit itself; of a row with one value, its column's name too."""
        column = self.headers[1] if len(self.cells) == len(self.headers) == 2 else ""
        return frozenset(content_stems(f"{self.text} {column}"))

    @property
    def label(self) -> str:
        """A row's first cell; empty for a sentence."""
        return plain(self.cells[0]) if self.cells else ""


def units_of(passages: Sequence[Hit]) -> tuple[Unit, ...]:
    """Every sentence and row of the passages, in order; a piece found in two passages counts once."""
    found: dict[tuple[str, int, str], Unit] = {}
    for number, hit in enumerate(passages):
        for unit in _units(number, hit):
            found.setdefault((hit.document, hit.page, unit.quote), unit)
    return tuple(found.values())


def all_text(hit: Hit) -> str:
    """Everything a statement that cites this passage may draw on."""
    issued = f"{hit.dated.day} {hit.dated:%B %Y}" if hit.dated else ""
    return "\n".join((hit.title, hit.heading, issued, hit.table_header, hit.text))


def row_text(headers: Sequence[str], row: Sequence[str], columns: Sequence[int]) -> str:
    """A row as a sentence would put it: its label, then the chosen columns with their names."""
    label, values = plain(row[0]), []
    for column in columns:
        name = plain(headers[column]) if column < len(headers) else ""
        value = plain(row[column])
        if value:
            named = (name and len(columns) + 1 < len(row)) or len(row) > 2
            values.append(f"{name}: {value}" if named and name else value)
    return f"{label}: {'; '.join(values)}" if label and values else label or "; ".join(values)


def _units(number: int, hit: Hit) -> Iterator[Unit]:
    lines = {match.start() for match in re.finditer(r"^.*$", hit.text, re.MULTILINE)}
    heading_starts = {start for start in lines if _is_heading(hit, start)}
    headers: tuple[str, ...] = cells(hit.table_header) if hit.table_header else ()
    place = (hit.heading, hit.title, hit.dated, hit.collection)
    in_table, before = bool(headers), ""
    found = pieces(hit.text, heading_starts)
    for piece, after in zip(found, [*found[1:], None], strict=True):
        quote = hit.text[piece.start : piece.end]
        following = cells(hit.text[after.start : after.end]) if after and after.kind == "row" else None
        if piece.kind == "row":
            row = cells(quote)
            if not in_table:
                in_table, before = True, ""
                headers = () if following is not None and _is_data(row, following) else row
                if headers:
                    continue
            if len(row) > 1:
                # An empty corner cell leaves no trace in a PDF.
                named = ("", *headers) if len(headers) == len(row) - 1 else headers
                # Names of other columns would be worse than none.
                named = named if len(named) == len(row) else ()
                yield Unit(
                    number, quote, row_text(named, row, range(1, len(row))), *place, before, named, row
                )
                before = plain(row[0])
        elif piece.kind != "rule":
            in_table = False
            text = plain(quote)
            leads_in = len(text) <= LEAD_IN_CHARACTERS and not figures(text)
            if leads_in and after and _goes_on(hit.text, piece, after):
                # "No." or "GS 60: coolant." says nothing without the sentence after it.
                quote = hit.text[piece.start : after.end]
                text = plain(quote)
            # A question answers nothing, a lead-in points at what follows, a colophon files the paper.
            says = any(c.isalpha() for c in quote) and not text.endswith(("?", ":"))
            if piece.kind == "sentence" and says and not COLOPHON.search(" ".join(quote.split())):
                yield Unit(number, quote, text, *place, before)
            before = text if piece.kind == "sentence" else ""


def _is_data(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether a table's first row is no header: below a value stands a value of the same sort."""
    return any(
        VALUE.fullmatch(one) and VALUE.fullmatch(other) and not YEAR.fullmatch(one)
        for one, other in zip(first[1:], second[1:], strict=False)
    )


def _goes_on(text: str, piece: Piece, after: Piece) -> bool:
    """Whether two sentences stand in one paragraph."""
    return piece.kind == after.kind == "sentence" and "\n\n" not in text[piece.end : after.start]


def _is_heading(hit: Hit, start: int) -> bool:
    line = hit.text[start:].split("\n", 1)[0].strip()
    name = line.lstrip("#").strip()
    return bool(name) and (line.startswith("#") or name == hit.title or name in hit.heading.split(" > "))
