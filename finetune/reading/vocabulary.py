"""The names that exports use, read from `vocabulary.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

APART = re.compile(r"[\s_\-]+")


class ColumnNames(BaseModel):
    """Names of columns and keys by what they hold, likeliest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: tuple[str, ...]
    speaker: tuple[str, ...]
    text: tuple[str, ...]
    transcript: tuple[str, ...]
    time: tuple[str, ...]
    outcome: tuple[str, ...]


class Vocabulary(BaseModel):
    """`vocabulary.yaml`; see there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: ColumnNames
    whole_calls: frozenset[str]
    turns: tuple[str, ...]
    calls: tuple[str, ...]
    parts: tuple[str, ...]
    people: tuple[str, ...]
    not_spoken: frozenset[str]
    not_turns: frozenset[str]
    roles: frozenset[str]
    markers: tuple[str, ...]


@lru_cache(maxsize=4096)
def same(name: str) -> str:
    """A label, column or key as it is compared: no case, blanks like "_" and "-", no colon behind."""
    return APART.sub(" ", name.casefold()).strip(" :")


def first_of(names: Iterable[str], there: Iterable[str]) -> str | None:
    """The spelling in `there` of the first of `names` that is there."""
    return next(iter(all_of(tuple(names), tuple(there))), None)


@lru_cache(maxsize=4096)
def all_of(names: tuple[str, ...], there: tuple[str, ...]) -> tuple[str, ...]:
    """The spellings in `there` of those of `names` that are there, in the order of `names`."""
    spelt: dict[str, str] = {}
    for name in there:
        spelt.setdefault(same(name), name)
    return tuple(dict.fromkeys(spelt[same(name)] for name in names if same(name) in spelt))


@cache
def vocabulary() -> Vocabulary:
    """The file, read once."""
    path = Path(__file__).with_name("vocabulary.yaml")
    return Vocabulary.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
