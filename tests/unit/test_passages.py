"""A hit is read with its neighbours where these go on with it, and with nothing else."""

from __future__ import annotations

from ingestion.context import with_neighbours
from ingestion.index.protocol import Hit


def chunk(ordinal: int, heading: str = "Fees", page: int = 1, document: str = "d", header: str = "") -> Hit:
    text = f"text {ordinal} of {document}"
    return Hit(
        *(document, "Title", page, heading, text, 0.5, "", f"{document}{ordinal}", "c"),
        table_header=header,
        document_id=document,
        ordinal=ordinal,
    )


def test_neighbours_under_the_same_heading_are_taken_in_in_reading_order() -> None:
    (passage,) = with_neighbours([chunk(4)], [chunk(3), chunk(5)], 4)
    assert passage.text == "text 3 of d\n\ntext 4 of d\n\ntext 5 of d"
    assert (passage.chunk, passage.ordinal, passage.score) == ("d4", 4, 0.5)


def test_another_heading_page_or_document_is_left_out() -> None:
    around = [chunk(3, heading="Exit"), chunk(5, page=2), chunk(3, document="other")]
    assert with_neighbours([chunk(4)], around, 4) == (chunk(4),)


def test_a_table_that_goes_on_below_another_heading_is_kept_whole() -> None:
    rest = chunk(5, heading="Fees > Funds", header="Fund | Cost")
    (passage,) = with_neighbours([chunk(4)], [rest], 4)
    assert passage.text == "text 4 of d\n\ntext 5 of d"


def test_a_passage_that_begins_with_the_table_needs_no_header_from_elsewhere() -> None:
    (passage,) = with_neighbours([chunk(5, header="Fund | Cost")], [chunk(4)], 4)
    assert not passage.table_header


def test_a_hit_that_a_better_one_took_in_is_not_listed_again() -> None:
    first, second = with_neighbours([chunk(4), chunk(5), chunk(8)], [chunk(3), chunk(6), chunk(7)], 4)
    assert first.text == "text 3 of d\n\ntext 4 of d\n\ntext 5 of d"
    assert second.text == "text 7 of d\n\ntext 8 of d"


def test_only_the_best_hits_are_read_around() -> None:
    _, second = with_neighbours([chunk(4), chunk(8)], [chunk(3), chunk(7)], 1)
    assert second == chunk(8)
