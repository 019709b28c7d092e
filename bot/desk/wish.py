"""What a person wants who writes where no call is: a certain customer, any call, or something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.customer.persona import Persona
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


def wish_of(text: str, personas: Sequence[Persona]) -> Wish:
    """Read from plain words. A whole name is enough; part of one only beside words that ask for a call."""
    wants_call = bool(_CALL.search(text))
    found = _DIFFICULTY.search(text)
    difficulty = Difficulty(found.group().lower()) if found else Difficulty.NORMAL
    persona = _named(text, personas, by_part=wants_call)
    greets = bool(_GREETING.fullmatch(text))
    return Wish(persona, difficulty, wants_call or bool(persona), greets)


def _named(text: str, personas: Sequence[Persona], *, by_part: bool) -> str:
    words = _words(text)
    whole = [one for one in personas if _in(words, one.name) or _in(words, one.id)]
    if len(whole) == 1:
        return whole[0].id
    if whole or not by_part:
        return ""
    partly = [one for one in personas if any(_in(words, part) for part in one.name.split())]
    return partly[0].id if len(partly) == 1 else ""


def _in(words: str, name: str) -> bool:
    return _words(name) in words


def _words(text: str) -> str:
    """Its words with a space around each, so that a word is only found whole."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
