"""A turn cut into sentences, so that the engine gets what it was trained on, and put together again."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

_FILE = Path(__file__).parent / "sentences.yaml"

_END = re.compile(r"(?:[.!?…]+[\"'”’)\]]*(?=\s)|\n)\s*")
_LAST_WORD = re.compile(r"(\w+)\.$")


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    abbreviations: frozenset[str]


@cache
def _abbreviations() -> frozenset[str]:
    return _Rules.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8"))).abbreviations


def split(turn: str) -> list[str]:
    """Pieces that joined are the turn again, each a sentence with the white space that follows it.

    A full stop ends one only before white space and a word that may begin a sentence: not in "R$ 1.250,00",
    not after "Sr." or an initial, and not before a small letter.
    """
    pieces: list[str] = []
    start = 0
    for match in _END.finditer(turn):
        if match.end() < len(turn) and _ends(turn[start : match.end()], turn[match.end() :]):
            pieces.append(turn[start : match.end()])
            start = match.end()
    if start < len(turn):
        pieces.append(turn[start:])
    return pieces


def _ends(sentence: str, following: str) -> bool:
    said = sentence.rstrip()
    if "\n" in sentence[len(said) :]:
        return True
    last = _LAST_WORD.search(said)
    if last and (last[1].lower() in _abbreviations() or (len(last[1]) == 1 and last[1].isupper())):
        return False
    return not (said.endswith((".", "…")) and following[:1].islower())
