"""CSV: one row a call, or one row a turn; the separator and the columns are told from the header."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from finetune.reading.draft import BadRow, CallsNotReadable, Columns, Draft, Row, TurnRow, Utterance
from finetune.reading.objects import NOBODY, NotACall, is_id, turns_in
from finetune.reading.source import LONG, LONGEST_LINE, TOO_LONG, CallFile
from finetune.reading.times import seconds
from finetune.reading.vocabulary import first_of, same, vocabulary

NAME_LIKE = re.compile(r"[\w .#/()'-]*")
"""What the name of a column may be made of."""
SEPARATORS = ",;\t|"
HEADER_LINES = 20
BAD_QUOTES = "A quote is not closed, or stands within a cell without being doubled. Mend the quotes."


@dataclass(frozen=True)
class Layout:
    """Where in a row what stands; -1 for what the table does not have."""

    width: int
    text: int
    """Of a turn, or of the whole call."""
    speakers: tuple[int, ...]
    """Empty where a row is a call."""
    call: int = -1
    time: int = -1
    outcome: int = -1


def table_rows(file: CallFile, columns: Columns) -> Iterator[Row]:
    """What each row holds. Raises CallsNotReadable where the header does not say what is where."""
    # Cells of more than 131,072 characters are an error otherwise, and an hour's call may have them. The
    # limit is the whole process's: whoever else reads tables sets their own.
    csv.field_size_limit(LONGEST_LINE)
    lines = file.lines()
    head = list(islice(lines, HEADER_LINES))
    skipped, separator = _separator(head, columns)
    rows = numbered_rows(chain(head[skipped:], lines), separator, skipped)
    header = next(rows, None)
    if header is None or isinstance(header, BadRow):
        raise CallsNotReadable(f"{file.shown} has no header row. Name its columns in its first line.")
    layout = _layout(header[1], columns, file.shown)
    first = next(rows, None)
    if isinstance(first, tuple) and not columns.speaker and _is_call(first[1], layout):
        layout = replace(layout, speakers=(), time=-1)
    for row in chain([first] if first else [], rows):
        yield row if isinstance(row, BadRow) else _read(row[0], row[1], layout, columns)


def numbered_rows(
    lines: Iterable[str], separator: str, before: int = 0
) -> Iterator[tuple[int, list[str]] | BadRow]:
    """Rows with the number of the line each starts on; blank ones are left out.

    After a row that breaks the rules of CSV it goes on with the next line, so a stray quote costs one row and
    not the rest of the file.
    """
    number, again, onward = before, deque[str](), iter(lines)
    while True:
        taken: list[str] = []
        reader = csv.reader(_noted(again, onward, taken), delimiter=separator, strict=True)
        try:
            for row in reader:
                start, number = number + 1, number + len(taken)
                if TOO_LONG in taken:
                    yield BadRow(start, LONG, loses_turns=True)
                elif any(cell.strip() for cell in row):
                    yield start, row
                taken.clear()
        except csv.Error:
            number += 1
            yield BadRow(number, BAD_QUOTES, loses_turns=True)
            again.extendleft(reversed(taken[1:]))
        else:
            return


def _noted(again: deque[str], onward: Iterator[str], taken: list[str]) -> Iterator[str]:
    while True:
        line = again.popleft() if again else next(onward, None)
        if line is None:
            return
        taken.append(line)
        yield line


def _separator(head: list[str], columns: Columns) -> tuple[int, str]:
    """Lines before the header, and the separator that makes the most known column names of it."""
    first = head[0].strip().lower() if head else ""
    if first.startswith("sep=") and len(first) == 5:
        return 1, first[-1]

    def known(separator: str) -> tuple[int, int]:
        row = next(numbered_rows(head, separator), None)
        cells = row[1] if isinstance(row, tuple) else []
        return sum(first_of((cell,), _all_names(columns)) is not None for cell in cells), len(cells)

    return 0, max(SEPARATORS, key=known)


def _all_names(columns: Columns) -> list[str]:
    names = vocabulary().columns
    said = (columns.call, columns.speaker, columns.text, columns.time, columns.transcript, columns.outcome)
    known = (names.call, names.speaker, names.text, names.transcript, names.time, names.outcome, ("id",))
    return [*(name for name in said if name), *chain.from_iterable(known)]


def _layout(header: list[str], columns: Columns, shown: str) -> Layout:
    names = vocabulary().columns
    header = [cell.strip() for cell in header]

    def at(said: str | None, usual: tuple[str, ...]) -> int:
        found = first_of((said,) if said else usual, header)
        if said and found is None:
            raise CallsNotReadable(f"{shown} has no column '{said}'. {_has(header)}")
        return header.index(found) if found is not None else -1

    text, transcript = at(columns.text, names.text), at(columns.transcript, names.transcript)
    named = (columns.speaker,) if columns.speaker else names.speaker
    speakers = tuple(sorted({place for name in named if (place := at(columns.speaker, (name,))) >= 0}))
    whole = (
        transcript >= 0 and same(header[transcript]) in vocabulary().whole_calls and text in {-1, transcript}
    )
    if transcript >= 0 and (columns.transcript or not speakers or (whole and not columns.speaker)):
        speakers, text = (), transcript
    if text < 0 or (not speakers and transcript < 0):
        raise CallsNotReadable(
            f"{shown} has no column of calls (such as 'transcription') and no pair of speaker and text. "
            f"{_has(header)} Call one 'transcription', or two of them 'speaker' and 'text'."
        )
    return Layout(
        len(header),
        text,
        speakers,
        at(columns.call, (*names.call, "id")),
        at(columns.time, names.time) if speakers else -1,
        at(columns.outcome, names.outcome),
    )


def _is_call(row: list[str], layout: Layout) -> bool:
    """Whether the cell of words holds many speakers': then a column of names is not of who speaks."""
    try:
        turns = turns_in(row[layout.text] if layout.text < len(row) else "", Columns())
    except NotACall:
        return False
    return len({turn.labels for turn in turns}) > 1


def _has(header: list[str]) -> str:
    # A file without a header has a call in its first row, and that is not for a message.
    known = any(first_of((cell,), _all_names(Columns())) is not None for cell in header)
    names = all(len(cell) <= 30 and len(cell.split()) <= 3 and NAME_LIKE.fullmatch(cell) for cell in header)
    if known and names:
        return f"Its first line has: {', '.join(header)}."
    return "Its first line does not look like column names."


def _read(line: int, row: list[str], layout: Layout, columns: Columns) -> Row:
    turns = bool(layout.speakers)
    name = row[layout.call].strip() if 0 <= layout.call < len(row) else ""
    call = name if is_id(name) else None
    if len(row) <= max(layout.text, layout.call, *layout.speakers):
        reason = f"It has {len(row)} cells where the header has {layout.width}; the line may be cut off."
        return BadRow(line, reason, loses_turns=turns, call=call)
    outcome = row[layout.outcome] if 0 <= layout.outcome < len(row) else None
    if turns:
        labels = tuple(dict.fromkeys(row[at].strip() for at in layout.speakers if row[at].strip()))
        if not labels and row[layout.text].strip():
            return BadRow(line, "It does not say who speaks.", loses_turns=True, call=call)
        start = seconds(row[layout.time]) if 0 <= layout.time < len(row) else None
        return TurnRow(line, Utterance(labels or NOBODY.labels, row[layout.text], start), call, outcome)
    try:
        return Draft(line, turns_in(row[layout.text], columns), call, outcome)
    except NotACall as error:
        return BadRow(line, str(error))
