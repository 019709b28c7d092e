"""JSON: an object a line, or one document of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from finetune.reading.draft import BadRow, CallsNotReadable, Columns, Row
from finetune.reading.objects import rows_of
from finetune.reading.source import TOO_LONG, CallFile

CUT_OFF = "The line is not whole JSON; it may be cut off. Export it again, or take the line out."


def json_rows(file: CallFile, columns: Columns) -> Iterator[Row]:
    """The calls of a file of JSON lines or of one document, whichever it is. Raises CallsNotReadable."""
    if _is_one_document(file):
        try:
            document = json.loads(file.text())
        except (ValueError, RecursionError):
            raise CallsNotReadable(
                f"{file.shown} is not whole JSON; it may be cut off. Export it again."
            ) from None
        yield from rows_of(document, 1, columns)
        return
    for number, line in enumerate(file.lines(), 1):
        if line == TOO_LONG:
            yield BadRow(number, "The line is longer than any call. Check that it ends where it should.")
        elif words := line.strip("\ufeff\0 \t\r\n"):
            yield from _row(words, number, columns)


def _row(words: str, number: int, columns: Columns) -> Iterator[Row]:
    try:
        value = json.loads(words)
    except (ValueError, RecursionError):
        yield BadRow(number, CUT_OFF, loses_turns=True)
        return
    yield from rows_of(value, number, columns)


def _is_one_document(file: CallFile) -> bool:
    """A document over many lines starts with a line that is no whole value."""
    first = next((line for line in file.lines() if line.strip("\ufeff \t\r\n")), "").strip("\ufeff \t\r\n")
    if file.suffix in {".jsonl", ".ndjson"}:
        return first in {"{", "["}
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return first[:1] in {"{", "["} and not first.endswith("}")
    return False
