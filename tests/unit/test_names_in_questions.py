"""A question that names a document, or a telling part of its title, is heard to do so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.index.protocol import IndexedDocument
from ingestion.titles import Names, names_of


def document(name: str, title: str) -> IndexedDocument:
    return IndexedDocument(name, "firm", name, title, "", "", None)


FIRM = names_of(
    [
        document("flow.md", "Loomstack Flow: product sheet"),
        document("flow-plus.md", "Loomstack Flow Plus: product sheet"),
        document("insight.md", "Loomstack Insight: product sheet"),
        document("pilot.md", "The 30-day pilot: product sheet"),
        document("fixed-reserve-12.md", "Northgate Fixed Reserve 12: product sheet"),
        document("price-list-2026.pdf", "Price list 2026"),
        document("2026.csv", "2026"),
    ]
)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("what does insight cost", {"insight.md"}),
        ("is SSO part of Flow Plus?", {"flow-plus.md"}),
        ("is SSO part of flow?", {"flow.md"}),
        ("moving from Flow to Flow Plus", {"flow.md", "flow-plus.md"}),
        ("can I leave the fixed reserve early", {"fixed-reserve-12.md"}),
        ("the 30 day pilot", {"pilot.md"}),
        ("what is in the price lists", {"price-list-2026.pdf"}),
    ],
)
def test_the_longest_name_in_the_question_is_the_one_meant(question: str, named: set[str]) -> None:
    assert FIRM.in_question(question) == named


def test_what_many_titles_share_names_nothing() -> None:
    assert not FIRM.in_question("where is the product sheet")


def test_a_year_alone_names_no_document() -> None:
    assert not FIRM.in_question("what changed in 2026")


@given(st.text(max_size=80))
def test_any_question_can_be_asked(question: str) -> None:
    assert FIRM.in_question(question) <= {name for ids in FIRM.runs.values() for name in ids}
    assert not Names({}).in_question(question)
