"""Makes the PDF, office and e-mail files of the strangers' knowledge bases from the texts in sources/.

Run `python tests/data/kb/build.py` after changing a text there. A source is called like the file it becomes
plus `.md`, opens with `key: value` lines, and holds headings (#), bullets (-), tables (|), paragraphs, and
`<!-- page -->` where a page, a slide or a sheet ends. The same texts give the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
PAGE_END = "<!-- page -->"
THE_DATE = "2026-01-01T00:00:00Z"
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Block:
    """A piece of a page: kind is heading1 to heading3, bullet, table or text. Only a table has rows."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Source:
    """A text with its settings (layout, header, footer, e-mail headers), page by page."""

    settings: dict[str, str]
    body: str
    pages: tuple[tuple[Block, ...], ...]


def read(path: Path) -> Source:
    """The settings end at the first empty line."""
    top, body = path.read_text(encoding="utf-8").split("\n\n", 1)
    settings = dict(line.split(": ", 1) for line in top.splitlines())
    return Source(settings, body, tuple(tuple(blocks(page)) for page in body.split(PAGE_END)))


def blocks(page: str) -> Iterator[Block]:
    """Paragraphs are parted by empty lines; each bullet is a block of its own."""
    for part in re.split(r"\n\s*\n", page.strip()):
        lines = part.splitlines()
        if lines[0].startswith("|"):
            rows = (
                line.strip().strip("|").split("|") for line in lines if not re.fullmatch(r"[|\-: ]+", line)
            )
            yield Block("table", rows=tuple(tuple(cell.strip() for cell in row) for row in rows))
        elif heading := re.fullmatch(r"(#+) (.+)", lines[0]):
            yield Block(f"heading{len(heading[1])}", heading[2])
            if lines[1:]:
                yield from blocks("\n".join(lines[1:]))
        elif lines[0].startswith("- "):
            yield from (Block("bullet", item.strip()) for item in re.split(r"(?:^|\n)- ", part) if item)
        else:
            yield Block("text", " ".join(lines))


def write_pdf(source: Source, path: Path) -> None:
    """Layouts: ruled, columns (tables without lines), bold (headings no larger), newspaper."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import BaseDocTemplate, Frame, PageBreak, PageTemplate

    layout = source.settings["layout"]
    width, height = A4
    count = 2 if layout == "newspaper" else 1
    tall = 95 * mm if count == 2 else height - 42 * mm
    wide = (width - 40 * mm - (count - 1) * 8 * mm) / count
    frames = [
        Frame(20 * mm + n * (wide + 8 * mm), height - 22 * mm - tall, wide, tall, 0, 0, 0, 0)
        for n in range(count)
    ]

    def running(canvas: Any, document: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(20 * mm, height - 14 * mm, source.settings["header"])
        canvas.drawRightString(width - 20 * mm, height - 14 * mm, source.settings.get("right", ""))
        page = f"Page {document.page} of {len(source.pages)}"
        canvas.drawString(20 * mm, 12 * mm, source.settings["footer"])
        canvas.drawRightString(width - 20 * mm, 12 * mm, page)

    document = BaseDocTemplate(str(path), pagesize=A4, invariant=1, title=source.settings.get("title", ""))
    document.addPageTemplates([PageTemplate(frames=frames, onPage=running)])
    story: list[Any] = []
    for page in source.pages:
        story += [flowable for block in page for flowable in pdf_block(block, layout, wide)]
        story.append(PageBreak())
    document.build(story[:-1])
    if document.page != len(source.pages):
        raise SystemExit(
            f"{path.name} has {document.page} pages, its source {len(source.pages)}: shorten it."
        )


def pdf_block(block: Block, layout: str, wide: float) -> list[Any]:
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Spacer, Table

    plain = ParagraphStyle("plain", fontName="Helvetica", fontSize=9.5, leading=12.5, spaceAfter=5)
    if block.kind == "table":
        small = ParagraphStyle("small", parent=plain, fontSize=8, leading=9.6, spaceAfter=0)
        bold = ParagraphStyle("bold", parent=small, fontName="Helvetica-Bold")
        cells = [
            [Paragraph(marked(cell), small if n else bold) for cell in row]
            for n, row in enumerate(block.rows)
        ]
        first = 0.3 if len(block.rows[0]) > 2 else 0.45
        rest = (1 - first) / (len(block.rows[0]) - 1)
        table = Table(cells, [wide * first] + [wide * rest] * (len(block.rows[0]) - 1), repeatRows=1)
        lines: list[Any] = [("VALIGN", (0, 0), (-1, -1), "TOP")]
        if layout == "ruled":
            lines += [("GRID", (0, 0), (-1, -1), 0.4, colors.grey)]
            lines += [("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey)]
        table.setStyle(lines)
        return [table, Spacer(1, 7)]
    if block.kind.startswith("heading"):
        level = int(block.kind[-1])
        size = 9.5 if layout == "bold" and level > 1 else {1: 16.0, 2: 12.5}.get(level, 10.5)
        style = ParagraphStyle(
            "heading",
            fontName="Helvetica-Bold",
            fontSize=size,
            leading=size * 1.25,
            spaceBefore=5,
            spaceAfter=4,
        )
        return [Paragraph(marked(block.text), style)]
    if block.kind == "bullet":
        style = ParagraphStyle("bullet", parent=plain, leftIndent=12, bulletIndent=2, spaceAfter=2)
        return [Paragraph(marked(block.text), style, bulletText="•")]
    return [Paragraph(marked(block.text), plain)]


def marked(text: str) -> str:
    """Markdown's bold as reportlab's."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))


def write_docx(source: Source, path: Path) -> None:
    from docx import Document

    document: Any = Document()
    document.core_properties.title = source.settings.get("title", "")
    document.sections[0].header.paragraphs[0].text = source.settings["header"]
    document.sections[0].footer.paragraphs[0].text = source.settings["footer"]
    for number, page in enumerate(source.pages):
        if number:
            document.add_page_break()
        for block in page:
            if block.kind == "table":
                table = document.add_table(len(block.rows), len(block.rows[0]), style="Table Grid")
                for row, cells in zip(table.rows, block.rows, strict=True):
                    for cell, text in zip(row.cells, cells, strict=True):
                        cell.text = text.replace("**", "")
            elif block.kind.startswith("heading"):
                document.add_heading(block.text, int(block.kind[-1]))
            else:
                style = "List Bullet" if block.kind == "bullet" else None
                paragraph = document.add_paragraph(style=style)
                for n, run in enumerate(block.text.split("**")):
                    paragraph.add_run(run).bold = n % 2 == 1
    document.save(str(path))
    steady(path)


def write_pptx(source: Source, path: Path) -> None:
    """A slide a page: its heading, its lines, at most one table, and speaker's notes after "Notes:"."""
    from pptx import Presentation
    from pptx.util import Inches, Pt

    deck = Presentation()
    for page in source.pages:
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = page[0].text
        lines = [block.text for block in page[1:] if block.kind in {"text", "bullet"}]
        notes = [line.removeprefix("Notes: ") for line in lines if line.startswith("Notes: ")]
        frame = slide.shapes.add_textbox(Inches(0.6), Inches(1.4), Inches(8.8), Inches(2.5)).text_frame
        frame.word_wrap = True
        for n, line in enumerate(line for line in lines if not line.startswith("Notes: ")):
            paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
            paragraph.text = line.replace("**", "")
            paragraph.font.size = Pt(16)
        for block in page:
            if block.kind == "table":
                box = (Inches(0.6), Inches(4), Inches(8.8), Inches(0.4 * len(block.rows)))
                table = slide.shapes.add_table(len(block.rows), len(block.rows[0]), *box).table
                for r, row in enumerate(block.rows):
                    for c, text in enumerate(row):
                        table.cell(r, c).text = text
        if notes:
            slide.notes_slide.notes_text_frame.text = "\n".join(notes)
    deck.save(str(path))
    steady(path)


def write_xlsx(source: Source, path: Path) -> None:
    """A sheet a page, named by its heading. Numbers are stored as numbers."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.worksheets[0])
    for page in source.pages:
        sheet = book.create_sheet(page[0].text)
        for block in page[1:]:
            for n, row in enumerate(block.rows or ((block.text,),)):
                sheet.append([float(cell) if NUMBER.fullmatch(cell) else cell or None for cell in row])
                for cell in sheet[sheet.max_row] if block.rows and n == 0 else ():
                    cell.font = Font(bold=True)
                    if isinstance(cell.value, float):
                        cell.number_format = "0.00"
            sheet.append([])
    book.save(path)
    steady(path)


def write_eml(source: Source, path: Path) -> None:
    """Plain text, with an HTML twin where the source says `twin: yes`, as mail programs send it."""
    message = EmailMessage()
    for key, value in source.settings.items():
        if key != "twin":
            message[key] = value
    message.set_content(source.body, cte="quoted-printable")
    if source.settings.get("twin"):
        paragraphs = "".join(f"<p>{escape(part)}</p>" for part in source.body.split("\n\n"))
        message.add_alternative(f"<html><body>{paragraphs}</body></html>", subtype="html")
        message.set_boundary("=_twin_0001")
    path.write_bytes(message.as_bytes())


def steady(path: Path) -> None:
    """Office files hold the hour they were saved; give them one date, so equal texts give equal bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", THE_DATE.encode(), content)  # noqa: PLW2901
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


WRITERS = {
    ".pdf": write_pdf,
    ".docx": write_docx,
    ".pptx": write_pptx,
    ".xlsx": write_xlsx,
    ".eml": write_eml,
}


def main() -> None:
    for source in sorted((HERE / "sources").glob("*/*.md")):
        target = HERE / source.parent.name / "documents" / source.stem
        WRITERS[target.suffix](read(source), target)
        print(target.relative_to(HERE))


if __name__ == "__main__":
    main()
