"""The sentences and rows of the passages, read as clauses: what a statement is held against."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agents.copilot.clauses import Clause, clause, split
from agents.copilot.evidence import all_text, units_of
from agents.copilot.facts import names
from agents.copilot.meaning import meaning
from ingestion.sentences import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents.copilot.evidence import Unit
    from ingestion.index.protocol import Hit

LEANS = re.compile(
    r"(?:\w+\W+){0,4}?(?:it|its|this|that|they|these|those|such|both|each|he|she|there|if|then)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Source:
    """A sentence, or a row, that may bear a statement.

    `facts` are a sentence's clauses, or a row's cells, each with its label and header. `scope` is what it
    stands under; `lead` the sentence it leans on, if it does. A sentence has no `label`.
    """

    unit: Unit
    whole: Clause
    facts: tuple[Clause, ...]
    scope: tuple[Clause, ...]
    lead: Clause | None = None
    label: Clause | None = None
    headers: tuple[Clause, ...] = ()
    cells: tuple[Clause, ...] = ()
    rows: tuple[Unit, ...] = ()
    """All rows of its table."""

    @property
    def above(self) -> tuple[Clause, ...]:
        """What it stands under or leans on."""
        return (*self.scope, *((self.lead,) if self.lead else ()))


@dataclass(frozen=True)
class Sources:
    """Every source of some passages. `known` are the names seen, longest first; `firm` is who "we" are."""

    known: tuple[str, ...]
    firm: str
    by_passage: dict[int, tuple[Source, ...]]

    @classmethod
    def of(cls, passages: Mapping[int, Hit], said: Sequence[str]) -> Sources:
        """Read the passages, by number. `said` are the statements, whose names are looked for too."""
        firm = next((hit.collection for hit in passages.values()), "")
        known = _known_names([*map(all_text, passages.values()), *said], firm)
        found: dict[int, tuple[Source, ...]] = {}
        for number, hit in passages.items():
            units = tuple(replace(unit, passage=number) for unit in units_of([hit]))
            tables: dict[tuple[str, ...], list[Unit]] = defaultdict(list)
            for unit in units:
                if unit.cells:
                    tables[unit.headers].append(unit)
            read = [
                _row(unit, tables[unit.headers], known, firm) if unit.cells else _sentence(unit, known, firm)
                for unit in units
            ]
            found[number] = tuple(read)
        return cls(known, firm, found)

    def read(self, text: str) -> Clause:
        """A clause of a statement."""
        return clause(text, self.known, self.firm)


def _known_names(texts: Sequence[str], firm: str) -> tuple[str, ...]:
    lower = frozenset(word for text in texts for word in re.findall(r"\b[a-z]+\b", text))
    found = set()
    for text in texts:
        for name in names(text):
            words = name.split()
            if len(words) > 1 and words[0].lower() == firm.lower():
                words = words[1:]
            if len(words) == 1 and words[0].lower() == firm.lower():
                continue
            if not _ordinary(words, lower):
                found.add(" ".join(words))
            if len(words) > 2 and words[-1].isdigit():
                found.add(" ".join(words[:-1]))  # in speech the number of a name is often left off
    # A longer name that ends in a shorter one of several words is the shorter one with a word before it.
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


def _ordinary(words: Sequence[str], lower: frozenset[str]) -> bool:
    """A word that begins a cell or a line, and stands without its capital elsewhere: "Minimum", "After 1"."""
    letters = [word.lower() for word in words if not word.isdigit()]
    return len(letters) == 1 and (letters[0] in lower or letters[0] in meaning().no_names)


def _sentence(unit: Unit, known: tuple[str, ...], firm: str) -> Source:
    def read(text: str) -> Clause:
        return clause(text, known, firm)

    whole = read(unit.text)
    leans = LEANS.match(unit.text)
    return Source(
        unit, whole, tuple(map(read, split(unit.text))) or (whole,), _scope(unit, known, firm),
        lead=read(unit.before) if unit.before and leans else None,
    )  # fmt: skip


def _row(unit: Unit, rows: Sequence[Unit], known: tuple[str, ...], firm: str) -> Source:
    def read(text: str) -> Clause:
        return clause(text, known, firm)

    columns = range(1, len(unit.cells))
    headers = [plain(unit.headers[column]) if column < len(unit.headers) else "" for column in columns]
    cells = [plain(unit.cells[column]) for column in columns]
    facts = [read(f"{unit.label}; {header}; {cell}") for header, cell in zip(headers, cells, strict=True)]
    return Source(
        unit,
        read("; ".join((unit.label, *headers, *cells))),
        tuple(facts),
        _scope(unit, known, firm),
        label=read(unit.label),
        headers=tuple(map(read, headers)),
        cells=tuple(map(read, cells)),
        rows=tuple(rows),
    )


def _scope(unit: Unit, known: tuple[str, ...], firm: str) -> tuple[Clause, ...]:
    """From the nearest: the heading, the document's title, its date."""
    dated = f"{unit.dated.day} {unit.dated:%B %Y}" if unit.dated else ""
    return tuple(
        clause(text, known, firm) for text in (*unit.headers[:1], unit.heading, unit.title, dated) if text
    )
