"""How alike a question and a sentence are, word by word.

Each word piece of the question is held against its nearest in the sentence (late interaction; Khattab and
Zaharia, "ColBERT", SIGIR 2020), by the vectors that the embedder's model has for them anyway. It finds
"warning" in "notice" where the words differ, and tells which word of the question nothing answers to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.words import WORD, stem, stop_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingestion.embed import Reading

STOP_WORD_WEIGHT = 0.1
UNWEIGHED = 0.5
UNTOLD = 0.5
"""What a likeness is taken for when the question has no such word."""


class Reads(Protocol):
    """The part of an embedder that is used here."""

    def read(self, texts: Sequence[str]) -> list[Reading]: ...


@dataclass(frozen=True)
class Likeness:
    """Cosines: of the whole texts, of the words by weight (with where the sentence stands, and in its own
    words alone), and of the head."""

    near: float
    like: float
    own: float
    head: float


def likenesses(
    question: str,
    weights: Mapping[str, float],
    heads: frozenset[tuple[int, int]],
    texts: Sequence[tuple[str, str]],
    embedder: Reads,
) -> list[Likeness]:
    """The likeness of `question` to each text, given as where it stands and what it says.

    `weights` are by stem, `heads` are spans of the question.
    """
    asked, *read = embedder.read([question, *(place + text for place, text in texts)])
    by_weight, head = _piece_weights(question, weights, heads, asked)
    pieces = asked.pieces.astype(np.float32)
    found = []
    for reading, (place, _) in zip(read, texts, strict=True):
        alike = pieces @ reading.pieces.astype(np.float32).T
        best = alike.max(axis=1, initial=0.0)
        own = alike[:, reading.spans[:, 0] >= len(place)].max(axis=1, initial=0.0)
        found.append(
            Likeness(
                float(asked.vector @ reading.vector),
                _mean(best, by_weight),
                _mean(own, by_weight),
                _mean(best, head),
            )
        )
    return found


def _piece_weights(
    question: str, weights: Mapping[str, float], heads: frozenset[tuple[int, int]], asked: Reading
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each word piece of the question: its share of its word's weight, and its share of the head."""
    by_weight, head = np.zeros(len(asked.spans)), np.zeros(len(asked.spans))
    for word in WORD.finditer(question):
        pieces = (asked.spans[:, 0] >= word.start()) & (asked.spans[:, 0] < word.end())
        share = 1 / max(1, int(pieces.sum()))
        text = word.group().lower()
        if text in stop_words():
            by_weight[pieces] = STOP_WORD_WEIGHT * share
            continue
        by_weight[pieces] = weights.get(stem(text), UNWEIGHED) * share
        head[pieces] = share if word.span() in heads else 0.0
    return by_weight, head


def _mean(values: NDArray[np.float32], weights: NDArray[np.float64]) -> float:
    return float(values @ weights / weights.sum()) if weights.sum() else UNTOLD
