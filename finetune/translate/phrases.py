"""Sentences of a word or two, which an engine without context bends. Data: `phrases.yaml`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

_FILE = Path(__file__).parent / "phrases.yaml"
_PARTS = re.compile(r"(?P<said>[^.!?…]*?)(?P<end>[.!?…]*)")
_TITLES = {"seu": "Mr", "senhor": "Mr", "sr.": "Mr", "dona": "Mrs", "senhora": "Mrs", "sra.": "Mrs"}
_TITLE = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, _TITLES))})\s+$", re.IGNORECASE)


class Phrase(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    said: tuple[str, ...] = Field(min_length=1, description="Regular expressions for the whole sentence.")
    english: str = Field(min_length=1)
    question: bool = Field(default=False, description="Whether it holds of a question too, or only then.")


class Phrases(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    phrases: tuple[Phrase, ...]


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], Phrase], ...]:
    read = Phrases.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
    return tuple(
        (re.compile(rf"(?:{'|'.join(phrase.said)})", re.IGNORECASE), phrase) for phrase in read.phrases
    )


def whole_phrase(sentence: str, name: tuple[int, int] | None = None) -> str | None:
    """The English of a sentence that is one phrase, with its marks; None where it is not one.

    `name` is where the one name in it stands; it may be spoken to before or after the phrase: "Até, Ana."
    """
    before = after = ""
    said = sentence
    if name:
        shown = sentence[name[0] : name[1]]
        if title := _TITLE.search(sentence[: name[0]]):
            titled = _TITLES[title[1].lower()]
            sentence = sentence[: title.start()] + sentence[name[0] :]
            said, name = sentence, (title.start(), title.start() + len(shown))
            shown = f"{titled} {shown}"
        at = name[1]
        if name[0] == 0 and (rest := re.match(r",\s*", sentence[at:])):
            before, said = f"{shown}, ", sentence[at + rest.end() :]
        elif rest := re.search(r",\s*$", sentence[: name[0]]):
            after, said = f", {shown}", sentence[: rest.start()] + sentence[at:]
        else:
            return None
    parts = _PARTS.fullmatch(said)
    if parts is None:
        return None
    for pattern, phrase in _phrases():
        if phrase.question == ("?" in parts["end"]) and pattern.fullmatch(parts["said"].strip()):
            english = phrase.english
            if before or not re.match(r"\W*[^\W\d_a-zà-ÿ]", sentence):
                english = english if english.startswith(("I ", "I'")) else english[:1].lower() + english[1:]
            return f"{before}{english}{after}{parts['end']}"
    return None
