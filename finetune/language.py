"""What language a call is in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from finetune.calls import RecordedCall
from ingestion.extras import to_install

UNKNOWN = "und"
"""ISO 639-2 for a language that is not determined."""

NO_LANGUAGE = frozenset("@<>[]/_0123456789")


class LanguageMissing(Exception):
    """The detector is not installed; the sentence says what to run."""


class LanguageSettings(BaseModel):
    """`language.yaml`; see there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    languages: tuple[str, ...] = Field(min_length=2)
    least_share: float = Field(gt=0.5, le=1)
    piece: int = Field(ge=20)
    alone: int = Field(ge=1)
    most: int = Field(ge=20)
    fewest: int = Field(ge=1)


def language_of(call: RecordedCall) -> str:
    """The language that most of the call is in ("pt"), or "und" where no language has most of it.

    By py3langid (Lui and Baldwin 2012) among the languages of `language.yaml`, each side's words taken
    together in pieces, so that neither a name nor a short "ok" decides. Raises LanguageMissing.
    """
    shares: defaultdict[str, float] = defaultdict(float)
    for piece in _pieces(call):
        for language, confidence in _detector().rank(piece):
            shares[str(language)] += float(confidence) * len(piece)
    if not shares:
        return UNKNOWN
    language, share = max(shares.items(), key=lambda item: (item[1], item[0]))
    return language if share >= settings().least_share * sum(shares.values()) else UNKNOWN


def _pieces(call: RecordedCall) -> Iterator[str]:
    """The words of each side, whole turns together until they are long enough to tell."""
    rest = ""
    for side in ("seller", "customer"):
        piece, seen = "", 0
        for turn in call.turns:
            if turn.speaker != side or seen >= settings().most / 2:
                continue
            # Numbers, addresses and what a redactor put in brackets are in no language.
            words = " ".join(word for word in turn.text.split() if NO_LANGUAGE.isdisjoint(word))
            piece = f"{piece} {words}".strip()[: settings().most]
            if len(piece) >= settings().piece:
                yield piece
                piece, seen = "", seen + len(piece)
        if len(piece) >= settings().alone:
            yield piece
        else:
            rest = f"{rest} {piece}"
    if sum(map(str.isalpha, rest)) >= settings().fewest:
        yield rest.strip()


@cache
def settings() -> LanguageSettings:
    """The file, read once."""
    path = Path(__file__).with_name("language.yaml")
    return LanguageSettings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@cache
def _detector() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        raise LanguageMissing(
            f"Telling a call's language needs a package that is not installed; {to_install('calls')}."
        ) from None
    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    detector.set_languages(settings().languages)
    return detector
