"""presidio's analyzer with our recognisers, on spaCy's blank pipelines: no model, and nothing is downloaded.

Of presidio's own recognisers those are used that have check digits or context; its mail and URL recognisers
are not, because they load a list of domains from the network. Imported by `engine` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import presidio_analyzer
import spacy
from presidio_analyzer import nlp_engine, predefined_recognizers

from finetune.redact.finding import KINDS, find_all
from finetune.redact.lexicon import LANGUAGES

SURE = 1.0
LEAST = 0.5
"""Score from which something counts as found; presidio's own need their context or check digits for it."""


class Blank(nlp_engine.NlpEngine):  # type: ignore[misc]
    """Tokens only, with each word as its own lemma for presidio's context words."""

    def __init__(self) -> None:
        self.pipelines: dict[str, Any] = {}

    def load(self) -> None:
        self.pipelines = {language: spacy.blank(language) for language in LANGUAGES}

    def is_loaded(self) -> bool:
        return bool(self.pipelines)

    def process_text(self, text: str, language: str) -> Any:
        doc = self.pipelines[language].make_doc(text)
        lemmas = [token.lower_ for token in doc]
        return nlp_engine.NlpArtifacts([], doc, [token.idx for token in doc], lemmas, self, language)

    def process_batch(self, texts: Iterable[str], language: str, **_: Any) -> Iterator[tuple[str, Any]]:
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:
        return word in self.pipelines[language].Defaults.stop_words

    def is_punct(self, word: str, language: str) -> bool:
        return not any(sign.isalnum() for sign in word)

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return list(LANGUAGES)


class Ours(presidio_analyzer.EntityRecognizer):  # type: ignore[misc]
    """What our own recognisers find."""

    def load(self) -> None:
        """Nothing to load: the word lists are read when they are first needed."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        return [
            presidio_analyzer.RecognizerResult(kind, start, end, SURE, recognition_metadata={"found": found})
            for kind, start, end, found in find_all(text, self.supported_language)
        ]


def build() -> Any:
    """An `AnalyzerEngine` for all LANGUAGES."""
    registry = presidio_analyzer.RecognizerRegistry(
        recognizers=[one for language in LANGUAGES for one in _recognisers(language)],
        supported_languages=list(LANGUAGES),
    )
    return presidio_analyzer.AnalyzerEngine(
        registry=registry,
        nlp_engine=Blank(),
        supported_languages=list(LANGUAGES),
        default_score_threshold=LEAST,
    )


def _recognisers(language: str) -> Iterator[Any]:
    theirs = predefined_recognizers
    yield Ours(supported_entities=list(KINDS), name="salesmate", supported_language=language)
    for either in (theirs.CreditCardRecognizer, theirs.IbanRecognizer, theirs.IpRecognizer):
        yield either(supported_language=language)
    if language == "en":
        for english in (theirs.UsSsnRecognizer, theirs.UsItinRecognizer, theirs.NhsRecognizer):
            yield english()
        yield theirs.UkNinoRecognizer()
