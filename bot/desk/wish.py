"""What a person wants who writes where no call is: a certain customer, any call, or something else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.customer.state import Difficulty

_CALL = re.compile(
    r"\b(?:rehearse|rehearsal|role[\s-]?play|practi[cs]e|start (?:a|the|my|another) call|new call"
    r"|call (?:with|to))\b",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\W*(?:hi|hello|hey|good (?:morning|afternoon|evening)|help|start)\b[\w\s]{0,12}\W*", re.I
)
_WORD = re.compile(r"[^\W_]+")
_DIFFICULTY = re.compile(rf"\b({'|'.join(Difficulty)})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Wish:
    """`persona` is empty where she named none."""

    persona: str = ""
    difficulty: Difficulty = Difficulty.NORMAL
    wants_call: bool = False
    greets: bool = False


def wish_of(text: str, cards: Sequence[Mapping[str, Any]]) -> Wish:
    """Read from plain words; `cards` are the customers there are. A whole name is enough; part of one only
    beside words that ask for a call."""
    wants_call = bool(_CALL.search(text))
    found = _DIFFICULTY.search(text)
    difficulty = Difficulty(found.group().lower()) if found else Difficulty.NORMAL
    persona = _named(text, cards, by_part=wants_call)
    greets = bool(_GREETING.fullmatch(text))
    return Wish(persona, difficulty, wants_call or bool(persona), greets)


def _named(text: str, cards: Sequence[Mapping[str, Any]], *, by_part: bool) -> str:
    words = _words(text)
    whole = [card for card in cards if _in(words, str(card["name"])) or _in(words, str(card["id"]))]
    if len(whole) == 1:
        return str(whole[0]["id"])
    if whole or not by_part:
        return ""
    partly = [card for card in cards if any(_in(words, part) for part in str(card["name"]).split())]
    return str(partly[0]["id"]) if len(partly) == 1 else ""


def _in(words: str, name: str) -> bool:
    return _words(name) in words


def _words(text: str) -> str:
    """Its words with a space around each, so that a word is only found whole."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
