"""Meaning counts less where a question asks for figures."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.alpha import PLAIN, WITH_A_FIGURE, WITH_A_YEAR, alpha_for
from ingestion.alpha_option import checked_alpha

CONTEXT, OPTION = click.Context(click.Command("search")), click.Option(["--alpha"])


@pytest.mark.parametrize(
    ("question", "alpha"),
    [
        ("What were net sales in 2019?", WITH_A_YEAR),
        ("revenue for FY 2018, 2019", WITH_A_YEAR),
        ("what does £2000 of credit cost", WITH_A_FIGURE),
        ("is 1999.50 the price", WITH_A_FIGURE),
        ("a deal for 31 users", WITH_A_FIGURE),
        ("how do we answer that it is too dear", PLAIN),
    ],
)
def test_the_weight_follows_what_is_asked_for(question: str, alpha: float) -> None:
    assert alpha_for(question) == alpha


@given(st.text())
def test_it_is_always_a_weight(question: str) -> None:
    assert 0 <= alpha_for(question) <= 1


@pytest.mark.parametrize("value", ["2", "-0.1", "much", "nan", "inf", ""])
def test_anything_but_a_weight_is_refused(value: str) -> None:
    with pytest.raises(click.BadParameter, match="neither a number from 0"):
        checked_alpha(CONTEXT, OPTION, value)


def test_a_weight_or_auto_is_taken() -> None:
    assert [checked_alpha(CONTEXT, OPTION, value) for value in (None, "auto", "0", "0.25", "1")] == [
        *(None, "auto", 0.0, 0.25, 1.0)
    ]
