"""A later paper that replaces a value wins from the day it takes effect, and the answer says since when."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.copilot.evidence import units_of
from agents.copilot.newer import Current, current
from agents.copilot.signs import NAMES
from agents.copilot.support import Candidate
from ingestion.index.protocol import Hit

TODAY = date(2026, 11, 22)
LIST = (
    "| Service | Price (£) |\n|---|---|\n| Tail lift | 18.00 |\n| Booking-in | 12.75 |",
    date(2026, 1, 5),
    "Price list",
)
LETTER = (
    "From 15 June 2026 for pallets:\n\nTail lift is GBP 21.50 per delivery.",
    date(2026, 5, 14),
    "Pallets, a change",
)


def asked(question: str, *papers: tuple[str, date | None, str], today: date = TODAY) -> Current:
    """What holds of these papers, the first one's sentences and rows counting as the better answers."""
    passages = [
        Hit(f"{n}.md", title, 1, "", text, 1.0, f"file:///{n}.md", str(n), "acme", dated)
        for n, (text, dated, title) in enumerate(papers)
    ]
    units = units_of(passages)
    found = [Candidate(unit, 10 - n / 4, np.zeros(len(NAMES))) for n, unit in enumerate(units)]
    return current(question, found, units, passages, today)


def best(now: Current) -> str:
    return now.candidates[0].unit.text


def since(now: Current) -> date | None:
    told = now.since.get(now.candidates[0].unit)
    return told.day if told else None


def test_a_later_letter_replaces_a_row_of_the_price_list_from_the_day_it_names() -> None:
    now = asked("tail lift charge", LIST, LETTER)
    assert best(now) == "Tail lift is GBP 21.50 per delivery."
    assert since(now) == date(2026, 6, 15)
    assert not [one for one in now.candidates if "18" in one.unit.text]


def test_until_that_day_the_old_value_holds_and_the_new_one_is_announced() -> None:
    now = asked("tail lift charge", LETTER, LIST, today=date(2026, 6, 1))
    assert best(now) == "Tail lift: 18.00"
    assert now.coming[now.candidates[0].unit].unit.text.startswith("Tail lift is GBP 21.50")


@given(st.dates(date(2026, 1, 5), date(2027, 12, 31)))
def test_the_value_said_is_the_one_in_force_whatever_the_day(day: date) -> None:
    now = asked("tail lift charge", LIST, LETTER, today=day)
    assert ("21.50" in best(now)) == (day >= date(2026, 6, 15))


def test_a_change_decades_ahead_is_not_even_announced() -> None:
    slip = ("The exit fee is £0 from 1 January 2099. It was £10 before.", date(2099, 1, 1), "Circular")
    now = asked("exit fee", slip, ("The exit fee is £10.", date(2026, 1, 5), "Fees"))
    assert best(now) == "The exit fee is £10."
    assert not now.coming


def test_a_row_of_old_and_new_values_is_reduced_to_the_new_one() -> None:
    circular = (
        "| Item | List of 5 January 2026 | From 1 July 2026 |\n|---|---|---|\n| Set-up | £12,500 | £14,000 |",
        date(2026, 6, 15),
        "Circular",
    )
    assert best(asked("what does set-up cost", circular)) == "Set-up: From 1 July 2026: £14,000"


@pytest.mark.parametrize(
    "text",
    [
        "Delivery on Saturday goes up from £9.50 to £11.00 on 1 June 2026.",
        "Delivery on Saturday is £11.00, was £9.50.",
        "Delivery on Saturday is £11.00 since 1 June 2026 (it was £9.50 before).",
        "Delivery on Saturday, shown there as £9.50, becomes £11.00.",
    ],
)
def test_a_sentence_that_tells_the_old_value_replaces_it_in_an_undated_paper_too(text: str) -> None:
    now = asked(
        "saturday delivery cost",
        ("Delivery on Saturday costs £9.50.", None, "Questions"),
        (text, date(2026, 6, 1), "Circular"),
    )
    assert best(now) == text


@pytest.mark.parametrize("question", ["what was the tail lift charge", "tail lift charge in March 2026"])
def test_who_asks_for_the_past_is_told_the_old_value(question: str) -> None:
    assert best(asked(question, LETTER, LIST)) == "Tail lift: 18.00"


def test_an_old_price_in_the_question_does_not_make_it_one_about_the_past() -> None:
    assert "21.50" in best(asked("he was told 18 for the tail lift, what is it now", LIST, LETTER))


@pytest.mark.parametrize(
    ("older", "newer", "question"),
    [
        (
            "Set-up of Acme Flow costs £7,500.",
            "Set-up of Acme Flow Plus costs £14,000 from 1 July 2026.",
            "set-up",
        ),
        ("Booking-in costs £12.75.", "From 1 June 2026 a tail lift costs £21.50.", "booking-in cost"),
        ("Notice is 30 days.", "From 1 June 2026 notice costs £12.", "notice"),
        ("The rate is 3.35% AER.", "The rate of 3.35% applies from 1 June 2026.", "rate"),
    ],
    ids=["a look-alike", "another service", "another measure", "the same value"],
)
def test_what_is_not_in_conflict_replaces_nothing(older: str, newer: str, question: str) -> None:
    now = asked(question, (older, date(2026, 1, 5), "List"), (newer, date(2026, 5, 4), "Circular"))
    assert best(now) == older
    assert len(now.candidates) == 2


def test_rows_of_one_table_do_not_replace_one_another() -> None:
    assert [one.unit.label for one in asked("price", LIST).candidates] == ["Tail lift", "Booking-in"]


def test_the_next_issue_of_a_paper_replaces_the_last() -> None:
    old = ("A peak surcharge of £0.45 per parcel applies.", date(2025, 9, 1), "PEAK 2025")
    new = ("This year the peak surcharge is £0.55 per parcel.", date(2026, 9, 1), "PEAK 2026")
    now = asked("peak surcharge", old, new)
    assert "0.55" in best(now)
    assert since(now) == date(2026, 9, 1)
