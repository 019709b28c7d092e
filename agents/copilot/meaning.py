"""What a statement may not change of its source, read once from `meaning.yaml`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from agents.data_files import read_yaml
from ingestion.words import stem


class Pole(BaseModel):
    """One end of an axis: the pattern that says it, and what else in a source bears it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    axis: str
    pole: str
    says: str
    borne_by: str


class Beside(BaseModel):
    """Patterns of a bound, for the text right before a figure and right after it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: str
    after: str


class Meaning(BaseModel):
    """Schema of `meaning.yaml`; an unknown key is an error. Strings are regular expressions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alike: list[list[str]]
    """Words and phrases that may stand for each other."""
    glue: list[str]
    """Words that a statement may add."""
    negators: list[str]
    free: str
    """What says that there is no charge."""
    parties: dict[str, list[str]]
    """Those who act, and the words for each."""
    poles: list[Pole]
    may: str
    """What turns a duty into a choice."""
    hedged: str
    """What says that a figure is not exact."""
    no_names: list[str]
    """Words that may begin a sentence before a number without making a name of it."""
    lower: Beside
    upper: Beside
    lower_words: str
    upper_words: str
    """What bears a bound anywhere in a row or a sentence."""
    rate: str
    """What a figure is counted by: "a month", "per user"."""
    strict: str
    """Addresses, telephone numbers and document numbers: to be copied to the letter."""
    direction: str
    """Words that give the order of two things a meaning."""


@cache
def meaning() -> Meaning:
    """The tables."""
    text = (files("agents.copilot") / "meaning.yaml").read_text(encoding="utf-8")
    return Meaning.model_validate(read_yaml(text))


@cache
def words_alike() -> dict[str, str]:
    """Stems of single words, and the stem that stands for all of their group."""
    return {
        stem(word): stem(group[0])
        for group in meaning().alike
        for word in group
        if " " not in word and "-" not in word
    }


@cache
def phrases_alike() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Phrases of more than one word, and the word to put in their place."""
    return tuple(
        (re.compile(rf"\b{re.escape(phrase)}\b", re.IGNORECASE), group[0])
        for group in meaning().alike
        for phrase in group[1:]
        if " " in phrase
    )


@cache
def glue_stems() -> frozenset[str]:
    """The stems of `glue`."""
    return frozenset(stem(word) for word in meaning().glue)


@cache
def pattern_of(name: str) -> re.Pattern[str]:
    """One of the tables' patterns, compiled."""
    return re.compile(getattr(meaning(), name), re.IGNORECASE)


@cache
def party_of(word: str) -> str:
    """Who a word stands for, or ""."""
    return next((party for party, words in meaning().parties.items() if word in words), "")
