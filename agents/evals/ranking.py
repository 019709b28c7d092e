"""How high the right places stand in a ranked list. 0 to 1, 1 is best."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2


def ndcg(right: Sequence[bool], places: int, k: int = 10) -> float:
    """Discounted gain of the first `k` (`right` says which are), against a list with all `places` on top."""
    ideal = sum(1 / log2(rank + 2) for rank in range(min(places, k)))
    return sum(1 / log2(rank + 2) for rank, one in enumerate(right[:k]) if one) / ideal if ideal else 0.0


def recall(right: Sequence[bool], places: int, k: int = 10) -> float:
    """The share of the `places` that stand among the first `k`."""
    return sum(right[:k]) / places if places else 0.0


def hit(right: Sequence[bool], k: int = 5) -> float:
    """Whether any of the first `k` is right."""
    return float(any(right[:k]))


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile; 0 where there are no values."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0.0
