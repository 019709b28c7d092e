"""Files into pages: what a reader of the paper sees, and a clear line for a file that cannot be read."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING

import pytest
from reportlab.lib.colors import black, lightgrey
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    ListFlowable,
    PageTemplate,
    Paragraph,
    Table,
)

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


# Layouts as company papers have them

STYLES = getSampleStyleSheet()
NORMAL = STYLES["Normal"]
BOLD = ParagraphStyle("bold", parent=NORMAL, fontName="Helvetica-Bold")
TEXT = "The yearly charge is taken from the account in arrears and is pro-rated for the months it was open. "
WRAPPED = Paragraph(
    "A long note that wraps over several lines of its cell, since it is with-<br/>out end", NORMAL
)
ROWS = [["Plan", "Fee", "Notes"], ["Gold", "1.0 %", WRAPPED], ["Tin", "2.0 %", Paragraph("short", NORMAL)]]
READ_ROWS = (
    "| Plan | Fee | Notes |\n"
    "| Gold | 1.0 % | A long note that wraps over several lines of its cell, since it is without end |\n"
    "| Tin | 2.0 % | short |"
)


def laid_out(*story: Flowable, columns: int = 1) -> Document:
    """Flowing text with a footer, as an office program sets it."""

    def footer(canvas: Canvas, template: BaseDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(50, 20, f"Page {template.page} of 9 · Confidential")

    file = io.BytesIO()
    width = 480 / columns
    frames = [Frame(50 + number * width, 50, width - 20, 740) for number in range(columns)]
    template = BaseDocTemplate(file, pagesize=A4, invariant=1)
    template.addPageTemplates(PageTemplate("page", frames, onPage=footer))
    template.build(list(story))
    return load(file.getvalue(), name="terms.pdf", uri="file:///terms.pdf")


@pytest.mark.parametrize(
    "rules",
    [
        [("GRID", (0, 0), (-1, -1), 0.5, black)],
        [("BOX", (0, 0), (-1, -1), 1, black), ("INNERGRID", (0, 0), (-1, -1), 0.5, black)],
        [("LINEBELOW", (0, 0), (-1, -1), 0.5, black)],
        [("LINEBELOW", (0, 0), (-1, -1), 0.5, black), ("BACKGROUND", (0, 0), (-1, 0), lightgrey)],
    ],
)
@pytest.mark.parametrize("place", ["TOP", "MIDDLE", "BOTTOM"])
def test_a_cell_that_wraps_stays_in_its_row(rules: list[tuple[object, ...]], place: str) -> None:
    table = Table(ROWS, colWidths=[80, 80, 150], style=[*rules, ("VALIGN", (0, 0), (-1, -1), place)])
    page = laid_out(Paragraph(TEXT * 3, NORMAL), table, Paragraph(TEXT, NORMAL)).pages[0]
    assert f"\n\n{READ_ROWS}\n\nThe yearly" in page.text


def test_cells_merged_in_a_table_with_rules_are_said_in_each_row() -> None:
    lines = [["Plan", "2025", ""], ["", "Fee", "Term"], ["Gold", "1 %", "5"], ["", "2 %", "9"]]
    spans = [("SPAN", (1, 0), (2, 0)), ("SPAN", (0, 0), (0, 1)), ("SPAN", (0, 2), (0, 3))]
    table = Table(lines, colWidths=70, style=[("GRID", (0, 0), (-1, -1), 0.5, black), *spans])
    page = laid_out(table).pages[0]
    assert page.text == "| Plan | 2025 Fee | 2025 Term |\n| Gold | 1 % | 5 |\n| Gold | 2 % | 9 |"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_that_is_shown_turned_is_read_upright(turn: int) -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1)
    canvas.setPageRotation(turn)
    canvas.translate(*{0: (0, 0), 90: (A4[0], 0), 180: A4, 270: (0, A4[1])}[turn])
    canvas.rotate(turn)
    canvas.drawString(50, 500, "The first line of it")
    canvas.drawString(50, 488, "and the second.")
    canvas.grid([50, 150, 250], [300, 330, 360])
    for x, y, text in [(55, 340, "Plan"), (155, 340, "Fee"), (55, 310, "Gold"), (155, 310, "1 %")]:
        canvas.drawString(x, y, text)
    canvas.save()
    text = load(file.getvalue(), name="a.pdf", uri="file:///a.pdf").pages[0].text
    assert text == "The first line of it\nand the second.\n\n| Plan | Fee |\n| Gold | 1 % |"


def test_bold_and_numbered_lines_are_headings_and_a_bold_sentence_is_not() -> None:
    paper = laid_out(
        Paragraph("Exit charges", BOLD),
        Paragraph(TEXT * 2, NORMAL),
        Paragraph("1.2 Fees", NORMAL),
        Paragraph(f"<b>Note</b> this. {TEXT * 2}", NORMAL),
        Paragraph("Never promise a rate.", BOLD),
        Paragraph(TEXT, NORMAL),
    )
    assert [heading.text for heading in paper.pages[0].headings] == ["Exit charges", "1.2 Fees"]
    assert paper.title == "Exit charges"


def test_columns_are_read_one_after_the_other() -> None:
    left = [Paragraph(f"Left {number}. {TEXT}", NORMAL) for number in range(16)]
    right = [Paragraph(f"Right {number}. {TEXT}", NORMAL) for number in range(9)]
    text = laid_out(*left, FrameBreak(), *right, columns=2).pages[0].text
    assert "\t" not in text
    marks = [text.index(mark) for mark in ("Left 0.", "Left 15.", "Right 0.", "Right 8.")]
    assert marks == sorted(marks)


def test_a_footer_that_numbers_the_page_goes_even_from_a_single_page() -> None:
    assert "Confidential" not in laid_out(Paragraph(TEXT, NORMAL)).pages[0].text


def test_items_of_a_list_are_no_rows() -> None:
    page = laid_out(ListFlowable([Paragraph("One.", NORMAL), Paragraph("Two.", NORMAL)], bulletType="bullet"))
    assert "\t" not in page.pages[0].text


def test_pages_without_end_are_cut_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.readers.pdf.MOST_PAGES", 2)
    paper = load(pdf(BODY, BODY, BODY), name="fees.pdf", uri="file:///fees.pdf")
    assert len(paper.pages) == 2
    assert paper.warnings == ("fees.pdf has 3 pages; the first 2 were read.",)


@pytest.mark.parametrize(
    ("name", "text", "year"),
    [
        ("tariff-2025-leaflet.md", "# Tariff leaflet\n\nParcels from £5.", 2025),
        ("rates.md", "# Rates 2024\n\nParcels from £5.", 2024),
        ("rates-2024-to-2025.md", "# Rates\n\nParcels from £5.", None),
    ],
)
def test_a_paper_without_a_date_has_the_year_of_its_name(name: str, text: str, year: int | None) -> None:
    dated = load(text.encode(), name=name, uri=f"file:///{name}").dated
    assert (dated.year if dated else None) == year
