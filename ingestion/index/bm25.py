"""BM25 as Weaviate counts it, so that both indexes give a chunk the same score.

Filters or not, it counts over the whole index. Source: `BM25Searcher` of the weaviate server.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

K1, B = 1.2, 0.75
"""The Weaviate collection is created with these."""


def rarity(chunks: int, having: int) -> float:
    """Weaviate's idf of a term that `having` of `chunks` chunks have; never below zero."""
    return math.log(1 + (chunks - having + 0.5) / (having + 0.5))


def saturation(often: NDArray[np.int64], lengths: NDArray[np.int64], average: float) -> NDArray[np.float64]:
    """What standing `often` times in chunks of these lengths (in terms) counts for, of at most K1 + 1."""
    counted: NDArray[np.float64] = often * (K1 + 1) / (often + K1 * (1 - B + B * lengths / average))
    return counted
