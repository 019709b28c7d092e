"""A question that leans on the talk before it, made to stand alone: "and for adventurous?", "who signs it?".

Rules of ordinary English, for when no model rewrites. Two ways to lean are told apart:

- a part of a question takes the place of its like in the question before (`swaps.py`): "what does Flow cost"
  and then "and Flow Plus?" asks what Flow Plus costs;
- a whole question points back with a word, which gives way to what it means: "how long is it" on "the pilot".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.copilot.facts import names
from agents.copilot.lexicon import filler_stems
from agents.copilot.phrases import (
    begins_with_place,
    last_phrase,
    only_of,
    small_word_pattern,
    small_words,
)
from agents.copilot.small_talk import is_small_talk
from agents.copilot.swaps import SWAPS
from ingestion.words import content_stems, stop_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.result import Turn

STANDS_ALONE = 3
"""A question of so many content words needs none from the one before, though it begins with "and"."""
FRAGMENT = 4
"""Content words of "and for …?" at most; more say what they ask."""
LOOKS_BACK = 8
"""Turns: what was spoken of before that is not what "it" means."""


@dataclass(frozen=True)
class Before:
    """What a follow-up may lean on: what was last asked or said, standing alone, and the copilot's answer."""

    said: str = ""
    answer: str = ""

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> Before:
        """The talk, oldest first, each question understood from those before it."""
        before = cls()
        for turn in turns[-LOOKS_BACK:]:
            text = " ".join(turn.text.split())
            if turn.role == "copilot":
                before = cls(before.said, re.sub(r"\s*\[\d+\]", "", text))
            elif content_stems(text) and not is_small_talk(text):
                before = cls(stand_alone(text, before))
        return before


def stand_alone(part: str, before: Before) -> str:
    """The question with what it leans on; unchanged when it leans on nothing, or nothing was said before."""
    if not before.said:
        return part
    opening = small_word_pattern("openings", r"^(?:{})\b[,:]?\s*").match(part)
    rest = part[opening.end() :] if opening else part
    asks = small_word_pattern("question_words", r"^((?:since|until|from|by|for)\s+)?(?:{})\b").match(rest)
    stems = content_stems(rest)
    if not asks and (opening or len(stems) < 2 or begins_with_place(rest)):
        return _instead(rest, before) if len(stems) <= FRAGMENT else part
    says_little = len(stems) < STANDS_ALONE and bool(opening or (asks and asks[1]))
    return part if names(rest) else _pointing(rest, before, says_little=says_little) or part


def _instead(fragment: str, before: Before) -> str:
    """The earlier question with `fragment` in it."""
    fragment = _figure_for_that(fragment.strip(" ?!."), before)
    earlier = before.said.rstrip(" ?!.")
    if small_word_pattern("conditions", r"^(?:{})\b").match(fragment):
        clause = small_word_pattern("conditions", r"\s(?:{})\b.*$").search(earlier)
        return f"{earlier[: clause.start()] if clause else earlier} {fragment}?"
    if only_of(fragment, small_words().attributes):
        return f"{fragment} of {_topic(before) or earlier}?"
    for swap in SWAPS:
        if swapped := swap(fragment, earlier):
            return f"{swapped}?"
    return f"{earlier} {fragment}?"


def _figure_for_that(fragment: str, before: Before) -> str:
    """ "over that": the figure in the answer, or else in the question."""
    points = re.match(
        rf"({'|'.join(small_words().comparisons)})\s+(?:that|this|it)\b", fragment, re.IGNORECASE
    )
    for text in (before.answer, before.said):
        if points and (found := re.search(r"[£$€]?\d[\d,]*(?:\.\d+)?\s?(?:%|k\b|kg\b|[a-z]+)?", text)):
            return f"{points[1]} {found.group().strip()}{fragment[points.end() :]}"
    return fragment


def _pointing(question: str, before: Before, *, says_little: bool) -> str:
    """The question with what its pointing word means; "" when it has none and says enough."""
    words, topic = small_words(), _topic(before)
    owner = re.search(rf"\b(?:{'|'.join(words.owners)})\b(?=\s+\w)", question, re.IGNORECASE)
    thing = re.search(rf"\b(?:the\s+)?(?:{'|'.join(words.things)})\b(?!\s+of\b)", question, re.IGNORECASE)
    if topic and content_stems(question) and (back := owner or thing):
        meant = f"{topic}'s" if owner else topic
        return f"{question[: back.start()]}{meant}{question[back.end() :]}"
    if thing or owner or not content_stems(question) or _points_to_talk(question):
        return _with(question, before.said)
    return _with(question, topic or before.said) if says_little else ""


def _points_to_talk(question: str) -> bool:
    return bool(small_word_pattern("said", r"\b(?:{})\b").search(question))


def _topic(before: Before) -> str:
    """The thing spoken of: whom the answer to a "who" or "which" names, else what the question names."""
    if re.match(r"(?:who|which)\b", before.said, re.IGNORECASE) and (told := names(f"is {before.answer}")):
        return told[0]
    phrase, known = last_phrase(before.said), names(before.said)
    if known and known[-1] not in phrase:
        return known[-1]
    return f"the {phrase}" if phrase else ""


def _with(question: str, lender: str) -> str:
    """The question, and in brackets the content words of `lender` that it lacks."""
    own = set(content_stems(question)) | filler_stems()
    lent = [
        word
        for word in re.findall(r"[\w£%'-]+", lender)
        if word.lower() not in stop_words() and not set(content_stems(word)) & own
    ]
    return f"{question.rstrip('?')} ({' '.join(dict.fromkeys(lent))})?" if lent else question
