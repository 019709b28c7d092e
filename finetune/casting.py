"""Casting: the persona of a recorded call.

Nothing is known of the customer but the call itself, so she is the general persona of `recorded.yaml` with a
name drawn by the call, a situation told by the seller's topic, and a manner of speech counted over her turns
(`casting.yaml`). None of her words goes into it: what the model is to say must not stand in what it is asked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from statistics import median

import yaml
from pydantic import BaseModel, ConfigDict, Field

from agents.customer import persona_files
from agents.customer.persona import Persona
from finetune.calls import RecordedCall

RECORDED = Path(__file__).parent / "recorded.yaml"
DATA = Path(__file__).parent / "casting.yaml"
OPENING_TURNS = 4
"""Seller's turns in which she says what she is calling about."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Part(BaseModel):
    """A part of `casting.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(Part):
    """Up to which figure this holds (none: any), and how to say it (not at all: nothing remarkable)."""

    most: float | None = None
    say: tuple[str, ...] = ()


class Topic(Part):
    words: frozenset[str]
    say: str


class Situations(Part):
    least: int
    otherwise: str
    topics: tuple[Topic, ...]


class Casting(Part):
    """`casting.yaml`."""

    names: tuple[str, ...] = Field(min_length=1)
    addressed: tuple[str, ...]
    manners: dict[str, tuple[Level, ...]]
    courtesies: frozenset[str]
    slang: frozenset[str]
    languages: dict[str, str]
    situations: Situations


def cast(call: RecordedCall, *, seed: int = 0, language: str = "en") -> Persona:
    """The persona of the call's customer; the same call and seed always give the same one."""
    made, data = template(), casting()
    said = [turn.text for turn in call.turns if turn.speaker == "customer"]
    heard = [turn.text for turn in call.turns if turn.speaker == "seller"]
    private = made.private.model_copy(
        update={"situation": _situation(data, heard), "style": _style(data, said, language)}
    )
    name = _addressed(data, heard) or data.names[call_seed(call.call, seed) % len(data.names)]
    return made.model_copy(update={"name": name, "private": private})


def _addressed(data: Casting, heard: Sequence[str]) -> str | None:
    """What the seller calls her at the start of the call."""
    for text in heard[:OPENING_TURNS]:
        for pattern in data.addressed:
            if found := re.search(pattern, text):
                return found["name"]
    return None


def call_seed(call: str, seed: int) -> int:
    """A number for the call, the same on every machine and whatever other calls there are."""
    return int.from_bytes(hashlib.sha256(f"{seed}\x00{call}".encode()).digest()[:6], "big")


@cache
def template() -> Persona:
    """`recorded.yaml`, read and checked once."""
    return persona_files.load(RECORDED)


@cache
def casting() -> Casting:
    """`casting.yaml`, read once."""
    return Casting.model_validate(yaml.safe_load(DATA.read_text(encoding="utf-8")))


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(text.casefold().replace("’", "'"))


def manner_figures(said: Sequence[str]) -> Mapping[str, float]:
    """What is counted over her turns; see `manners` in `casting.yaml`."""
    data = casting()
    turns = [(text.strip(), words_of(text)) for text in said if words_of(text)]
    if not turns:
        return {}
    lengths = [len(words) for _, words in turns]
    usual = median(lengths)
    all_words = [word for _, words in turns for word in words]

    def share(holds: Sequence[bool]) -> float:
        return sum(holds) / len(turns)

    informal = sum(word in data.slang or "'" in word for word in all_words)
    return {
        "length": usual,
        "evenness": max(lengths) / usual,
        "asking": share(["?" in text for text, _ in turns]),
        "capitals": share([text[0].islower() for text, _ in turns]),
        "stops": share([text[-1].isalnum() for text, _ in turns]),
        "excited": share(["!" in text for text, _ in turns]),
        "polite": share([not data.courtesies.isdisjoint(words) for _, words in turns]),
        "formal": 100 * informal / len(all_words),
    }


def _style(data: Casting, said: Sequence[str], language: str) -> str:
    own = {word for text in said for word in words_of(text)} - function_words()
    figures = manner_figures(said)
    sentences = [] if language == "en" else [data.languages.get(language, data.languages["other"])]
    for name, levels in data.manners.items():
        if name in figures:
            level = next(one for one in levels if one.most is None or figures[name] <= one.most)
            sentences += [wording for wording in level.say if own.isdisjoint(words_of(wording))][:1]
    return " ".join(sentences) or template().private.style


def _situation(data: Casting, heard: Sequence[str]) -> str:
    words = [word for text in heard[:OPENING_TURNS] for word in words_of(text)]
    found = [sum(word in topic.words for word in words) for topic in data.situations.topics]
    if max(found, default=0) < data.situations.least:
        return data.situations.otherwise
    return data.situations.topics[found.index(max(found))].say


@cache
def function_words() -> frozenset[str]:
    """Words that say nothing of a text's content."""
    listed = files("ingestion").joinpath("stop_words.txt").read_text(encoding="utf-8")
    return frozenset(
        word for line in listed.splitlines() if not line.startswith("#") for word in line.split()
    )
