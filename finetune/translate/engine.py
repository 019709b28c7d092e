"""What translates a sentence, and how to ask for one by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TranslationError(Exception):
    """The engine cannot translate at all; the sentence says what to do. Holds nothing of what was said."""


class Engine(Protocol):
    """Sentences in, as many sentences out, in the same order. May be called by several threads at once."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Of what decides the words that come out: a kept translation of another version is not used."""
        ...

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """`source` and `target` are ISO 639-1 codes. Raises TranslationError."""
        ...


class Untranslated:
    """The engine `none`: what is said stays as it is."""

    name = "none"
    version = "1"

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        return list(texts)


def open_engine(name: str, *, google_project: str | None = None) -> Engine:
    """The engine of that name; its package is imported here and not before.

    `google_project` is the project that pays; without it the one of the application default
    credentials. Raises TranslationError: no such engine, its package or its credentials are missing.
    """
    match name:
        case "none":
            return Untranslated()
        case "offline":
            from finetune.translate.offline import OfflineEngine

            return OfflineEngine()
        case "google":
            from finetune.translate.google import open_google

            return open_google(google_project)
    raise TranslationError(f"There is no translation engine '{name}'. Use offline, google or none.")
