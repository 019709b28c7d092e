"""Word, PowerPoint and Excel files into pages: what a person who opens them sees."""

from __future__ import annotations

import io
from datetime import date, time
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pptx
import pytest
from docx.enum.text import WD_BREAK
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingestion.load import load
from ingestion.sentences import cells, pieces

if TYPE_CHECKING:
    from ingestion.document import Document, Page


def saved(file: Any) -> bytes:
    held = io.BytesIO()
    file.save(held)
    return held.getvalue()


def read(file: Any, name: str) -> Document:
    return load(saved(file), name=name, uri=f"file:///{name}")


def headings(page: Page) -> list[tuple[int, str]]:
    assert all(page.text[h.start :].startswith(h.text) for h in page.headings)
    return [(heading.level, heading.text) for heading in page.headings]


def rows(page: Page) -> list[tuple[str, ...]]:
    found = pieces(page.text, [heading.start for heading in page.headings])
    return [cells(page.text[piece.start : piece.end]) for piece in found if piece.kind == "row"]


# Word


def test_a_word_file_keeps_headings_lists_and_tables_in_their_order() -> None:
    file = docx.Document()
    file.add_heading("Fee schedule", 0)
    file.add_paragraph("Issued 3 March 2026")
    file.add_heading("Exit", 1)
    file.add_paragraph("Early exit", style="List Bullet")
    table = file.add_table(2, 2)
    for cell, text in zip(
        [c for row in table.rows for c in row.cells], ["Plan", "Fee", "A|B\nplus", "1 %"], strict=True
    ):
        cell.text = text
    file.add_paragraph("After the table.")
    paper = read(file, "fees.docx")
    assert (paper.title, paper.dated) == ("Fee schedule", date(2026, 3, 3))
    (page,) = paper.pages
    assert headings(page) == [(1, "Fee schedule"), (1, "Exit")]
    assert rows(page) == [("Plan", "Fee"), ("A|B plus", "1 %")]
    assert page.text.endswith(
        "Exit\n\n- Early exit\n\n| Plan | Fee |\n| A\\|B plus | 1 % |\n\nAfter the table."
    )


def test_pages_of_a_word_file_are_where_breaks_are() -> None:
    file = docx.Document()
    file.add_paragraph("One.")
    file.add_paragraph("Still one.").add_run().add_break(WD_BREAK.PAGE)
    file.add_paragraph("Two.")
    drawn = file.add_paragraph()
    drawn._p.append(parse_xml(f"<w:r {nsdecls('w')}><w:lastRenderedPageBreak/><w:t>Three.</w:t></w:r>"))
    before = file.add_paragraph("Four.")
    before.paragraph_format.page_break_before = True
    assert [page.text for page in read(file, "a.docx").pages] == [
        "One.\n\nStill one.",
        "Two.",
        "Three.",
        "Four.",
    ]


def test_merged_cells_say_their_value_in_each_row_and_grouped_headers_become_one() -> None:
    file = docx.Document()
    table = file.add_table(4, 3)
    texts = [["Plan", "2025", ""], ["", "Fee", "Term"], ["Gold", "1 %", "5 years"], ["", "2 %", "9 years"]]
    for row, line in zip(table.rows, texts, strict=True):
        for cell, text in zip(row.cells, line, strict=True):
            cell.text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(2, 0).merge(table.cell(3, 0))
    assert rows(read(file, "a.docx").pages[0]) == [
        ("Plan", "2025 Fee", "2025 Term"),
        ("Gold", "1 %", "5 years"),
        ("Gold", "2 %", "9 years"),
    ]


def test_tracked_changes_are_read_as_accepted_and_content_controls_are_opened() -> None:
    file = docx.Document()
    paragraph = file.add_paragraph("The fee is ")
    paragraph._p.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>2 %</w:delText></w:r></w:del>"))
    paragraph._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>3 %</w:t></w:r></w:ins>"))
    control = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p>"
        "</w:sdtContent></w:sdt>"
    )
    file.element.body.insert(1, control)
    assert read(file, "a.docx").pages[0].text == "The fee is 3 %\n\nIn a control."


def test_headers_and_footers_are_left_out_and_a_bold_line_is_a_heading() -> None:
    file = docx.Document()
    file.sections[0].header.paragraphs[0].text = "Staff only, 4 May 2026"
    file.sections[0].footer.paragraphs[0].text = "Page 1"
    file.add_paragraph().add_run("Exit charges").bold = True
    file.add_paragraph("An exit is free.")
    paper = read(file, "a.docx")
    assert paper.pages[0].text == "Exit charges\n\nAn exit is free."
    assert headings(paper.pages[0]) == [(6, "Exit charges")]
    assert paper.dated == date(2026, 5, 4)


# PowerPoint


def deck() -> Any:
    return pptx.Presentation()


def slide(file: Any, title: str, *lines: str) -> Any:
    made = file.slides.add_slide(file.slide_layouts[1])
    made.shapes.title.text = title
    made.placeholders[1].text = "\n".join(lines)
    return made


def test_a_slide_is_a_page_with_its_number_its_title_its_table_and_its_notes() -> None:
    file = deck()
    slide(file, "Flow in a nutshell", "One sentence.")
    second = slide(file, "Prices", "Per seat", "Per month")
    table = second.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for at, text in {(0, 0): "Plan", (0, 1): "Price", (1, 0): "Team", (1, 1): "$12"}.items():
        table.cell(*at).text = text
    second.notes_slide.notes_text_frame.text = "Do not offer a discount."
    paper = read(file, "deck.pptx")
    assert paper.title == "Flow in a nutshell"
    assert [page.number for page in paper.pages] == [1, 2]
    page = paper.pages[1]
    assert headings(page) == [(1, "Prices"), (2, "Speaker notes")]
    assert "- Per seat\n- Per month" in page.text
    assert rows(page) == [("Plan", "Price"), ("Team", "$12")]
    assert page.text.endswith("Speaker notes\n\nDo not offer a discount.")


def test_the_numbers_of_a_chart_are_a_table() -> None:
    file = deck()
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["2024", "2025"]
    data.add_series("Churn", (0.25, 3))
    made = file.slides.add_slide(file.slide_layouts[6])
    made.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(4), Inches(3), data)
    page = read(file, "deck.pptx").pages[0]
    assert headings(page) == [(1, "Slide 1")]
    assert rows(page) == [("", "Churn"), ("2024", "0.25"), ("2025", "3")]


def test_a_hidden_slide_and_one_without_text_are_reported_and_running_lines_left_out() -> None:
    file = deck()
    for number in range(3):
        made = slide(file, f"Point {number}", f"Text {number}.")
        made.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "Confidential"
    slide(file, "Secret", "Hidden.").element.set("show", "0")
    file.slides.add_slide(file.slide_layouts[6])
    paper = read(file, "deck.pptx")
    assert not any("Confidential" in page.text or "Hidden" in page.text for page in paper.pages)
    assert paper.warnings == (
        "deck.pptx page 4: hidden in the presentation, not read.",
        "deck.pptx page 5: no text (a picture?).",
    )


# Excel


def book(**sheets: list[list[object]]) -> openpyxl.Workbook:
    file = openpyxl.Workbook()
    file.remove(file.worksheets[0])
    for name, lines in sheets.items():
        sheet = file.create_sheet(name)
        for line in lines:
            sheet.append(line)
    return file


def test_a_sheet_is_a_page_and_its_values_stand_as_they_are_shown() -> None:
    file = book(
        Rates=[
            ["Plan", "Rate", "Fee", "From"],
            ["Gold", 0.0525, 1234.5, date(2026, 3, 1)],
            ["Tin", None, -3, None],
        ]
    )
    sheet = file["Rates"]
    for row in (2, 3):
        sheet.cell(row, 2).number_format = "0.00%"
        sheet.cell(row, 3).number_format = '"£"#,##0.00'
        sheet.cell(row, 4).number_format = "dd/mm/yyyy"
    page = read(file, "rates.xlsx").pages[0]
    assert headings(page) == [(1, "Rates")]
    assert rows(page) == [
        ("Plan", "Rate", "Fee", "From"),
        ("Gold", "5.25%", "£1,234.50", "1 March 2026"),
        ("Tin", "", "-£3.00", ""),
    ]


def test_a_caption_stands_above_its_table_and_an_empty_row_parts_two_tables() -> None:
    file = book(
        Prices=[
            ["Valid from 1 June 2026"],
            [],
            [None, "Plan", "Fee"],
            [None, "Gold", 1],
            [],
            [None, "Tin", 2],
            [],
            [None, "Country", "Tax"],
            [None, "France", 20],
        ]
    )
    page = read(file, "prices.xlsx").pages[0]
    assert page.text == (
        "Prices\n\nValid from 1 June 2026\n\n| Plan | Fee |\n| Gold | 1 |\n| Tin | 2 |\n\n"
        "| Country | Tax |\n| France | 20 |"
    )


def test_merged_cells_hidden_rows_columns_and_sheets() -> None:
    file = book(
        Shown=[["Plan", "Kept", "Fee"], ["Gold", "x", 1], [None, "x", 2], ["Gone", "x", 3]],
        Secret=[["a", "b"]],
    )
    file["Shown"].merge_cells("A2:A3")
    file["Shown"].row_dimensions[4].hidden = True
    file["Shown"].column_dimensions["B"].hidden = True
    file["Secret"].sheet_state = "hidden"
    paper = read(file, "a.xlsx")
    assert rows(paper.pages[0]) == [("Plan", "Fee"), ("Gold", "1"), ("Gold", "2")]
    assert paper.pages[1].text == ""
    assert paper.warnings == ("a.xlsx: the sheet 'Secret' is hidden and was not read.",)


def test_formulas_that_were_never_reckoned_are_reported() -> None:
    file = book(Sum=[["Plan", "Fee"], ["Gold", "=1+1"]])
    assert read(file, "a.xlsx").warnings == (
        "a.xlsx: the sheet 'Sum' has formulas without a result. Open and save it, and run again.",
    )


def test_a_sheet_without_end_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.readers.sheet.MOST_ROWS", 5)
    monkeypatch.setattr("ingestion.readers.xlsx.MOST_ROWS", 5)
    paper = read(book(Long=[["Plan", "Fee"], *([f"p{n}", n] for n in range(20))]), "a.xlsx")
    assert len(rows(paper.pages[0])) == 5
    assert paper.warnings == ("a.xlsx: the sheet 'Long' has more than 5 rows; the rest was not read.",)


def test_a_time_is_a_time() -> None:
    file = book(Hours=[["Day", "Opens"], ["Monday", time(9, 30)]])
    assert rows(read(file, "a.xlsx").pages[0])[1] == ("Monday", "09:30")
