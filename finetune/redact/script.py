"""A call as one text, so that what is found may look back to what the other side asked; and back to turns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from finetune.calls import RecordedCall
from finetune.redact.lexicon import plain

BETWEEN = "\n"


@dataclass(frozen=True)
class Edit:
    """These characters of the script are to read otherwise."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Script:
    """The turns, one a line. A line break inside a turn is a space here, so positions are the turns' own."""

    turns: tuple[str, ...]

    @classmethod
    def of(cls, call: RecordedCall) -> Script:
        return cls(tuple(turn.text.replace(BETWEEN, " ") for turn in call.turns))

    @cached_property
    def text(self) -> str:
        return BETWEEN.join(self.turns)

    @cached_property
    def plain(self) -> str:
        """The text in lower case without accents, position by position."""
        return plain(self.text)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each turn starts."""
        starts, here = [], 0
        for turn in self.turns:
            starts.append(here)
            here += len(turn) + len(BETWEEN)
        return tuple(starts)

    def turn_at(self, position: int) -> int:
        return bisect_right(self.starts, position) - 1

    def edited(self, call: RecordedCall, edits: Iterable[Edit]) -> RecordedCall:
        """The call with the edits made; they do not overlap and none reaches over a turn's end."""
        texts = [turn.text for turn in call.turns]
        for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
            n = self.turn_at(edit.start)
            at = self.starts[n]
            texts[n] = texts[n][: edit.start - at] + edit.text + texts[n][edit.end - at :]
        turns = tuple(
            turn if turn.text == text else turn.model_copy(update={"text": text})
            for turn, text in zip(call.turns, texts, strict=True)
        )
        return call.model_copy(update={"turns": turns})
