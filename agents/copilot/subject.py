"""Which product is meant: look-alike names ("Flow", "Flow Plus") are never mixed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from agents.copilot.evidence import all_text
from agents.copilot.facts import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.evidence import Unit
    from ingestion.index.protocol import Hit


@dataclass(frozen=True)
class Subjects:
    """The names that the passages use, and those of them that the question asks about."""

    known: tuple[str, ...]
    asked: frozenset[str]

    @classmethod
    def of(cls, question: str, passages: Sequence[Hit]) -> Subjects:
        """Find the names. A firm's name before a product ("Loomstack Flow") is not part of the product's."""
        seen: Counter[str] = Counter()
        for hit in passages:
            seen.update({_short(name, hit.collection) for name in names(all_text(hit))} - {""})
        # A paper's title names its subject, and the question its own: one mention is enough there.
        sure = {_short(hit.title.split(":")[0], hit.collection) for hit in passages if ":" in hit.title}
        text = "\n".join(all_text(hit) for hit in passages)
        firms = {hit.collection.lower() for hit in passages}
        told = (name for name in names(question) if name.lower() not in firms)
        sure |= {name for name in told if re.search(rf"\b{re.escape(name)}\b", text)}
        ours = {name for name in seen if len(name.split()) > 1 or seen[name] > 1} | (sure - {""})
        known = tuple(sorted({name.lower() for name in ours}, key=len, reverse=True))
        return cls(known, frozenset(_named(question, known)))

    def allow(self, unit: Unit) -> bool:
        """Whether the unit speaks of what was asked: the nearest place that names a rival decides."""
        return all(self._allows(asked, unit) for asked in self.asked) or any(
            asked in self._named(unit.text) for asked in self.asked
        )

    def columns(self, unit: Unit) -> tuple[int, ...]:
        """The columns of a row named for what was asked; none when the names do not tell."""
        if self._named(unit.label) & self.asked:
            return ()
        heads = range(1, min(len(unit.cells), len(unit.headers)))
        return tuple(column for column in heads if self._named(unit.headers[column]) & self.asked)

    def _allows(self, asked: str, unit: Unit) -> bool:
        rivals = {name for name in self.known if name != asked and _related(name, asked)}
        for place in (
            " ; ".join((*unit.cells[:1], *unit.headers)) if unit.cells else unit.text,
            unit.heading,
            unit.title,
        ):
            named = self._named(place)
            if asked in named:
                return True
            if named & rivals:
                return False
        return True

    def _named(self, text: str) -> frozenset[str]:
        return _named(text, self.known)


def unheard_of(question: str, passages: Sequence[Hit]) -> str:
    """A name of the question that no passage has, though others of its sort stand there; "" for none.

    What is told of Express 12 and Express Plus answers nothing about "Express 14". A word that also stands
    there without a capital is none of a name: reps write "Flow Price". A version and its product may stand
    apart: "Balanced" is a row of the table about the "Managed Portfolio".
    """
    text = "\n".join(all_text(hit) for hit in passages)
    for name in names(question):
        first, *rest = name.split()
        if not rest or _stands(name, text, re.IGNORECASE) or not _stands(first, text, re.IGNORECASE):
            continue
        if len(rest) > 1 and _stands(" ".join(rest), text) and _stands_alone(first, text):
            continue
        if not _stands(f"{first} {rest[0]}", text, re.IGNORECASE) and not _stands(rest[0].lower(), text):
            return name
        if rest[0][0].isdigit() and not _stands(f"{first} {rest[0]}", text, re.IGNORECASE):
            return name
    return ""


def _stands(name: str, text: str, flags: int = 0) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, flags))


def _stands_alone(word: str, text: str) -> bool:
    """Whether the word ever stands as it is written here with no other word of a name after it."""
    return bool(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])(?! [A-Z\d])", text))


def _short(name: str, collection: str) -> str:
    words = name.split()
    return " ".join(words[1:] if words and words[0].lower() == collection.lower() else words)


def _related(one: str, other: str) -> bool:
    """Look-alikes share a word: "cash reserve" and "fixed reserve 12"."""
    return bool(set(one.split()) & set(other.split()))


def _named(text: str, known: tuple[str, ...]) -> frozenset[str]:
    """The known names in a text, the longest first, so that "Flow Plus" is not also "Flow"."""
    pattern, by_group = _pattern(known)
    found = pattern.finditer(text.lower().replace("’", "'")) if known else ()
    return frozenset(by_group[match.lastgroup or ""] for match in found)


@lru_cache(maxsize=64)
def _pattern(known: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    """One expression with a group a name: a spreadsheet may name hundreds."""
    by_group = {f"n{number}": name for number, name in enumerate(known)}
    spelled = "|".join(f"(?P<{group}>{_spelled(name)})" for group, name in by_group.items())
    return re.compile(rf"(?<![\w-])(?:{spelled})(?![\w-])"), by_group


def _spelled(name: str) -> str:
    base, _, number = name.rpartition(" ")
    # A trailing number is often left off in speech: "the fixed reserve".
    loose = number.isdigit() and " " in base
    return rf"{re.escape(base)}(?: {number})?" if loose else re.escape(name)
