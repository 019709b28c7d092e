"""Which figures a row speaks of: "31–70 kg" is the row for a 45 kg parcel, and "up to 30 kg" is not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.copilot.facts import Figure
from agents.copilot.ranges import ranges


@pytest.mark.parametrize(
    ("text", "within", "beyond"),
    [
        ("31–70 kg", 45, 71),
        ("31 kg to 70 kg", 31, 30),
        ("Up to 30 kg", 30, 31),
        ("over 70 kg", 71, 70),
        ("Under £10,000", 9_999, 10_000),
        ("£1m and above", 1_000_000, 999_999),
        ("£250,000 to £999,999", 400_000, 1_000_000),
        ("99.0 % to below 99.5 %", Decimal("99.2"), Decimal("99.5")),
        ("12 months or more", 12, 11),
        ("500+", 500, 499),
        ("at least 25 users", 25, 24),
        ("between 5 and 10 days", 7, 11),
    ],
)
def test_a_range_holds_what_lies_within_it(text: str, within: Decimal | int, beyond: Decimal | int) -> None:
    (one,) = ranges(text)
    assert one.holds(Figure(Decimal(within), one.unit))
    assert not one.holds(Figure(Decimal(beyond), one.unit))


@pytest.mark.parametrize(
    "text", ["Severity 1", "Fixed Reserve 12", "3 days", "Term 12 months", "70 kg – 31 kg"]
)
def test_a_plain_figure_is_no_range(text: str) -> None:
    assert ranges(text) == ()


def test_a_range_of_days_says_nothing_of_money() -> None:
    (one,) = ranges("2 to 4 weeks")
    assert not one.holds(Figure(Decimal(3), "£"))
    assert one.holds(Figure(Decimal(3), ""))


@given(low=st.integers(0, 10_000), width=st.integers(1, 10_000), asked=st.integers(0, 30_000))
def test_two_figures_with_a_dash_hold_exactly_what_lies_between(low: int, width: int, asked: int) -> None:
    (one,) = ranges(f"{low:,}–{low + width:,} users")
    assert one.holds(Figure(Decimal(asked), "user")) == (low <= asked <= low + width)
