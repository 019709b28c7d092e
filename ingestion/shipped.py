"""Vectors made beforehand and kept in a file, so that documents that come with the package can be searched at
once: embedding them takes some twenty seconds on two cores, and a new user's first question should not wait.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from ingestion.embed import DIMENSIONS, Embedder, Vectors


class ShippedVectors:
    """An embedder that has the vectors in `path` by heart and asks `inner` for the rest.

    A text that was changed since is embedded as any other; an absent file is an empty one.
    """

    def __init__(self, inner: Embedder, path: Path) -> None:
        self.name = inner.name
        self._inner = inner
        self._path = path

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As any embedder."""
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        known = self._known
        strange = []
        for row, text in enumerate(texts):
            if (vector := known.get(_key(text))) is not None:
                vectors[row] = vector
            else:
                strange.append(row)
        if strange:
            vectors[strange] = self._inner.embed([texts[row] for row in strange])
        return vectors

    @cached_property
    def _known(self) -> dict[bytes, Vectors]:
        try:
            with np.load(self._path) as kept:
                if str(kept["embedder"]) != self.name:
                    return {}
                # Half precision halves the file and moves a cosine by less than a thousandth.
                return dict(zip(kept["keys"].tolist(), kept["vectors"].astype(np.float32), strict=True))
        except FileNotFoundError:
            return {}


def write(path: Path, texts: Sequence[str], embedder: Embedder) -> None:
    """Write the vectors of these texts."""
    vectors = embedder.embed(texts).astype(np.float16)
    keys = np.array([_key(text) for text in texts])
    np.savez_compressed(path, embedder=np.array(embedder.name), keys=keys, vectors=vectors)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).hexdigest()[:32].encode()
