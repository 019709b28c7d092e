"""Build the sample PDFs from their Markdown: ``python -m ingestion.samples.build_pdfs``.

One source page (up to the next ``<!-- page -->``) becomes exactly one PDF page, so that a page number
quoted from a source holds for the PDF too. The output depends on nothing but the source.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, Paragraph, Table, TableStyle

SAMPLES = Path(__file__).parent
SOURCES = SAMPLES / "sources"
FIRM_NAMES = {"northgate": "Northgate Wealth", "loomstack": "Loomstack"}

PAGE_MARK = "<!-- page -->"
STAMP = re.compile(
    r"^Document (?P<number>\S+) · Issued (?P<date>[^·]+?) · Owner: [^·]+ · (?P<audience>[^·]+)$"
)
TABLE_RULE = re.compile(r"^\|(\s*:?-+:?\s*\|)+$")
LIST_ITEM = re.compile(r"^(?P<bullet>-|\d+\.) (?P<text>.+)$")

MARGIN = 22 * mm
TEXT_WIDTH = A4[0] - 2 * MARGIN
CELL_PADDING = 4  # points, left and right
WIDEST_COLUMN = 0.45  # share of the text width that one column may claim before wrapping

INK, RULE, SHADE = HexColor("#1d2733"), HexColor("#9aa5b1"), HexColor("#eef1f4")
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=11, leading=15.5, spaceAfter=7, textColor=INK)
TITLE = ParagraphStyle("title", BODY, fontName="Helvetica-Bold", fontSize=20, leading=25, spaceAfter=4)
HEADING = ParagraphStyle("heading", BODY, fontName="Helvetica-Bold", fontSize=13, leading=17, spaceBefore=9)
ITEM = ParagraphStyle("item", BODY, leftIndent=18, bulletIndent=3, spaceAfter=3)
CELL = ParagraphStyle("cell", BODY, fontSize=9.5, leading=12, spaceAfter=0)
HEAD_CELL = ParagraphStyle("head cell", CELL, fontName="Helvetica-Bold")


class SourceError(ValueError):
    """A Markdown source cannot become a PDF; the message names the file and what to change."""


@dataclass(frozen=True)
class Sheet:
    """One source document: what its running header says, and its pages as Markdown."""

    firm: str
    title: str
    number: str
    date: str
    audience: str
    pages: tuple[str, ...]


def read_sheet(source: Path) -> Sheet:
    """Read a source. Raises SourceError if its folder, title or second line is not as the README asks."""
    if source.parent.name not in FIRM_NAMES:
        raise SourceError(f"{source}: give the firm '{source.parent.name}' its full name in FIRM_NAMES.")
    text = source.read_text(encoding="utf-8")
    title, stamp_line, *_ = [*text.split("\n\n", 2), ""]
    stamp = STAMP.match(stamp_line.strip())
    if not title.startswith("# ") or stamp is None:
        raise SourceError(
            f"{source}: begin with '# Title', an empty line, and "
            "'Document NUMBER · Issued DATE · Owner: WHO · AUDIENCE'."
        )
    return Sheet(
        firm=FIRM_NAMES[source.parent.name],
        title=title.removeprefix("# ").strip(),
        number=stamp["number"],
        date=stamp["date"],
        audience=stamp["audience"],
        pages=tuple(page.strip() for page in text.split(PAGE_MARK)),
    )


def build(source: Path, target: Path) -> int:
    """Write the PDF of one source and return its number of pages. Raises SourceError."""
    sheet = read_sheet(source)
    canvas = Canvas(str(target), pagesize=A4, invariant=1)
    canvas.setTitle(sheet.title)
    canvas.setAuthor(sheet.firm)
    canvas.setSubject(f"{sheet.number}, issued {sheet.date}")
    for number, page in enumerate(sheet.pages, start=1):
        _draw_running_lines(canvas, sheet, number)
        try:
            story = [flowable for block in page.split("\n\n") for flowable in _flowables(block.strip())]
        except SourceError as problem:
            raise SourceError(f"{source}, page {number}: {problem}") from None
        frame = Frame(MARGIN, 19 * mm, TEXT_WIDTH, A4[1] - 42 * mm, 0, 0, 0, 0)
        frame.addFromList(story, canvas)
        if story:
            raise SourceError(f"{source}, page {number}: too long for one sheet; add a {PAGE_MARK} line.")
        canvas.showPage()
    canvas.save()
    return len(sheet.pages)


def _draw_running_lines(canvas: Canvas, sheet: Sheet, number: int) -> None:
    top, bottom, right = A4[1] - 14 * mm, 12 * mm, A4[0] - MARGIN
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, top - 2 * mm, right, top - 2 * mm)
    canvas.setFillColor(INK)
    canvas.setFont("Helvetica", 7.5)
    canvas.drawString(MARGIN, top, f"{sheet.firm} | {sheet.title}")
    canvas.drawRightString(right, top, f"{sheet.number} | {sheet.date}")
    canvas.drawString(MARGIN, bottom, sheet.audience)
    canvas.drawRightString(right, bottom, f"Page {number} of {len(sheet.pages)}")


def _flowables(block: str) -> list[Flowable]:
    lines = block.splitlines()
    if block.startswith("# "):
        return [Paragraph(_inline(block[2:]), TITLE)]
    if block.startswith("## "):
        return [Paragraph(_inline(block[3:]), HEADING)]
    if block.startswith("|"):
        return [_table(lines)]
    if LIST_ITEM.match(lines[0]):
        return [_item(line) for line in lines]
    return [Paragraph(_inline(" ".join(lines)), BODY)]


def _item(line: str) -> Paragraph:
    match = LIST_ITEM.match(line)
    if match is None:
        raise SourceError(f"A list item must stay on one line, but this line begins none: '{line[:60]}'.")
    bullet = "•" if match["bullet"] == "-" else match["bullet"]
    return Paragraph(_inline(match["text"]), ITEM, bulletText=bullet)


def _table(lines: list[str]) -> Table:
    rows = [_cells(line) for line in lines if not TABLE_RULE.match(line)]
    if len({len(row) for row in rows}) != 1:
        raise SourceError(f"The rows of the table '{lines[0][:60]}' differ in their number of cells.")
    styles = [HEAD_CELL, *[CELL] * (len(rows) - 1)]
    cells = [
        [Paragraph(_inline(cell), style) for cell in row] for row, style in zip(rows, styles, strict=True)
    ]
    table = Table(cells, colWidths=_column_widths(rows), spaceBefore=2, spaceAfter=8, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), SHADE),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), CELL_PADDING),
                ("RIGHTPADDING", (0, 0), (-1, -1), CELL_PADDING),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4.5),
            ]
        )
    )
    return table


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]


def _column_widths(rows: list[list[str]]) -> list[float]:
    """Share the text width among the columns by their longest cell, none claiming more than its cap."""
    wishes = [
        min(
            max(stringWidth(cell, HEAD_CELL.fontName, HEAD_CELL.fontSize) for cell in column),
            WIDEST_COLUMN * TEXT_WIDTH,
        )
        + 2 * CELL_PADDING
        for column in zip(*rows, strict=True)
    ]
    return [TEXT_WIDTH * wish / sum(wishes) for wish in wishes]


def _inline(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))


def main() -> None:
    """Build every source into its firm's folder."""
    for source in sorted(SOURCES.glob("*/*.md")):
        target = SAMPLES / source.parent.name / f"{source.stem}.pdf"
        sys.stdout.write(f"{target.relative_to(SAMPLES)}: {build(source, target)} pages\n")


if __name__ == "__main__":
    try:
        main()
    except SourceError as problem:
        sys.exit(str(problem))
