"""Word: paragraphs, lists and tables in their order; headings by their style, pages where breaks are kept."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import docx
from docx.oxml.ns import qn

from ingestion.document import ReadFile
from ingestion.readers.archive import check_archive
from ingestion.readers.characters import one_line
from ingestion.readers.tables import Cell
from ingestion.readers.writing import PageWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)
LONGEST_BOLD_HEADING = 80
BOLD_LEVEL = 6
"""A short bold line stands below every styled heading."""
# Deleted and moved-away text, fallbacks for old programs, and what only Word acts on.
NOT_READ = {qn("w:del"), qn("w:moveFrom"), qn("w:instrText"), qn("w:pPr"), qn("w:rPr")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
SIGNS = {
    qn("w:tab"): "\t",
    qn("w:ptab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
    qn("w:footnoteReference"): "",
}
TEXTS = {qn("w:t"), "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"}
PAGE_BREAKS = "w:r/w:lastRenderedPageBreak | w:r/w:br[@w:type='page']"


def read_docx(content: bytes, name: str) -> ReadFile:
    """Read a Word file; text that tracked changes deleted is not there, headers and footers are left out.

    Raises UnreadableDocumentError for a locked, damaged or hostile archive.
    """
    check_archive(content, name)
    file = docx.Document(io.BytesIO(content))
    walk = _Walk(file)
    walk.blocks(file.element.body)
    pages = tuple(writer.page(number) for number, writer in enumerate(walk.pages, start=1))
    running = "\n".join(p.text for section in file.sections[:1] for p in section.header.paragraphs)
    return ReadFile(pages, walk.title, f"{running}\n{pages[0].text}")


class _Walk:
    """Goes through the body once and writes page after page."""

    def __init__(self, file: Any) -> None:
        self.pages = [PageWriter()]
        self.title = ""
        self._best = BOLD_LEVEL + 1
        self._file = file
        self._styles = {style.style_id: style for style in file.styles}
        self._footnotes = _footnotes(file)

    def blocks(self, parent: Any) -> None:
        """Write the paragraphs and tables of `parent`, content controls and tracked insertions opened."""
        for child in parent.iterchildren():
            if child.tag == qn("w:p"):
                self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                self.pages[-1].table(_rows(child))
            elif child.tag not in NOT_READ and child.tag != qn("w:sectPr"):
                self.blocks(child)

    def _paragraph(self, paragraph: Any) -> None:
        # Where Word last broke the page inside a paragraph, the paragraph counts to where it began.
        breaks = [mark for mark in paragraph.xpath(PAGE_BREAKS) if mark is not None]
        first_text = next(iter(paragraph.iter(qn("w:t"))), None)
        before = [b for b in breaks if first_text is None or _stands_before(b, first_text)]
        if before or paragraph.xpath("w:pPr/w:pageBreakBefore[not(@w:val='0' or @w:val='false')]"):
            self._break()
        self._write(paragraph, _text(paragraph))
        for note in paragraph.iter(qn("w:footnoteReference")):
            if said := self._footnotes.get(note.get(qn("w:id"), "")):
                self.pages[-1].paragraph(f"Note: {said}")
        if len(breaks) > len(before):
            self._break()

    def _break(self) -> None:
        """An empty page is none: a break for the printer and Word's own mark for it are one."""
        if self.pages[-1].page(0).text:
            self.pages.append(PageWriter())

    def _write(self, paragraph: Any, text: str) -> None:
        level = self._level(paragraph)
        listed = paragraph.xpath("w:pPr/w:numPr/w:ilvl/@w:val")
        if level:
            if text.strip() and level < self._best and len(self.pages) == 1:
                self._best, self.title = level, one_line(text)
            self.pages[-1].heading(level, text)
        elif listed or self._names(paragraph).startswith("list "):
            self.pages[-1].item(text, int(listed[0]) if listed and listed[0].isdigit() else 0)
        elif _is_bold_line(paragraph, text):
            self.pages[-1].heading(BOLD_LEVEL, text)
        else:
            self.pages[-1].paragraph(text)

    def _level(self, paragraph: Any) -> int:
        """The level as a heading, by its outline or its style; 0 for none."""
        own = paragraph.xpath("w:pPr/w:outlineLvl/@w:val")
        if own and own[0].isdigit():
            return int(own[0]) + 1 if int(own[0]) < 9 else 0
        style = self._style(paragraph)
        for _ in range(10):
            if style is None:
                return 0
            if named := HEADING_STYLE.match(style.name or ""):
                return int(named[1])
            if (style.name or "").lower() == "title":
                return 1
            outline = style.element.xpath("w:pPr/w:outlineLvl/@w:val")
            if outline and outline[0].isdigit() and int(outline[0]) < 9:
                return int(outline[0]) + 1
            style = style.base_style
        return 0

    def _style(self, paragraph: Any) -> Any:
        named = paragraph.xpath("w:pPr/w:pStyle/@w:val")
        return self._styles.get(named[0]) if named else None

    def _names(self, paragraph: Any) -> str:
        style = self._style(paragraph)
        return str(style.name or "").lower() if style is not None else ""


def _text(element: Any) -> str:
    """The text of an element as it stands on paper, in order."""
    parts: list[str] = []
    waiting = [element]
    while waiting:
        node = waiting.pop()
        if node.tag in TEXTS:
            parts.append(node.text or "")
        elif node.tag in SIGNS:
            parts.append(SIGNS[node.tag])
        elif node.tag not in NOT_READ:
            if node.tag == qn("w:p") and parts:
                parts.append("\n")
            waiting += reversed(list(node.iterchildren("{*}*")))
    return "".join(parts)


def _rows(table: Any) -> Iterator[list[Cell]]:
    """The cells of each row. What is merged downwards is said again in each row it covers."""
    above: dict[int, str] = {}
    for row in table.xpath("w:tr | w:sdt/w:sdtContent/w:tr | w:ins/w:tr"):
        if row.xpath("w:trPr/w:del"):
            continue
        cells = []
        skipped = row.xpath("w:trPr/w:gridBefore/@w:val")
        column = int(skipped[0]) if skipped else 0
        cells += [Cell("")] * min(column, 50)
        for cell in row.xpath("w:tc | w:sdt/w:sdtContent/w:tc"):
            across = cell.xpath("w:tcPr/w:gridSpan/@w:val")
            merged = cell.xpath("w:tcPr/w:vMerge")
            goes_on = bool(merged) and merged[0].get(qn("w:val"), "continue") == "continue"
            text = above.get(column, "") if goes_on else _text(cell)
            if merged:
                above[column] = text
            wide = int(across[0]) if across and across[0].isdigit() else 1
            cells.append(Cell(text, wide))
            column += wide
        yield cells


def _is_bold_line(paragraph: Any, text: str) -> bool:
    text = text.strip()
    if not text or len(text) > LONGEST_BOLD_HEADING or text[-1] in ".,;:!?" or "\n" in text:
        return False
    runs = [
        run for run in paragraph.iter(qn("w:r")) if any((t.text or "").strip() for t in run.iter(qn("w:t")))
    ]
    return bool(runs) and all(run.xpath("w:rPr/w:b[not(@w:val='0' or @w:val='false')]") for run in runs)


def _stands_before(mark: Any, text: Any) -> bool:
    """Whether `mark` comes before `text` in the paragraph that holds both."""
    return all(node is not text for node in _until(mark))


def _until(mark: Any) -> Iterator[Any]:
    paragraph = next(mark.iterancestors(qn("w:p")))
    for node in paragraph.iter():
        if node is mark:
            return
        yield node


def _footnotes(file: Any) -> dict[str, str]:
    from docx.oxml import parse_xml

    for part in file.part.package.iter_parts():
        if str(part.partname).endswith("/footnotes.xml"):
            notes = parse_xml(part.blob).iterchildren(qn("w:footnote"))
            return {note.get(qn("w:id"), ""): one_line(_text(note)) for note in notes}
    return {}
