"""Sales slang put into words that the engine translates well, before it sees them. Data: `glossary.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

_FILE = Path(__file__).parent / "glossary.yaml"


class Term(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    said: str = Field(min_length=1, description="A regular expression for whole words.")
    instead: str = Field(description="Plainer Portuguese, or the English that the engine leaves as it is.")


class Glossary(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    terms: tuple[Term, ...]


@cache
def _terms() -> tuple[tuple[re.Pattern[str], str], ...]:
    read = Glossary.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
    return tuple(
        (re.compile(rf"(?<!\w)(?:{term.said})(?!\w)", re.IGNORECASE), term.instead) for term in read.terms
    )


def in_plain_words(sentence: str, untouched: Iterable[tuple[int, int]] = ()) -> str:
    """The sentence with slang replaced; a capital at the start of what is replaced is kept.

    `untouched` are the stretches, in order, that stay whatever they look like: names and addresses.
    """
    out: list[str] = []
    end = 0
    for start, stop in (*untouched, (len(sentence), len(sentence))):
        out += [_replaced(sentence[end:start]), sentence[start:stop]]
        end = stop
    return "".join(out)


def _replaced(words: str) -> str:
    for pattern, instead in _terms():
        words = pattern.sub(partial(_as_written, instead=instead), words)
    return words


def _as_written(match: re.Match[str], instead: str) -> str:
    words = match.expand(instead)
    return words[:1].upper() + words[1:] if match[0][:1].isupper() else words
