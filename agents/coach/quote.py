"""Quotes: always the rep's own words, exactly as they stand in the turn."""

from __future__ import annotations

import re

from agents.coach.call import CallTurn
from agents.customer.acts import RepAct
from agents.customer.listening.text import clean

FEWEST_WORDS = 2
"""A single word proves nothing, unless it was all the rep said."""
LONGEST_QUOTE = 220
"""Characters; a longer sentence is quoted from its start to a word's end."""
SEARCHED = 20_000
"""Characters of a turn in which a cleaned sentence is looked for; beyond it the turn's start is quoted."""

_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]”’]*(?:\s+|$)|\n+")


def quote(text: str, sentence: str) -> str:
    """The sentence of `text` that was listened to as `sentence`; the start of the text where it is not found.

    Listening drops what a voice cannot carry, makes typographic quotes plain and splits long sentences, so a
    sentence as heard need not stand in the text as it is.
    """
    searched = text[:SEARCHED]
    found = _place(searched, sentence)
    if found is None:
        return shortened(text.strip())
    start, end = _whole_sentence(searched, *found)
    if end - start > LONGEST_QUOTE:
        start, end = found
    said = text[start:end].strip()
    return shortened(said if len(said.split()) >= FEWEST_WORDS else text.strip())


def quote_of(turn: CallTurn, *acts: RepAct) -> str:
    """The sentence in which the rep did one of these most surely; else the whole turn."""
    done = [heard for heard in turn.appraisal.acts if heard.act in acts]
    if not done:
        return shortened(turn.text.strip())
    return quote(turn.text, max(done, key=lambda heard: heard.confidence).sentence)


def shortened(text: str) -> str:
    """The text, or its start up to a word's end."""
    if len(text) <= LONGEST_QUOTE:
        return text
    cut = text[:LONGEST_QUOTE]
    return cut.rsplit(maxsplit=1)[0] if " " in cut else cut


def _place(text: str, sentence: str) -> tuple[int, int] | None:
    """From where to where the text, once cleaned, holds the sentence."""
    if not sentence:
        return None
    if (start := text.find(sentence)) >= 0:
        return start, start + len(sentence)
    kept = [(place, _as_heard(character)) for place, character in enumerate(text)]
    kept = [(place, character) for place, character in kept if character]
    wanted = "".join(filter(None, map(_as_heard, sentence)))
    start = "".join(character for _, character in kept).find(wanted) if wanted else -1
    return None if start < 0 else (kept[start][0], kept[start + len(wanted) - 1][0] + 1)


def _whole_sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The same place, widened to the sentence around it."""
    before = [match.end() for match in _SENTENCE_END.finditer(text, 0, start)]
    after = _SENTENCE_END.search(text, max(start, end - 1))
    return (before[-1] if before else 0), (after.end() if after else len(text))


def _as_heard(character: str) -> str:
    return " " if character.isspace() else clean(character)
