"""Things and their names in a question, by the small words around them (`follow_ups.yaml`)."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from agents.data_files import read_yaml
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PHRASE = 5
"""Words of a noun phrase at most."""


class FollowUps(BaseModel):
    """Schema of `follow_ups.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    openings: list[str]
    question_words: list[str]
    prepositions: list[str]
    comparisons: list[str]
    conditions: list[str]
    things: list[str]
    owners: list[str]
    said: list[str]
    determiners: list[str]
    verbs: list[str]
    attributes: list[str]


def last_phrase(text: str) -> str:
    """The last thing in the text that has an article or stands after a preposition, without either."""
    starts = small_word_pattern("determiners", r"\b(?:{})\s+").finditer(text)
    for start in reversed(list(starts)):
        if phrase := phrase_of(text[start.end() :].split()):
            return " ".join(phrase).strip(" ?!.,")
    return ""


def phrase_of(words: Sequence[str]) -> list[str]:
    """The words up to a verb, a preposition or the end."""
    phrase: list[str] = []
    ends = {
        *small_words().verbs,
        *small_words().prepositions,
        *small_words().conditions,
        *small_words().question_words,
    }
    for word in words[:PHRASE]:
        if word.lower().strip("?!.,") in ends and (phrase or word.lower() not in small_words().determiners):
            break
        phrase.append(word)
        if word.endswith((",", ".", "?", "!")):
            break
    return phrase


def begins_with_place(text: str) -> bool:
    return bool(small_word_pattern("prepositions", r"^(?:{})\b").match(text))


def points_back(word: str) -> bool:
    return word.lower().strip("?!.,") in {*small_words().things, *small_words().said}


def without_determiner(phrase: str) -> str:
    return small_word_pattern("determiners", r"^(?:{})\s+").sub("", phrase)


def only_of(text: str, words: Iterable[str]) -> bool:
    """Whether the text's content words are all among `words`, and there are any."""
    stems = set(content_stems(text))
    return bool(stems) and stems <= {stem for word in words for stem in content_stems(word)}


@cache
def small_words() -> FollowUps:
    path = files("agents.copilot") / "follow_ups.yaml"
    return FollowUps.model_validate(read_yaml(path.read_text(encoding="utf-8")))


@cache
def small_word_pattern(group: str, shape: str) -> re.Pattern[str]:
    """`shape` with one of the word groups in its braces, the longest first."""
    alternatives = "|".join(sorted(getattr(small_words(), group), key=len, reverse=True))
    return re.compile(shape.replace("{}", alternatives), re.IGNORECASE)
