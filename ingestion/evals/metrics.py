"""How good a ranking is: each figure lies between 0 and 1, 1 is best."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def ndcg(ranked: Sequence[str], relevant: Mapping[str, float], k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first `k`: what is found counts less further down.

    `relevant` holds gains above 0 by id. (Järvelin and Kekäläinen 2002, with linear gain, as trec_eval.)
    """
    best = sorted(relevant.values(), reverse=True)[:k]
    ideal = sum(gain / log2(rank + 2) for rank, gain in enumerate(best))
    gained = sum(relevant.get(one, 0.0) / log2(rank + 2) for rank, one in enumerate(ranked[:k]))
    return gained / ideal if ideal else 0.0


def recall(ranked: Sequence[str], relevant: Mapping[str, float], k: int = 10) -> float:
    """The share of the relevant that stands among the first `k`."""
    return len(relevant.keys() & set(ranked[:k])) / len(relevant) if relevant else 0.0


def hit(ranked: Sequence[str], relevant: Mapping[str, float], k: int = 5) -> float:
    """1 when something relevant stands among the first `k`, else 0."""
    return float(not relevant.keys().isdisjoint(ranked[:k]))
