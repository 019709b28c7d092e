"""A call as a file has it: who said what, in the file's own labels, before it is known who sells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


class CallsNotReadable(Exception):
    """A file as a whole cannot be used; the sentence says which, why and what to do."""


@dataclass(frozen=True)
class Columns:
    """What a file calls its columns or keys, where the names are not among the usual; see vocabulary.yaml."""

    call: str | None = None
    speaker: str | None = None
    text: str | None = None
    time: str | None = None
    transcript: str | None = None
    """Of whole calls, one a row."""
    outcome: str | None = None


@dataclass(frozen=True)
class Utterance:
    """One stretch of words by one speaker."""

    labels: tuple[str, ...]
    """What the speaker is called: a role, a name, a number. Any of them may be given as the seller's."""
    text: str
    start: float | None = None
    """Grows with time within a call, in whatever unit; None where the file does not say."""


@dataclass(frozen=True)
class Draft:
    """One call of a file."""

    line: int
    utterances: tuple[Utterance, ...]
    call: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class BadRow:
    """A row that is no call and no turn."""

    line: int
    reason: str
    loses_turns: bool = False
    """It stood among the turns of a call."""
    call: str | None = None


@dataclass(frozen=True)
class TurnRow:
    """One turn on a row of its own."""

    line: int
    utterance: Utterance
    call: str | None = None
    outcome: str | None = None


Row = Draft | TurnRow | BadRow


def whole(rows: Iterable[Row]) -> Iterator[Draft | BadRow]:
    """Calls, with those whose turns stand on rows of their own put together by their id.

    Turns of one call may stand anywhere, so they are held until the end; whole calls pass straight through.
    A call of which a row is bad is not used: a turn would answer what is no longer there.
    """
    turns: dict[str | None, list[TurnRow]] = {}
    holes: dict[str | None, int] = {}
    before: list[str | None] = []
    unplaced: int | None = None
    for row in rows:
        match row:
            case TurnRow():
                turns.setdefault(row.call, []).append(row)
                before = [row.call]
                # A row that does not say whose it is was of the call before it or of the one behind.
                if unplaced is not None:
                    holes[row.call], unplaced = unplaced, None
            case BadRow(loses_turns=True):
                holes.update(dict.fromkeys([row.call] if row.call else before, row.line))
                unplaced = None if row.call else row.line
                yield row
            case _:
                yield row
    for call, parts in turns.items():
        if call in holes:
            reason = f"Line {holes[call]}, which may be one of its turns, cannot be read. Mend that line."
            yield BadRow(parts[0].line, reason)
            continue
        outcome = next((part.outcome for part in reversed(parts) if part.outcome), None)
        yield Draft(parts[0].line, tuple(part.utterance for part in parts), call, outcome)
