"""The word lists of the copilot, read once from `lexicon.yaml`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from agents.data_files import read_yaml
from ingestion.words import stem


class Lexicon(BaseModel):
    """Schema of `lexicon.yaml`; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    synonyms: list[list[str]]
    """Words that ask for the same thing."""
    numbers: dict[str, int]
    """Spelled numbers."""
    units: dict[str, str]
    """A word after a number, and the unit it means."""
    unit_kinds: dict[str, str]
    """Units and the kind of answer they make: money, percent, duration."""
    asks: dict[str, list[str]]
    """Kinds of answer, and the patterns of a question that wants one."""
    kind_marks: dict[str, str]
    """Kinds of answer, and the pattern of a text that holds one beyond plain figures."""
    small_talk: list[str]
    """Patterns of a whole sentence with nothing in it to look up."""
    addressing: list[str]
    """Patterns at the start of a question that only call the copilot."""
    follow_up_opening: list[str]
    """Patterns at the start of a short question that goes on from the one before."""
    follow_up: list[str]
    """Patterns that show that a question leans on the one before."""
    question_words: list[str]
    """Patterns of the words that begin a question; what is asked for follows them."""
    says_none: list[str]
    """Patterns of a text that says there is none: "free", "no limit"."""
    points_away: list[str]
    """Patterns of a sentence that tells where else to look, or that nothing may be said."""
    replaced: list[str]
    """Patterns of a sentence that tells what a value was before."""
    since: list[str]
    """Patterns that stand before the date from which a value holds."""
    negations: list[str]
    """Words that turn a statement round."""
    filler: list[str]
    """Words of a question that no document needs to contain."""

    groups: dict[str, int] = Field(default_factory=dict)


@cache
def lexicon() -> Lexicon:
    """The lexicon, with the stems of its synonyms numbered by group."""
    words = Lexicon.model_validate(
        read_yaml((files("agents.copilot") / "lexicon.yaml").read_text(encoding="utf-8"))
    )
    groups = {stem(word): number for number, group in enumerate(words.synonyms) for word in group}
    return words.model_copy(update={"groups": groups})


@cache
def pattern(name: str) -> re.Pattern[str]:
    """One of the lexicon's pattern lists as a single expression."""
    return re.compile("|".join(f"(?:{one})" for one in getattr(lexicon(), name)), re.IGNORECASE)


def told(name: str, text: str) -> bool:
    """Whether one of the patterns of that list stands in the text."""
    return bool(pattern(name).search(text))


@cache
def filler_stems() -> frozenset[str]:
    """The stems of `filler`."""
    return frozenset(stem(word) for word in lexicon().filler)
