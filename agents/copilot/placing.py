"""Which cell of a row or clause of a sentence a statement speaks of, and whether another fits it better."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agents.copilot.clauses import clause
from ingestion.sentences import plain

if TYPE_CHECKING:
    from agents.copilot.clauses import Clause
    from agents.copilot.sources import Source, Sources


def overlap(one: Clause, other: Clause) -> float:
    """How much two clauses have in common: a name, a figure or a date counts for two words."""
    numbers = {figure.value for figure in one.figures} & {figure.value for figure in other.figures}
    return len(one.words & other.words) + 2 * (
        len(set(one.names) & set(other.names)) + len(numbers) + len(one.days & other.days)
    )


def columns_meant(said: Clause, source: Source) -> tuple[int, ...]:
    """The columns of a row, from 0 at the first after the label, that a statement speaks of.

    Those whose value it gives, if it gives one; else those whose header it names; none when it does neither.
    """
    beyond = _without(said, source.label or said)
    given = [
        column
        for column, cell in enumerate(source.cells)
        if overlap(beyond, cell) > 0 and not _mere_header(beyond, cell, source.headers[column])
    ]
    if given:
        best = max(_share(beyond, source.cells[column]) for column in given)
        given = [column for column in given if _share(beyond, source.cells[column]) >= 0.5 * best]
        return tuple(column for column in given if not _outdone(column, beyond, source))
    if beyond.figures:
        return ()
    if len(source.headers) == 1:
        return (0,)
    named = {column: overlap(beyond, header) for column, header in enumerate(source.headers)}
    most = max(named.values(), default=0)
    if (
        said.parties
        - (source.label or said).parties
        - {party for one in source.headers for party in one.parties}
    ):
        return ()  # somebody is named as a value, and in no column that was asked for
    return tuple(column for column, shared in named.items() if shared == most and most > 0)


def other_row_fits(said: Clause, source: Source, columns: tuple[int, ...], sources: Sources) -> bool:
    """Whether another row of the table, with other values there, is named as well or better."""
    ours = _fit(said, source.label or said)
    for row in source.rows:
        if row.cells == source.unit.cells:
            continue
        label = clause(plain(row.cells[0]), sources.known, sources.firm)
        fit = _fit(said, label)
        for column in columns:
            cell = sources.read(plain(row.cells[column + 1])) if column + 1 < len(row.cells) else None
            if cell is None or cell.text == source.cells[column].text:
                continue
            if fit > max(ours, 0) or (fit == ours and _rivals(source.cells[column], cell)):
                return True
    return False


def misplaced_figure(said: Clause, source: Source) -> bool:
    """Whether a figure stands, in this sentence, beside something else than the statement says."""
    for figure in said.figures:
        homes = [fact for fact in source.facts if figure.value in {one.value for one in fact.figures}]
        units = {one.unit for home in homes for one in home.figures if one.value == figure.value} | {
            figure.unit
        }
        rivals = [
            fact
            for fact in source.facts
            if fact not in homes
            and any(one.unit in units or "" in {one.unit, *units} for one in fact.figures)
            and not {one.value for one in fact.figures if one.unit in units}
            & {one.value for one in said.figures}
        ]
        best = max((overlap(said, fact) - 2 for fact in homes), default=0)
        if any(overlap(said, rival) > best for rival in rivals):
            return True
    return False


def _rivals(one: Clause, other: Clause) -> bool:
    """Two cells of a column that cannot be told apart by what they count."""
    if one.text == other.text:
        return False
    units = {figure.unit for figure in one.figures}
    return not units or bool(units & {figure.unit for figure in other.figures})


def _outdone(column: int, said: Clause, source: Source) -> bool:
    """Whether another column with another value is named better; of two not named, the later wins."""
    ours = _named(said, source, column)
    for other, header in enumerate(source.headers):
        if other == column or source.cells[other].text == source.cells[column].text:
            continue
        theirs = _named(said, source, other)
        meant = {figure.unit for figure in source.cells[column].figures & said.figures}
        meant = meant or {figure.unit for figure in source.cells[column].figures}
        alike = meant & {figure.unit for figure in source.cells[other].figures}
        if not alike and theirs <= ours:
            continue
        if _share(said, source.cells[other]) >= 1 and source.cells[other].figures and theirs >= ours:
            continue  # the statement gives both values
        later = max(source.headers[column].days, default=None), max(header.days, default=None)
        is_later = later[0] is not None and later[1] is not None and later[0] > later[1]
        if theirs > ours or (theirs == ours and alike and not is_later):
            return True
    return False


def _named(said: Clause, source: Source, column: int) -> float:
    header = source.headers[column]
    titled = (
        any(set(header.names) & set(place.names) for place in source.scope[-2:]) if header.names else False
    )
    return overlap(said, header) + (0.5 if titled else 0)


def _fit(said: Clause, label: Clause) -> float:
    """Shared words less a little for what the label has beyond them."""
    shared = overlap(replace(said, words=said.claims), label)
    size = overlap(label, label)
    return shared - 0.1 * (size - shared) if size else 0.0


def _share(said: Clause, cell: Clause) -> float:
    size = overlap(cell, cell)
    return overlap(said, cell) / size if size else 0.0


def _mere_header(said: Clause, cell: Clause, header: Clause) -> bool:
    """Whether all that a statement shares with a cell is in its header already."""
    return not (
        (said.words & cell.words) - header.words
        or set(said.names) & set(cell.names) - set(header.names)
        or {figure.value for figure in said.figures} & {figure.value for figure in cell.figures}
        or said.days & cell.days
    )


def _without(said: Clause, label: Clause) -> Clause:
    """The statement without what names the row."""
    return replace(
        said,
        names=tuple(name for name in said.names if name not in label.names),
        words=said.words - label.words,
        figures=frozenset(
            figure for figure in said.figures if figure.value not in {one.value for one in label.figures}
        ),
    )
