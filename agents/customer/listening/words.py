"""Content words, so that what is said in the same words is known to be about the same thing."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

from agents.customer.listening.cues import read_data
from agents.customer.listening.text import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ENDINGS = ("ations", "ation", "ings", "ing", "edly", "ers", "ed", "ies", "er", "es", "ly", "s")


@cache
def _function_words() -> frozenset[str]:
    return frozenset(read_data("languages.yaml")["profiles"]["en"])


def content_words(text: str) -> frozenset[str]:
    """Stems (crude: endings cut) of the words that carry meaning."""
    empty = _function_words()
    return frozenset(_stem(word) for word in words_of(text) if len(word) > 1 and word not in empty)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


class Rarity:
    """Weighs words by how few of a persona's topics use them."""

    def __init__(self, topics: Sequence[Iterable[str]]) -> None:
        self._topics = len(topics)
        self._uses: dict[str, int] = {}
        for topic in topics:
            for word in set(topic):
                self._uses[word] = self._uses.get(word, 0) + 1

    def share(self, said: frozenset[str], topic: frozenset[str]) -> float:
        """The part of what is said, by weight, that the topic knows; 0 to 1."""
        total = sum(map(self._weight, said))
        return sum(map(self._weight, said & topic)) / total if total else 0.0

    def _weight(self, word: str) -> float:
        return math.log((self._topics + 1) / (self._uses.get(word, 1) + 0.5))
