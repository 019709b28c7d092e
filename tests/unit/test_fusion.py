"""Relative-score fusion as Weaviate computes it, against a table worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.index.fusion import relative_score_fusion

KEYWORD = {"a": 11.0, "b": 8.0, "c": 6.0, "d": 1.0}
DENSE = {"b": 0.9, "c": 0.8, "e": 0.4}
# By hand: keyword a 1, b .7, c .5, d 0; dense b 1, c .8, e 0.
BY_HAND = {
    0.0: [("a", 1.0), ("b", 0.7), ("c", 0.5), ("d", 0.0)],
    0.25: [("b", 0.775), ("a", 0.75), ("c", 0.575), ("d", 0.0), ("e", 0.0)],
    0.5: [("b", 0.85), ("c", 0.65), ("a", 0.5), ("d", 0.0), ("e", 0.0)],
    1.0: [("b", 1.0), ("c", 0.8), ("e", 0.0)],
}


@pytest.mark.parametrize("alpha", BY_HAND)
def test_fusion_equals_the_table_worked_out_by_hand(alpha: float) -> None:
    fused = relative_score_fusion(KEYWORD, DENSE, alpha)
    assert [chunk for chunk, _ in fused] == [chunk for chunk, _ in BY_HAND[alpha]]
    assert [score for _, score in fused] == pytest.approx([score for _, score in BY_HAND[alpha]])


def test_a_list_of_equal_scores_gives_each_its_full_weight() -> None:
    assert relative_score_fusion({"a": 3.0}, {"b": 0.2, "c": 0.2}, 0.75) == [
        ("b", 0.75),
        ("c", 0.75),
        ("a", 0.25),
    ]


def test_nothing_found_is_nothing_ranked() -> None:
    assert relative_score_fusion({}, {}, 0.5) == []


SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-50, 50), max_size=8)


@given(SCORES, SCORES, st.floats(0, 1))
def test_scores_lie_between_0_and_1_and_never_rise_down_the_list(
    keyword: dict[str, float], dense: dict[str, float], alpha: float
) -> None:
    scores = [score for _, score in relative_score_fusion(keyword, dense, alpha)]
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in scores)
    assert all(one >= other - 1e-6 for one, other in pairwise(scores))
