"""CSV and TSV: one page, the header row first; the separator is told from the rows themselves."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import islice

from ingestion.document import ReadFile
from ingestion.errors import UnreadableDocumentError
from ingestion.readers.characters import decoded
from ingestion.readers.sheet import MOST_ROWS, write_rows
from ingestion.readers.writing import PageWriter

SEPARATORS = "\t;,|"
SAMPLE_ROWS = 50
LONGEST_CELL = 131_072
"""Characters; more than that is a quotation mark without its other half."""


def read_csv(content: bytes, name: str) -> ReadFile:
    """Read rows in any encoding. Raises UnreadableDocumentError for binary data or a field without end."""
    csv.field_size_limit(LONGEST_CELL)  # the whole process's: others who read tables may have moved it
    lines = decoded(content, name).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    said = lines[0].strip().lower() if lines else ""
    if said.startswith("sep=") and len(said) == 5:
        separator, lines = said[-1], lines[1:]
    else:
        separator = max(SEPARATORS, key=lambda sign: _evenness(lines, sign))
    writer = PageWriter()
    try:
        whole = write_rows(writer, csv.reader((f"{line}\n" for line in lines), delimiter=separator))
    except csv.Error as error:
        raise UnreadableDocumentError(
            f"{name} is not a readable table: {error}. Save it as CSV again."
        ) from error
    page = writer.page(1)
    warnings = () if whole else (f"{name} has more than {MOST_ROWS:,} rows; the rest was not read.",)
    return ReadFile((page,), "", page.text, warnings)


def _evenness(lines: list[str], separator: str) -> float:
    """How far the first rows have one number of cells, more than one."""
    try:
        rows = list(
            islice(csv.reader((f"{line}\n" for line in lines[:500]), delimiter=separator), SAMPLE_ROWS)
        )
    except csv.Error:
        return 0
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    width, times = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    return times / max(1, widths.total()) if width > 1 else 0
