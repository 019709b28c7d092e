"""A transcript as plain text: one call, lines of "Name: words" or a name above the words."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.reading.draft import BadRow, Columns, Draft, Row
from finetune.reading.objects import NotACall, turns_in
from finetune.reading.source import CallFile


def written_rows(file: CallFile, columns: Columns) -> Iterator[Row]:
    """The one call of the file."""
    try:
        yield Draft(1, turns_in(file.text(), columns))
    except NotACall as error:
        yield BadRow(1, str(error))
