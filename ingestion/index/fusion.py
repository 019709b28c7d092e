"""Weaviate's relativeScoreFusion, re-stated, so that the embedded index ranks as production does.

Source: `FusionRelativeScore` and `hybrid.DefaultLimit` of the weaviate server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CANDIDATES = 100
"""Each list is taken at least this long before it is normalised, however few hits are asked for: a shorter
list would have another minimum and so another ranking."""

TIE = 1e-7
"""Scores nearer than this are equal; Weaviate computes in 32 bits."""


def relative_score_fusion(
    keyword: Mapping[str, float], dense: Mapping[str, float], alpha: float
) -> list[tuple[str, float]]:
    """Scale each list so that its best is 1 and its worst 0, then add: dense times `alpha`, keyword the rest.

    Higher raw scores are better. A list whose scores are all equal gives each its full weight; a list with no
    weight is not asked at all. Ties go to the better cosine, then to the smaller id.
    """
    fused: dict[str, float] = {}
    for scores, weight in ((keyword, 1 - alpha), (dense, alpha)):
        if not scores or weight <= 0:
            continue
        low, high = min(scores.values()), max(scores.values())
        for chunk, score in scores.items():
            share = (score - low) / (high - low) if high > low else 1.0
            fused[chunk] = fused.get(chunk, 0.0) + weight * share

    def order(item: tuple[str, float]) -> tuple[float, float, str]:
        chunk, score = item
        return (-round(score / TIE) * TIE, -dense.get(chunk, keyword.get(chunk, 0.0)), chunk)

    return sorted(fused.items(), key=order)
