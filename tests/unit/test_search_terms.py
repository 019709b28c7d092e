"""What BM25 counts: stems, figures as people write them, and pairs of neighbours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.words import search_terms, stems


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("the price of 9600 pounds", "priced at £9,600"),
        ("a 0.75% fee", "fees of 0.75 %"),
        ("the customer's invoices", "customer invoice"),
        ("sage 200", "Sage200"),
        ("LEEDS’ offices", "leeds office"),
    ],
)
def test_what_is_asked_meets_what_is_written(asked: str, written: str) -> None:
    assert set(search_terms(asked)) & set(search_terms(written))


def test_figures_side_by_side_make_no_pair() -> None:
    assert search_terms("2019 2018") == ["2019", "2018"]


def test_words_that_say_nothing_are_left_out_unless_there_are_no_others() -> None:
    assert stems("what is the fee") == ["fee"]
    assert stems("to be or not to be")


@given(st.text(max_size=200))
def test_a_term_has_no_blank_in_it_so_every_index_splits_alike(text: str) -> None:
    terms = search_terms(text)
    assert " ".join(terms).split(" ") == (terms or [""])
    assert all(letter.isalnum() or letter == "." or ord(letter) > 127 for term in terms for letter in term)
