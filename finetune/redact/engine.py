"""presidio's analyzer with our recognisers, on spaCy's blank pipelines: no model, and nothing is ever downloaded.

Of presidio's own recognisers those are used that have check digits or context; its mail and URL recognisers are
not, because they load a list of domains from the network.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import yaml

from finetune.redact.lexicon import HERE, LANGUAGES, lexicon, plain
from finetune.redact.names import find_names
from finetune.redact.number_kinds import kind_of
from finetune.redact.numbers import lines_of, read_runs
from finetune.redact.spelled import find_spelled, find_spoken_mail

NEEDED = "Redacting personal data needs a package that is not installed; run: pip install 'salesmate[calls]'"
SURE = 1.0
LEAST = 0.5
"""Score from which something counts as found; presidio's own need their context or check digits for it."""
DATE = r"\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?(?:\d{4}|\d{2})|(?:19|20)\d{2}-\d{2}-\d{2}"
TO_BIRTH_DATE = 45
"""Characters at most between what announces a date of birth and the date."""
THEIRS = {
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "identity",
    "US_ITIN": "tax_number",
    "UK_NHS": "identity",
    "UK_NINO": "identity",
    "IP_ADDRESS": "ip",
}
"""presidio's entities, and the kinds that reports count them by."""


class RedactionUnavailable(Exception):
    """Redaction cannot work here; the sentence says what to install."""


@contextmanager
def _kept_out(*packages: str) -> Iterator[None]:
    """These are not loaded by what is imported meanwhile, which goes on without.

    presidio and spaCy import torch where it is installed: ten seconds and gigabytes for models that are not used.
    """
    absent = [package for package in packages if package not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: "cannot be imported"
    try:
        yield
    finally:
        for package in absent:
            del sys.modules[package]


@cache
def analyzer() -> Any:
    """The one `AnalyzerEngine` of this process. Raises RedactionUnavailable."""
    try:
        with _kept_out("torch", "transformers"):
            import presidio_analyzer
            import spacy
            from presidio_analyzer import nlp_engine as nlp
            from presidio_analyzer import predefined_recognizers as theirs
    except ImportError:
        raise RedactionUnavailable(NEEDED) from None

    class Blank(nlp.NlpEngine):
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
            return nlp.NlpArtifacts([], doc, [token.idx for token in doc], lemmas, self, language)

        def process_batch(self, texts: Iterable[str], language: str, **_: Any) -> Iterator[tuple[str, Any]]:
            return ((text, self.process_text(text, language)) for text in texts)

        def is_stopword(self, word: str, language: str) -> bool:
            return word in self.pipelines[language].Defaults.stop_words

        def is_punct(self, word: str, language: str) -> bool:  # noqa: ARG002
            return not any(sign.isalnum() for sign in word)

        def get_supported_entities(self) -> list[str]:
            return []

        def get_supported_languages(self) -> list[str]:
            return list(LANGUAGES)

    class Ours(presidio_analyzer.EntityRecognizer):
        """What the modules here find, each with what is needed to replace it."""

        def load(self) -> None:
            pass

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:  # noqa: ARG002
            return [
                presidio_analyzer.RecognizerResult(
                    kind, start, end, SURE, recognition_metadata={"found": found}
                )
                for kind, start, end, found in _found(text, self.supported_language)
            ]

    def recognisers(language: str) -> list[Any]:
        made = [
            theirs.CreditCardRecognizer(supported_language=language),
            theirs.IbanRecognizer(supported_language=language),
            theirs.IpRecognizer(supported_language=language),
        ]
        if language == "en":
            made += [theirs.UsSsnRecognizer(), theirs.UsItinRecognizer(), theirs.NhsRecognizer()]
            made += [theirs.UkNinoRecognizer()]
        return [Ours(supported_entities=list(KINDS), name="salesmate", supported_language=language), *made]

    registry = presidio_analyzer.RecognizerRegistry(
        recognizers=[one for language in LANGUAGES for one in recognisers(language)],
        supported_languages=list(LANGUAGES),
    )
    return presidio_analyzer.AnalyzerEngine(
        registry=registry, nlp_engine=Blank(), supported_languages=list(LANGUAGES), default_score_threshold=LEAST
    )


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    forms = yaml.safe_load((HERE / "patterns.yaml").read_text(encoding="utf-8"))
    words = lexicon(language)
    cue = "|".join(words.birth_cues)
    every = [(kind, re.compile(form)) for kind, of in forms.items() for form in of]
    every += [("address", re.compile(form)) for form in words.address]
    every += [(kind, re.compile(form)) for kind, form in words.codes.items()]
    every += [
        (
            "birth_date",
            re.compile(rf"(?:{cue})(?:[^.!\d]|\n){{0,{TO_BIRTH_DATE}}}?\b(?P<date>{DATE}|{words.spoken_date.strip()})"),
        )
    ]
    return tuple(every)


KINDS = (
    "email", "url", "handle", "ip", "pix_key", "iban", "birth_date", "address", "identity", "postcode", "plate",
    "tax_number", "card", "phone", "extension", "sort_code", "account", "number", "spelled", "name",
)  # fmt: skip
"""Every kind, the one that is believed first where two overlap first."""


def _found(text: str, language: str) -> Iterator[tuple[str, int, int, object]]:
    bare = plain(text)
    for kind, pattern in _patterns(language):
        for match in pattern.finditer(bare):
            group = "date" if kind == "birth_date" else 0
            if "\n" not in match.group(group):
                yield kind, match.start(group), match.end(group), None
    mentions = find_names(text, language)
    known = frozenset(mention.word for mention in mentions)
    for mail in find_spoken_mail(bare, language, known):
        yield "email", mail.start, mail.end, mail
    for spelled in find_spelled(bare, language, known):
        yield "spelled", spelled.start, spelled.end, spelled
    for run in read_runs(bare, lexicon(language)):
        if kind := kind_of(run, bare, language):
            for atoms in lines_of(run, bare):
                yield kind, atoms[0].start, atoms[-1].end, run
    for mention in mentions:
        yield "name", mention.start, mention.end, mention
