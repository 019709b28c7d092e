"""Files into pages: what a reader of the paper sees, and a clear line for a file that cannot be read."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ingestion.document import Document
from ingestion.errors import UnreadableDocumentError
from ingestion.load import load

if TYPE_CHECKING:
    from collections.abc import Sequence


def markdown(text: str) -> Document:
    return load(text.encode(), name="notes/fee-rules.md", uri="file:///fee-rules.md")


def pdf(*pages: Sequence[tuple[str, int, float, float]], lock: str | None = None) -> bytes:
    """Pages of (text, size, x, y), with a running header and a page number, as company papers have."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1, encrypt=lock)
    for number, lines in enumerate(pages, start=1):
        running = [("Northgate Wealth | Staff only", 8, 50, 810), (f"Page {number} of 9", 8, 50, 30)]
        for text, size, x, y in (*lines, *(running if lines else ())):
            canvas.setFont("Helvetica", size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


BODY = [
    ("The fee is yearly and is taken in arrears from the account.", 10, 50, 700 - 12 * n) for n in range(6)
]


def test_a_markdown_paper_has_a_title_a_date_headings_and_pages() -> None:
    paper = markdown("# Rates from 1 June 2026\n\nIssued 18 May 2026\n\n<!-- page -->\n## Exit\nFree.\n")
    assert paper.title == "Rates from 1 June 2026"
    assert paper.dated == date(2026, 5, 18)
    assert [page.number for page in paper.pages] == [1, 2]
    assert paper.pages[1].headings[0].text == "Exit"


def test_a_hash_inside_a_code_fence_is_no_heading() -> None:
    assert [h.text for h in markdown("# One\n```\n# two\n```\n").pages[0].headings] == ["One"]


def test_running_headers_and_page_numbers_are_left_out_and_headings_are_known_by_their_size() -> None:
    first = [("Fee schedule", 18, 50, 760), ("Exit", 13, 50, 720), *BODY]
    paper = load(pdf(first, BODY, BODY), name="fees.pdf", uri="file:///fees.pdf")
    assert paper.title == "Fee schedule"
    assert [(h.level, h.text) for h in paper.pages[0].headings] == [(1, "Fee schedule"), (2, "Exit")]
    assert len(paper.pages) == 3
    assert not any("Staff only" in page.text or "Page" in page.text for page in paper.pages)


def test_a_table_row_is_one_line_with_tabs_between_its_cells() -> None:
    row = [("Early withdrawal", 10, 50, 600), ("60 days' interest", 10, 300, 600)]
    paper = load(pdf([*BODY, *row]), name="fees.pdf", uri="file:///fees.pdf")
    assert "Early withdrawal\t60 days' interest" in paper.pages[0].text


def test_a_word_split_by_a_hyphen_is_joined_and_a_hyphened_word_keeps_its_hyphen() -> None:
    lines = [
        ("Money is returned after a with-", 10, 50, 700),
        ("drawal. An early-withdrawal charge is an early-", 10, 50, 688),
        ("withdrawal charge.", 10, 50, 676),
    ]
    text = load(pdf(lines), name="fees.pdf", uri="file:///fees.pdf").pages[0].text
    assert "after a withdrawal." in text
    assert "is an early-withdrawal charge." in text


def test_a_page_without_text_is_reported_and_keeps_its_number() -> None:
    paper = load(pdf(BODY, [], BODY), name="scan.pdf", uri="file:///scan.pdf")
    assert paper.warnings == ("scan.pdf page 2 has no text (a scan or a picture?).",)
    assert [page.number for page in paper.pages] == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.pdf", b"%PDF-1.7 cut", "not a readable PDF"),
        ("a.pdf", pdf(BODY, lock="secret"), "locked with a password"),
        ("a.pdf", pdf([]), "no text"),
        ("a.md", b" \n ", "is empty"),
        ("a.md", b"\x00\x01\x02bad", "holds binary data"),
        ("a.exe", b"MZ", "not a kind of file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name: str, content: bytes, says: str) -> None:
    with pytest.raises(UnreadableDocumentError, match=says):
        load(content, name=name, uri="file:///x")
