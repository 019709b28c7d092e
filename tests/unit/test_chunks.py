"""Chunks are whole sentences and rows of a page; together they are the page, nothing lost, nothing added."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ingestion.chunk import CHUNK_CHARACTERS, chunks_of, text_to_embed
from ingestion.document import Document
from ingestion.load import load
from ingestion.readers.characters import seen

WORDS = st.text(alphabet="abcdeé£0123.,%'()-", min_size=1, max_size=12)
SENTENCES = st.lists(WORDS, min_size=1, max_size=60).map(lambda words: " ".join(words).capitalize() + ".")
LINES = st.one_of(
    SENTENCES,
    st.sampled_from(
        ["", "## Fees", "### Exit", "- a point", "| Item | Cost |", "|---|---|", "<!-- page -->"]
    ),
    st.lists(WORDS, min_size=2, max_size=40).map(lambda words: "| " + " ".join(words) + " | x |"),
    st.text(max_size=80),
)
PAPERS = st.lists(LINES, min_size=1, max_size=40).map("\n".join).filter(lambda text: text.strip())


def paper(text: str) -> Document | None:
    content = text.encode("utf-8", "ignore")
    if b"\x00" in content or not re.sub(r"<!--\s*page\s*-->", "", seen(content.decode())).strip():
        return None
    return load(content, name="paper.md", uri="file:///paper.md")


@given(PAPERS)
def test_no_chunk_loses_or_invents_text(text: str) -> None:
    document = paper(text)
    if document is None:
        return
    chunks = chunks_of(document)
    for page in document.pages:
        of_page = [chunk.text for chunk in chunks if chunk.page == page.number]
        assert "".join("".join(of_page).split()) == "".join(page.text.split())
        assert all(chunk in page.text for chunk in of_page)


@given(PAPERS)
def test_no_chunk_begins_or_ends_inside_a_word(text: str) -> None:
    document = paper(text)
    if document is None:
        return
    texts = {page.number: page.text for page in document.pages}
    at = dict.fromkeys(texts, 0)
    for chunk in chunks_of(document):
        page = texts[chunk.page]
        start = page.index(chunk.text, at[chunk.page])
        end = at[chunk.page] = start + len(chunk.text)
        assert start == 0 or page[start - 1].isspace()
        assert end == len(page) or page[end].isspace()


@given(PAPERS)
def test_a_chunk_is_longer_than_the_limit_only_for_a_row_or_a_single_word(text: str) -> None:
    document = paper(text)
    for chunk in chunks_of(document) if document else ():
        if len(chunk.text) > CHUNK_CHARACTERS:
            last = chunk.text.split("\n")[-1]
            assert "|" in last or "\t" in last or len(chunk.text.split()) <= 1 + chunk.text.count("\n")


def test_the_embedded_text_says_where_the_chunk_stands_and_the_quoted_text_does_not() -> None:
    document = paper(
        "# Fee schedule\n\n" + "All fees are yearly. " * 20 + "\n\n## Exit\n\n### Early\n\nIt is free."
    )
    assert document is not None
    last = chunks_of(document)[-1]
    assert last.heading == "Exit > Early"
    assert text_to_embed(document.title, last).startswith("Fee schedule\nExit > Early\n")
    assert "Fee schedule" not in last.text


def test_a_long_table_keeps_its_rows_whole_and_carries_its_header_on() -> None:
    rows = "\n".join(f"| Product number {n} | £{n},000 a year for each of the users |" for n in range(10, 60))
    document = paper(f"# Prices\n\n| Product | Price |\n|---|---|\n{rows}\n")
    assert document is not None
    chunks = chunks_of(document)
    assert len(chunks) > 2
    assert all(line.count("|") == 3 for chunk in chunks[1:] for line in chunk.text.splitlines())
    assert {chunk.table_header for chunk in chunks[1:]} == {"| Product | Price |"}


def test_sentences_end_at_full_stops_and_not_at_abbreviations_or_decimals() -> None:
    text = "Fees are 0.75 % p.a. on top. Ask e.g. Mr. Hale at 2.30 pm. Then call!"
    filler = "Nothing more is said here about that matter. " * 40
    document = paper(f"{filler}\n\n{text}")
    assert document is not None
    assert any(chunk.text.endswith(text) for chunk in chunks_of(document))


def test_a_title_with_its_number_is_no_chunk_of_its_own() -> None:
    document = paper("# Pilot\n\nDocument LS-1 · Issued 2 March 2026\n\n## Length\n\nIt takes 30 days.")
    assert document is not None
    (chunk,) = chunks_of(document)
    assert chunk.heading == "Length"
