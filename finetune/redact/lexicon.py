"""Lists and cues that the recognisers go by, read from the YAML files here and checked."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

HERE = Path(__file__).parent
LANGUAGES = ("en", "pt")


def plain(text: str) -> str:
    """Lower case and without accents, one character for each: "João" and "joao" are one name.

    Positions are kept, so that what is found in the plain text can be cut from the text itself.
    """
    return "".join(_plain_letter(letter) for letter in text)


@cache
def _plain_letter(letter: str) -> str:
    bare = unicodedata.normalize("NFD", letter)[0].lower()
    return bare if len(bare) == 1 else letter


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _words(value: object) -> object:
    return frozenset(plain(value).split()) if isinstance(value, str) else value


class Names(_Data):
    """`names.yaml`; every word plain."""

    female: frozenset[str]
    male: frozenset[str]
    either: frozenset[str]
    surnames: frozenset[str]
    also_words: frozenset[str]
    particles: frozenset[str]

    _split = field_validator("*", mode="before")(_words)

    @property
    def first(self) -> frozenset[str]:
        return self.female | self.male | self.either


class Pool(_Data):
    """Names that stand in for real ones, spelled as they are to be read."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    surname: tuple[str, ...]

    @field_validator("*", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value


class Surrogates(_Data):
    """`surrogates.yaml`."""

    names: Pool
    names_en: Pool
    streets: dict[str, tuple[str, ...]]
    mail_hosts: tuple[str, ...]

    def pool(self, language: str) -> Pool:
        return self.names_en if language == "en" else self.names


class Kind(_Data):
    """A kind of number: the words that announce it, and how many digits it may have."""

    cues: tuple[str, ...]
    fewest: int
    most: int


class Lexicon(_Data):
    """`lexicon.LANGUAGE.yaml`; see there for what each list is for."""

    said: tuple[str, ...]
    digits: dict[str, str]
    teens: dict[str, str]
    tens: dict[str, str]
    hundreds: dict[str, str]
    hundred: frozenset[str]
    repeats: dict[str, int]
    joiner: str
    fillers: frozenset[str]
    marks: frozenset[str]
    acknowledgements: frozenset[str]
    units: frozenset[str]
    money_before: frozenset[str]
    multipliers: frozenset[str]
    kinds: dict[str, Kind]
    months: frozenset[str]
    birth_cues: tuple[str, ...]
    spoken_date: str
    address: tuple[str, ...]
    codes: dict[str, str]
    at: frozenset[str]
    dot: frozenset[str]
    mail_marks: dict[str, str]
    spelling_cues: tuple[str, ...]
    as_in: frozenset[str]
    not_names: frozenset[str]
    acronyms: frozenset[str]
    company_words: frozenset[str]
    brands: frozenset[str]
    saints: frozenset[str]
    places_after: frozenset[str]
    titles_female: frozenset[str]
    titles_male: frozenset[str]
    titles_either: frozenset[str]
    surname_after_title: bool
    strong_cues: tuple[str, ...]
    weak_cues: tuple[str, ...]
    list_cues: tuple[str, ...]
    cues_after: tuple[str, ...]
    name_questions: tuple[str, ...]

    @field_validator(
        "hundred",
        "fillers",
        "marks",
        "acknowledgements",
        "units",
        "money_before",
        "multipliers",
        "months",
        "at",
        "dot",
        "as_in",
        "not_names",
        "acronyms",
        "company_words",
        "brands",
        "saints",
        "places_after",
        "titles_female",
        "titles_male",
        "titles_either",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return _words(value)

    @property
    def titles(self) -> frozenset[str]:
        return self.titles_female | self.titles_male | self.titles_either


def _read(name: str) -> Any:
    return yaml.load((HERE / name).read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def names() -> Names:
    return Names.model_validate(_read("names.yaml"))


@cache
def surrogates() -> Surrogates:
    return Surrogates.model_validate(_read("surrogates.yaml"))


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of one of LANGUAGES."""
    return Lexicon.model_validate(_read(f"lexicon.{language}.yaml"))
