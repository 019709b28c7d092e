"""A preparation on its way: what was asked for, which calls are left, and what the report will say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from finetune.calls import Place, RecordedCall, Rejected
from finetune.recipe import Recipe
from finetune.report import TranslationFault


class NothingToPrepare(Exception):
    """No call is left to train on; the sentence says why and what to do."""


@dataclass(frozen=True)
class Asked:
    """What to prepare, and how."""

    calls: tuple[str, ...]
    """Paths, addresses and wildcards."""
    seller: str
    out: str
    valid_calls: tuple[str, ...] = ()
    """Where the data come split: all of these are held out, and none of `calls`."""
    translate: str = "offline"
    language: str | None = None
    """Of the calls that are not in English; found out call by call when None."""
    redact: bool = True
    valid: float = 0.1
    seed: int = 0
    rehearsed: int = 0
    """So many examples of rehearsed calls are mixed into the training set."""
    recipe: Recipe = field(default_factory=Recipe)
    price_per_million_tokens: float | None = None
    """For training, in whatever currency; None: no amount is estimated."""


@dataclass(frozen=True)
class Kept:
    """A call on its way."""

    call: RecordedCall
    language: str
    """It was held in."""
    held_out: bool = False
    translated: bool = False
    pseudonyms: tuple[str, ...] = ()


@dataclass
class Tally:
    """What the report will say."""

    rows: int = 0
    places: dict[str, Place] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    redactions: Counter[str] = field(default_factory=Counter)
    faults: list[TranslationFault] = field(default_factory=list)

    def leave_out(self, call: str, reason: str) -> None:
        """The call is no longer among those that are kept."""
        place = self.places[call]
        self.rejected.append(Rejected(place.source, place.line, reason))

    def none_left(self) -> str:
        """Why there is nothing to train on."""
        if not self.rejected:
            return (
                "There is no call to train on: the files hold none. Give --calls a file with recorded calls."
            )
        return f"None of {self.rows} rows can be used. The first, {self._first()}"

    def left_out(self) -> str:
        """A sentence to follow another one; empty where nothing was."""
        if not self.rejected:
            return ""
        return f" {len(self.rejected)} of {self.rows} rows were left out, the first, {self._first()}"

    def _first(self) -> str:
        first = self.rejected[0]
        return f"{first.source} line {first.line}: {first.reason}"


Watch = Callable[[Sequence[Any], str], Iterable[Any]]
"""Goes through the items and shows how far it is; the text says what is being done."""


def unwatched(items: Sequence[Any], doing: str) -> Iterable[Any]:
    """Shows nothing."""
    return items
