"""The prototype's way to search: pieces of 350 characters with 20 shared, meaning alone, the ten best, and
nothing below a cosine of 0.7. Here for comparison only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingestion.embed import Embedder, Vectors

PIECE, SHARED, MOST, LEAST_COSINE = 350, 20, 10, 0.7


@dataclass(frozen=True)
class Prototype:
    """Pieces of texts, each with the place it is from."""

    places: Sequence[str]
    vectors: Vectors

    def search(self, question: Vectors, least: float = LEAST_COSINE) -> list[str]:
        """The places of the ten best pieces, best first, each once."""
        cosines = self.vectors @ question.reshape(-1)
        best = np.argsort(-cosines, kind="stable")[:MOST]
        return list(dict.fromkeys(self.places[at] for at in best if cosines[at] >= least))


def read(texts: Sequence[tuple[str, str]], embedder: Embedder) -> Prototype:
    """Cut and embed (place, text)s, without titles."""
    pieces = [(place, piece) for place, text in texts for piece in cut(text)]
    return Prototype([place for place, _ in pieces], embedder.embed([piece for _, piece in pieces]))


def cut(text: str) -> list[str]:
    """Wherever the count falls, inside a word as well."""
    return [text[at : at + PIECE] for at in range(0, max(1, len(text) - SHARED), PIECE - SHARED)]
