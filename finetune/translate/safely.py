"""Sentences translated so that every figure and pseudonym in them survives, or is known not to have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from finetune.translate.engine import Engine
from finetune.translate.glossary import in_plain_words
from finetune.translate.kept import KeptTranslations
from finetune.translate.masks import Kind, Mask, masks_in
from finetune.translate.phrases import whole_phrase
from finetune.translate.placeholders import Form, Masked, forms, put_in, taken_out

FaultKind = Literal["untranslated", "in pieces"]
"""`untranslated`: no way kept every figure and name, so the sentence stands in its own language.
`in pieces`: nothing is lost, but the words around the masks were translated apart and read roughly."""

_NEVER_REWORDED: frozenset[Kind] = frozenset({"name", "email", "url", "code", "phone"})
_LONGEST = 4.0
"""A translation this many times as long as its source, and some letters, repeats itself; …"""
_SHORTEST = 0.45
"""… one this short has left something out."""
_SPARE_LETTERS = 25
_REPEATS = 2
"""More of the same three words in a row than the source has: the engine is caught in a loop."""


@dataclass(frozen=True)
class Way:
    """From which language to which, by what, and where answers are kept."""

    engine: Engine
    source: str
    target: str
    kept: KeptTranslations | None = None

    def translated(self, texts: Sequence[str]) -> dict[str, str]:
        """What each becomes; those asked before come from what is kept."""
        wanted = list(dict.fromkeys(text for text in texts if text.strip()))
        languages = (self.source, self.target)
        known = self.kept.of(self.engine.name, self.engine.version, languages, wanted) if self.kept else {}
        new = [text for text in wanted if text not in known]
        if new:
            said = dict(zip(new, self.engine.translate(new, self.source, self.target), strict=True))
            if self.kept:
                self.kept.keep(self.engine.name, self.engine.version, languages, said)
            known = {**known, **said}
        return known


def translate_sentences(
    sentences: Sequence[str], pseudonyms: Sequence[str], way: Way
) -> list[tuple[str, FaultKind | None]]:
    """Each sentence in the other language, and what is wrong with it. Raises TranslationError.

    All go to the engine together; those whose placeholders do not come back whole go again with the next
    form, then cut at their masks; what still fails is left as it was said.
    """
    portuguese = (way.source, way.target) == ("pt", "en")
    plain = [_plain(sentence, pseudonyms) for sentence in sentences] if portuguese else list(sentences)
    masks = [masks_in(sentence, pseudonyms) for sentence in plain]
    done: dict[int, str] = {}
    for n, sentence in enumerate(sentences if portuguese else ()):
        if (phrase := _phrase(sentence, pseudonyms)) is not None:
            done[n] = phrase
    for nth, form in enumerate(forms()):
        # Without masks every form asks the same again.
        todo = [n for n in range(len(plain)) if n not in done and (masks[n] or not nth)]
        if not todo:
            break
        done |= _tried({n: (plain[n], masks[n]) for n in todo}, form, way)
    pieced: dict[int, str] = {}
    for n in range(len(plain)):
        if n not in done and masks[n] and (said := _in_pieces(plain[n], masks[n], way)) is not None:
            pieced[n] = said
    return [
        (done[n], None)
        if n in done
        else (pieced[n], "in pieces")
        if n in pieced
        else (sentence, "untranslated")
        for n, sentence in enumerate(sentences)
    ]


def _plain(sentence: str, pseudonyms: Sequence[str]) -> str:
    spans = [
        (mask.start, mask.end) for mask in masks_in(sentence, pseudonyms) if mask.kind in _NEVER_REWORDED
    ]
    return in_plain_words(sentence, spans)


def _phrase(sentence: str, pseudonyms: Sequence[str]) -> str | None:
    """What `phrases.yaml` has for all of the sentence; it may hold one name and no figure."""
    masks = masks_in(sentence, pseudonyms)
    if any(mask.kind != "name" for mask in masks) or len(masks) > 1:
        return None
    return whole_phrase(sentence, (masks[0].start, masks[0].end) if masks else None)


def _tried(todo: dict[int, tuple[str, tuple[Mask, ...]]], form: Form, way: Way) -> dict[int, str]:
    masked: dict[int, Masked] = {}
    for n, (sentence, masks) in todo.items():
        if (put := put_in(sentence, masks, form)) is not None:
            masked[n] = put
    said = way.translated([put.text for put in masked.values()])
    done = {}
    for n, put in masked.items():
        whole = _sound(put.text, said.get(put.text, put.text))
        if whole is not None and (out := taken_out(whole, put)) is not None:
            done[n] = out
    return done


def _sound(text: str, said: str) -> str | None:
    """None where nothing came back, the engine left much out or repeats itself."""
    said = said.strip()
    if text.strip() and not said:
        return None
    too_short = len(text) > _SPARE_LETTERS and len(said) < _SHORTEST * len(text)
    if _most_repeated(said) > _most_repeated(text) + _REPEATS:
        return None
    return None if too_short or len(said) > _LONGEST * len(text) + _SPARE_LETTERS else said


def _most_repeated(text: str) -> int:
    """How often the commonest three words in a row occur."""
    words = text.lower().split()
    return max(Counter(zip(words, words[1:], words[2:], strict=False)).values(), default=0)


def _in_pieces(sentence: str, masks: Sequence[Mask], way: Way) -> str | None:
    """The words between the masks translated one stretch at a time; None where one of those goes wrong."""
    edges = [0, *(edge for mask in masks for edge in (mask.start, mask.end)), len(sentence)]
    between = [sentence[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    spoken = [piece.strip() for piece in between if re.search(r"[^\W\d_]", piece)]
    said = way.translated(spoken)
    out: list[str] = []
    for piece, shown in zip(between, [*(mask.shown for mask in masks), ""], strict=True):
        core = piece.strip()
        whole = _sound(core, said.get(core, core))
        if whole is None or re.search(r"\d", whole):
            return None
        head, tail = piece[: len(piece) - len(piece.lstrip())], piece[len(piece.rstrip()) :] if core else ""
        out.append(f"{head}{whole}{tail}{shown}")
    return "".join(out)
