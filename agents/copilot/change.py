"""What a sentence or row says a value is, and what it says that it was. The words are in `change.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from agents.copilot.evidence import row_text
from agents.copilot.facts import Figure, figures
from agents.data_files import read_yaml
from ingestion.dates import dates_in
from ingestion.sentences import plain
from ingestion.words import stem

if TYPE_CHECKING:
    from datetime import date

    from agents.copilot.evidence import Unit

UNIT_IN_HEADER = re.compile(r"\(\s*(£|\$|€|GBP|%|kg|m|days?|hours?)\s*\)|(?:,|\bin) (GBP|£|%|kg)\b")
AMOUNT = re.compile(r"(?<![\d.,])\d[\d,]*\.\d\d(?![\d.]*\d)")
"""A number with two decimals is an amount of money where no name says otherwise."""
SPELLED = {"GBP": "£", "days": "day", "hours": "hour"}


class Changes(BaseModel):
    """Schema of `change.yaml`; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    then: list[str]
    since: list[str]
    for_all: list[str]
    announces: list[str]
    replaces: list[str]
    unchanged: list[str]
    then_on: list[str]
    money: list[str]
    past: list[str]
    present: list[str]
    measured_by: dict[str, list[str]]
    bound: list[str]
    bounds: list[str]


@dataclass(frozen=True)
class Values:
    """The figures that a unit says hold, and those that it says held before."""

    now: frozenset[Figure]
    then: frozenset[Figure]

    @property
    def measures(self) -> frozenset[str]:
        """The units of measure of what holds."""
        return frozenset(figure.unit for figure in self.now)


@cache
def changes() -> Changes:
    """The patterns and words, read once."""
    text = (files("agents.copilot") / "change.yaml").read_text(encoding="utf-8")
    return Changes.model_validate(read_yaml(text))


@cache
def tells(name: str) -> re.Pattern[str]:
    """One of the pattern lists as a single expression."""
    return re.compile("|".join(f"(?:{one})" for one in getattr(changes(), name)), re.IGNORECASE)


@cache
def measure_stems(measure: str) -> frozenset[str]:
    """Stems of the words that a figure of this unit stands for, bounds too: "weight" beside 450 kg."""
    return frozenset(stem(word) for word in (*changes().measured_by.get(measure, ()), *changes().bounds))


@lru_cache(maxsize=2048)
def values_of(unit: Unit) -> Values:
    """The figures of a unit; of a row those of the columns it shows, measured as their names say."""
    if unit.cells:
        new = changed_column(unit)
        shown = (new,) if new else shown_columns(unit)
        older = tuple(column for column in range(1, len(unit.cells)) if new and column != new)
        return Values(_of_cells(unit, shown), _of_cells(unit, older))
    text = re.sub(r"\bGBP\s+(?=\d)", "£", unit.text)
    # A date or a page is no value, and "on 1 June" would end a clause.
    now = tells("then").sub(" ; ", text)
    holds = _with_amounts(now)
    return Values(holds, _with_amounts(text) - holds)


@lru_cache(maxsize=2048)
def changed_column(unit: Unit) -> int | None:
    """The column of a row that is named for the day from which it holds, beside one for what held before."""
    found = [column for column in range(1, len(unit.cells)) if column_since(unit, column)]
    return found[-1] if found and len(unit.cells) > 2 else None


def column_since(unit: Unit, column: int) -> date | None:
    """The day that a column's name says its values hold from ("From 1 June 2026")."""
    name = plain(unit.headers[column]) if column < len(unit.headers) else ""
    return next((day for start, _, day in dates_in(name) if tells("since").search(name[:start])), None)


def reduced(unit: Unit) -> Unit:
    """A row of old and new values reduced to the new one; anything else as it is."""
    new = changed_column(unit)
    return replace(unit, text=row_text(unit.headers, unit.cells, [new])) if new else unit


@lru_cache(maxsize=2048)
def shown_columns(unit: Unit) -> tuple[int, ...]:
    """The columns of a row that its text shows."""
    every = tuple(range(1, len(unit.cells)))
    whole = row_text(unit.headers, unit.cells, every)
    if unit.text == whole:
        return every
    return tuple(c for c in every if row_text(unit.headers, unit.cells, [c]).partition(": ")[2] in unit.text)


def figures_in(unit: Unit, column: int) -> frozenset[Figure]:
    """The figures of one cell; a bare number is measured as the column's name says."""
    name = plain(unit.headers[column]) if column < len(unit.headers) else ""
    told = UNIT_IN_HEADER.search(name)
    measure = next((part for part in told.groups() if part), "") if told else ""
    cell = plain(unit.cells[column])
    measure = SPELLED.get(measure, measure) or ("£" if AMOUNT.fullmatch(cell) else "")
    found = figures(re.sub(r"\bGBP\s+(?=\d)", "£", cell))
    return frozenset(replace(one, unit=measure) if not one.unit else one for one in found)


def _with_amounts(text: str) -> frozenset[Figure]:
    """The figures of a sentence, a bare one of two decimals as money."""
    amounts = {Decimal(found.replace(",", "")) for found in AMOUNT.findall(text)}
    return frozenset(
        replace(one, unit="£") if not one.unit and one.value in amounts else one for one in figures(text)
    )


def _of_cells(unit: Unit, columns: tuple[int, ...]) -> frozenset[Figure]:
    return frozenset[Figure]().union(*(figures_in(unit, column) for column in columns))
