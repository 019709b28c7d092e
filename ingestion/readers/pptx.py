"""PowerPoint: a page a slide, with its number; speaker notes stand below it, under their own heading."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING, Any

import pptx
from pptx.enum.shapes import PP_PLACEHOLDER

from ingestion.document import Page, ReadFile
from ingestion.readers.archive import check_archive
from ingestion.readers.characters import one_line, pages_named
from ingestion.readers.tables import Cell
from ingestion.readers.writing import PageWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNING = {PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.HEADER}
TITLES = {PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE}
REPEATED_SHARE = 0.6
"""A text box that says the same on so many slides (of three or more) is a running line."""
DEEPEST_GROUP = 10
NOTES = "Speaker notes"


def read_pptx(content: bytes, name: str) -> ReadFile:
    """Read every slide that is shown; hidden ones and those without text are named in `warnings`.

    Raises UnreadableDocumentError for a locked, damaged or hostile archive.
    """
    check_archive(content, name)
    slides = list(pptx.Presentation(io.BytesIO(content)).slides)
    shown = [_is_shown(slide) for slide in slides]
    running = _running_texts([slide for slide, is_shown in zip(slides, shown, strict=True) if is_shown])
    pages = tuple(
        _page(number, slide, running) if is_shown else Page(number, "")
        for number, (slide, is_shown) in enumerate(zip(slides, shown, strict=True), start=1)
    )
    hidden = [page.number for page, is_shown in zip(pages, shown, strict=True) if not is_shown]
    blank = [page.number for page in pages if not page.text and page.number not in hidden]
    warnings = []
    if hidden:
        warnings.append(f"{name} {pages_named(hidden)}: hidden in the presentation, not read.")
    if blank:
        warnings.append(f"{name} {pages_named(blank)}: no text (a picture?).")
    title = one_line(_title_of(slides[0])) if slides else ""
    top = "\n".join(page.text for page in pages[:1])
    return ReadFile(pages, title, top, tuple(warnings))


def _page(number: int, slide: Any, running: set[str]) -> Page:
    writer = PageWriter()
    # Without a heading of its own a slide would be cited under the one before it.
    writer.heading(1, _title_of(slide) or f"Slide {number}")
    headed = len(writer.page(number).text)
    for shape in _shapes(slide.shapes):
        if shape.is_placeholder and shape.placeholder_format.type in RUNNING | TITLES:
            continue
        if getattr(shape, "has_table", False) and shape.has_table:
            writer.table(_rows(shape.table))
        elif getattr(shape, "has_chart", False) and shape.has_chart:
            _write_chart(writer, shape.chart)
        elif shape.has_text_frame and one_line(shape.text_frame.text) not in running:
            _write_text(writer, shape.text_frame)
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if notes is not None and notes.text.strip():
        writer.heading(2, NOTES)
        _write_text(writer, notes)
    page = writer.page(number)
    return page if _title_of(slide) or len(page.text) > headed else Page(number, "")


def _write_text(writer: PageWriter, frame: Any) -> None:
    """Several short paragraphs are a list, as slides have them; one is a text."""
    paragraphs = [paragraph for paragraph in frame.paragraphs if paragraph.text.strip()]
    for paragraph in paragraphs:
        if len(paragraphs) > 1:
            writer.item(paragraph.text, paragraph.level)
        else:
            writer.paragraph(paragraph.text)


def _write_chart(writer: PageWriter, chart: Any) -> None:
    """The numbers of a chart as a table: a row a category, a column a series."""
    if chart.has_title and chart.chart_title.has_text_frame:
        writer.paragraph(chart.chart_title.text_frame.text)
    for plot in chart.plots:
        series = list(plot.series)
        labels = [str(label) for label in plot.categories]
        rows = [[Cell(""), *(Cell(one.name or "") for one in series)]]
        for place, label in enumerate(labels):
            values = (one.values[place] if place < len(one.values) else None for one in series)
            rows.append([Cell(label), *(Cell("" if value is None else f"{value:g}") for value in values)])
        writer.table(rows)


def _rows(table: Any) -> Iterator[list[Cell]]:
    for row in table.rows:
        yield [
            Cell(
                cell.text,
                cell.span_width if cell.is_merge_origin else 1,
                cell.span_height if cell.is_merge_origin else 1,
            )
            for cell in row.cells
            if not cell.is_spanned
        ]


def _shapes(shapes: Any, depth: int = 0) -> Iterator[Any]:
    """In reading order, which is the order in which the presentation keeps them; groups opened."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            if depth < DEEPEST_GROUP:
                yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _running_texts(slides: list[Any]) -> set[str]:
    counted: Counter[str] = Counter()
    for slide in slides:
        texts = {
            one_line(s.text_frame.text)
            for s in _shapes(slide.shapes)
            if s.has_text_frame and s != slide.shapes.title
        }
        counted.update(texts)
    needed = max(3, REPEATED_SHARE * len(slides))
    return {text for text, times in counted.items() if times >= needed}


def _title_of(slide: Any) -> str:
    title = slide.shapes.title
    return one_line(title.text_frame.text) if title is not None and title.has_text_frame else ""


def _is_shown(slide: Any) -> bool:
    return slide.element.get("show", "1") not in {"0", "false"}
