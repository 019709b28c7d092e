"""JSON: an object a line, or one document of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from finetune.reading.draft import BadRow, CallsNotReadable, Columns, Row
from finetune.reading.objects import calls_listed, rows_of
from finetune.reading.source import LONG, TOO_LONG, CallFile

CUT_OFF = "The line is not whole JSON; it may be cut off. Export it again, or take the line out."


def json_rows(file: CallFile, columns: Columns) -> Iterator[Row]:
    """The calls of a file of JSON lines or of one document, whichever it is. Raises CallsNotReadable."""
    if _is_one_document(file):
        text = file.text().lstrip("\ufeff")
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise CallsNotReadable(
                f"{file.shown} is not whole JSON; it may be cut off. Export it again."
            ) from None
        for number, value in _numbered(text, document, columns):
            yield from rows_of(value, number, columns)
        return
    for number, line in enumerate(file.lines(), 1):
        if line == TOO_LONG:
            yield BadRow(number, LONG)
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
    if file.suffix == ".json" and first == TOO_LONG.strip():
        return True
    if file.suffix in {".jsonl", ".ndjson"}:
        return first in {"{", "["}
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return first[:1] in {"{", "["} and not first.endswith("}")
    return False


def _numbered(text: str, document: object, columns: Columns) -> Iterator[tuple[int, object]]:
    """The calls of a document with the line each starts on; the document itself where it lists none."""
    listed = calls_listed(document, columns)
    found = re.search(rf'"{re.escape(listed[0])}"\s*:\s*\[' if listed and listed[0] else r"\[", text)
    starts = _starts(text, found.end()) if listed and found else []
    if listed and len(starts) == len(listed[1]):
        line, at = 1, 0
        for start, call in zip(starts, listed[1], strict=True):
            line, at = line + text.count("\n", at, start), start
            yield line, call
    else:
        yield 1, document


def _starts(text: str, at: int) -> list[int]:
    """Where the values of the list that opens before `at` start."""
    decoder, starts = json.JSONDecoder(), []
    blank = re.compile(r"[\s,]*")
    while (found := blank.match(text, at)) and (at := found.end()) < len(text) and text[at] != "]":
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        starts.append(at)
        at = end
    return starts
