"""An embedder without a model: a text's vector is made of the hashes of its words. Like texts are near."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from ingestion.embed import DIMENSIONS, Reading, Vectors
from ingestion.words import WORD, content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence


class HashingEmbedder:
    """Follows `ingestion.embed.Embedder`; `texts` counts what it was asked for."""

    def __init__(self, name: str = "hashing") -> None:
        self.name = name
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        rows = np.full((len(texts), DIMENSIONS), 1e-3, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for stem in content_stems(text):
                row[int.from_bytes(hashlib.sha256(stem.encode()).digest()[:4]) % DIMENSIONS] += 1
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """A piece a word, its vector that of the word alone."""
        return [self._reading(text) for text in texts]

    def _reading(self, text: str) -> Reading:
        words = list(WORD.finditer(text))
        pieces = self.embed([word.group() for word in words]).astype(np.float16)
        spans = np.array([word.span() for word in words], np.int32).reshape(-1, 2)
        return Reading(self.embed([text])[0], pieces.reshape(-1, DIMENSIONS), spans)
