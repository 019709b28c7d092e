"""A turn cut into sentences, so that the engine gets what it was trained on, and put together again."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from finetune.translate.spoken import words

_FILE = Path(__file__).parent / "sentences.yaml"

_END = re.compile(r"(?:[.!?…]+[\"'”’)\]]*(?=\s)|\n)\s*")
_LAST_WORD = re.compile(r"(\w+)\.$")
_WORD = re.compile(r"\S+")
_FIGURE_OR_NAME = re.compile(r"[\d$€£%]|^\W*[^\W\d_a-zà-ÿ]")


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    abbreviations: frozenset[str]
    most_words: int = Field(ge=10)
    before: frozenset[str]
    never_beside: frozenset[str]


@cache
def _rules() -> _Rules:
    return _Rules.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def split(turn: str) -> list[str]:
    """Pieces that joined are the turn again, each a sentence with the white space that follows it.

    A full stop ends one only before white space and a word that may begin a sentence: not in "R$ 1.250,00",
    not after "Sr." or an initial, and not before a small letter. What runs on without one is cut too.
    """
    pieces: list[str] = []
    start = 0
    for match in _END.finditer(turn):
        if match.end() < len(turn) and _ends(turn[start : match.end()], turn[match.end() :]):
            pieces.append(turn[start : match.end()])
            start = match.end()
    if start < len(turn):
        pieces.append(turn[start:])
    return [part for piece in pieces for part in _cut(piece)]


def _ends(sentence: str, following: str) -> bool:
    said = sentence.rstrip()
    if "\n" in sentence[len(said) :]:
        return True
    last = _LAST_WORD.search(said)
    if last and (last[1].lower() in _rules().abbreviations or (len(last[1]) == 1 and last[1].isupper())):
        return False
    return not (said.endswith((".", "…")) and following[:1].islower())


def _cut(sentence: str) -> list[str]:
    """A sentence of too many words in parts of at most so many, unless it has no place to cut."""
    most = _rules().most_words
    found = list(_WORD.finditer(sentence))
    places = [0, *(_worth(one[0], other[0]) for one, other in pairwise(found))]
    cuts = [0]
    at = 0
    while len(found) - at > most:
        near = range(at + most // 3, at + most + 1)
        best = max(near, key=lambda n: (places[n], n))
        if not places[best]:
            # No place near: the next there is, far on.
            best = next((n for n in range(at + most + 1, len(found)) if places[n]), 0)
            if not best:
                break
        cuts.append(found[best].start())
        at = best
    return [sentence[start:end] for start, end in pairwise([*cuts, len(sentence)])]


def _worth(before: str, after: str) -> int:
    """How good a place between two words is for a cut; 0: none."""
    rules = _rules()
    beside = {word.rstrip(",;").lower() for word in (before, after)}
    if beside & (rules.never_beside | _number_words()):
        return 0
    if any(_FIGURE_OR_NAME.search(word) for word in (before, after)):
        return 0
    if before.endswith((",", ";")):
        return 3
    return 2 if after.lower() in rules.before else 1


@cache
def _number_words() -> frozenset[str]:
    known = words()
    numbers = {*known.units, *known.scales, *known.halves, *known.currencies, *known.cents}
    return frozenset(numbers - {*known.never_alone})
