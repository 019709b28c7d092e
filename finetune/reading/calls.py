"""Recorded calls out of a file of any kind."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.calls import Place, RecordedCall, Rejected
from finetune.reading.captions import caption_rows
from finetune.reading.draft import BadRow, CallsNotReadable, Columns, Row, whole
from finetune.reading.lines import json_rows
from finetune.reading.sides import recorded
from finetune.reading.source import CallFile, opened
from finetune.reading.tables import table_rows
from finetune.reading.written import written_rows

AROUND = "\ufeff\0 \t\r\n"
KINDS = {
    ".csv": table_rows,
    ".tsv": table_rows,
    ".json": json_rows,
    ".jsonl": json_rows,
    ".ndjson": json_rows,
    ".vtt": caption_rows,
    ".srt": caption_rows,
    ".txt": written_rows,
}


def read_calls(
    source: str, seller: str, *, columns: Columns | None = None, places: dict[str, Place] | None = None
) -> Iterator[RecordedCall | Rejected]:
    """The calls of a file in its order, and each row that cannot be used with its line and the reason.

    `source` is a path or whatever fsspec opens, compressed or not. `seller` is the label of who sells;
    everyone else is the customer. `places` holds the ids that are in use and gets those of this file: hand
    the same one to each file of a data set. Raises CallsNotReadable where the file as a whole is of no use.
    """
    if not seller.strip():
        raise CallsNotReadable("Nobody sells: say whose label is the seller's, such as 'user' or 'Agent'.")
    file = opened(source)
    places = {} if places is None else places
    for row in whole(_rows(file, columns or Columns())):
        found = row if isinstance(row, BadRow) else recorded(row, seller)
        if isinstance(found, BadRow):
            yield Rejected(file.shown, found.line, found.reason)
        else:
            call = _unused(found.call, places)
            places[call] = Place(file.shown, row.line)
            yield found.model_copy(update={"call": call})


def _unused(call: str, places: dict[str, Place]) -> str:
    name, n = call, 2
    while name in places:
        name, n = f"{call}-{n}", n + 1
    return name


def _rows(file: CallFile, columns: Columns) -> Iterator[Row]:
    return KINDS[_kind(file)](file, columns)


def _kind(file: CallFile) -> str:
    """By what it starts with where that is plain, else by its name."""
    first = next((line.strip(AROUND) for line in file.lines() if line.strip(AROUND)), "")
    if first.startswith("WEBVTT"):
        return ".vtt"
    if file.suffix in {".json", ".jsonl", ".ndjson"} or first.startswith("{"):
        return ".json"
    if file.suffix in KINDS:
        return file.suffix
    if file.suffix:
        raise CallsNotReadable(f"{file.shown} is of no kind that is read here ({', '.join(KINDS)}).")
    return ".json" if first.startswith("[") else ".csv"
