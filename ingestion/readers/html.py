"""HTML: what a reader of the page came for, without menus, banners and scripts."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingestion.document import ReadFile
from ingestion.errors import UnreadableDocumentError
from ingestion.readers.characters import decoded, one_line
from ingestion.readers.tables import Cell
from ingestion.readers.writing import PageWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

DROPPED = ", ".join(
    (
        "script, style, noscript, template, nav, footer, aside, dialog, button, input, select, textarea, svg",
        "canvas, iframe, [hidden], [aria-hidden=true]",
        "[role=navigation], [role=banner], [role=contentinfo], [role=search]",
    )
)
HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
MAIN_CHARACTERS = 200
"""A `main` or a lone `article` with less text than this is not where the page says what it says."""
MOST_OPEN = 1000
"""Elements opened and not closed. A parser takes their square in time, and unclosed fonts in memory too."""
OPENS_OR_CLOSES = re.compile(r"<!--|<(/?)([a-z][a-z0-9-]*)", re.IGNORECASE)
CLOSE_THEMSELVES = frozenset(
    (
        *(
            "area",
            "base",
            "br",
            "col",
            "dd",
            "dt",
            "embed",
            "hr",
            "img",
            "input",
            "li",
            "link",
            "meta",
            "option",
        ),
        *("p", "param", "path", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr"),
    )
)
DEEPEST = 400
"""Elements inside elements; what is deeper is left. Pages of people stay below 60."""
BLOCK = re.compile(
    "address|article|blockquote|body|center|dd|details|div|dl|dt|fieldset|figcaption|figure|form|header|hgroup|hr"
    "|html|legend|li|main|ol|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
PUBLISHED = "meta[property='article:published_time'], meta[name=date], meta[itemprop=datePublished]"


def read_html(content: bytes, name: str) -> ReadFile:
    """Read a web page as one page. Raises UnreadableDocumentError for binary data or elements without end."""
    text = _text(content, name)
    if _most_open(text) > MOST_OPEN:
        raise UnreadableDocumentError(
            f"{name} has more than {MOST_OPEN:,} elements inside one another. Save the page again as PDF."
        )
    parser = LexborHTMLParser(text)
    named = one_line(title.text()) if (title := parser.css_first("head title")) else ""
    published = _published(parser)
    for node in parser.css(DROPPED):
        node.decompose()
    for node in parser.css("[style]"):
        if HIDDEN_STYLE.search(node.attributes.get("style") or ""):
            node.decompose()
    place = _main(parser)
    if place is None:
        return ReadFile((PageWriter().page(1),), named)
    for header in parser.css("body header"):
        # The header of the site is dropped, that of an article says what it is.
        if place.tag == "body" and not _is_inside(header, {"article", "main"}):
            header.decompose()
    first = [one_line(node.text()) for node in place.css("h1")]
    writer = PageWriter()
    _Blocks(writer).write(place)
    page = writer.page(1)
    title_line = first[0] if len(first) == 1 and first[0] else named or next(iter(first), "")
    return ReadFile((page,), title_line, page.text, dated=published)


class _Blocks:
    """Walks the tree without recursion: block elements end a paragraph, inline ones go on with it."""

    def __init__(self, writer: PageWriter) -> None:
        self._writer = writer
        self._inline: list[str] = []
        self._items: list[int] = []

    def write(self, root: LexborNode) -> None:
        """All below `root`."""
        # A node is met twice: None marks that what is inside it has been dealt with.
        waiting: list[tuple[LexborNode, int, bool]] = [(root, 0, False)]
        while waiting:
            node, depth, is_done = waiting.pop()
            tag = node.tag or ""
            if is_done:
                self._leave(tag)
            elif tag == "-text":
                self._inline.append(node.text_content or "")
            elif tag == "br":
                self._inline.append("\n")
            elif not self._is_whole(node, tag) and depth < DEEPEST:
                if BLOCK.fullmatch(tag):
                    self._enter(tag)
                    waiting.append((node, depth, True))
                waiting += [(child, depth + 1, False) for child in reversed(list(_children(node)))]
        self._flush()

    def _is_whole(self, node: LexborNode, tag: str) -> bool:
        """Headings, data tables and preformatted text are written at one go."""
        if re.fullmatch(r"h[1-6]", tag):
            self._flush()
            self._writer.heading(int(tag[1]), node.text())
        elif tag == "table" and not _is_layout(node):
            self._flush()
            self._writer.table(_cells(node))
        elif tag == "pre":
            self._flush()
            self._writer.paragraph(node.text())
        else:
            return False
        return True

    def _enter(self, tag: str) -> None:
        self._flush()
        if tag in {"ul", "ol"}:
            self._items.append(0)

    def _leave(self, tag: str) -> None:
        self._flush(is_item=tag == "li")
        if tag in {"ul", "ol"} and self._items:
            self._items.pop()

    def _flush(self, *, is_item: bool = False) -> None:
        # Line ends of the file are blanks on the page; only <br> breaks a line.
        text = "".join(part if part == "\n" else re.sub(r"\s+", " ", part) for part in self._inline)
        self._inline = []
        if is_item or self._items:
            self._writer.item(text, len(self._items) - 1)
        else:
            self._writer.paragraph(text)


def _most_open(text: str) -> int:
    """How many elements are open at once, at most; scripts, styles and comments have none."""
    lower = text.lower()
    most = now = at = 0
    while found := OPENS_OR_CLOSES.search(lower, at):
        at = found.end()
        closes, tag = found[1], found[2]
        if tag is None or tag in {"script", "style"}:
            ends = lower.find("-->" if tag is None else f"</{tag}", at) if not closes else at
            at = ends if ends >= 0 else len(lower)
        elif tag not in CLOSE_THEMSELVES:
            now = max(0, now + (-1 if closes else 1))
            most = max(most, now)
    return most


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _is_layout(table: LexborNode) -> bool:
    """A table that holds tables, headings or lists lays out the page."""
    return any(node.mem_id != table.mem_id for node in table.css("table, h1, h2, h3, ul, ol"))


def _cells(table: LexborNode) -> Iterator[list[Cell]]:
    for caption in table.css("caption"):
        yield [Cell(caption.text(separator=" "))]
    for row in table.css("tr"):
        cells = [cell for cell in _children(row) if cell.tag in {"td", "th"}]
        yield [
            Cell(cell.text(separator=" "), _span(cell, "colspan"), _span(cell, "rowspan")) for cell in cells
        ]


def _span(cell: LexborNode, attribute: str) -> int:
    said = cell.attributes.get(attribute) or "1"
    return max(1, min(int(said), 1000)) if said.isascii() and said.isdigit() and len(said) < 6 else 1


def _main(parser: LexborHTMLParser) -> LexborNode | None:
    for places in (parser.css("main, [role=main]"), parser.css("article")):
        if len(places) == 1 and len(places[0].text(strip=True)) > MAIN_CHARACTERS:
            return places[0]
    return parser.body


def _is_inside(node: LexborNode, tags: set[str]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in tags:
            return True
        parent = parent.parent
    return False


def _published(parser: LexborHTMLParser) -> date | None:
    node = parser.css_first(PUBLISHED)
    try:
        return date.fromisoformat(((node.attributes.get("content") if node else "") or "")[:10])
    except ValueError:
        return None


def _text(content: bytes, name: str) -> str:
    said = CHARSET.search(content[:4000])
    if said and not content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            text = content.decode(said[1].decode(), errors="replace")
        except (LookupError, ValueError):
            return decoded(content, name)
        if "\x00" in text:
            raise UnreadableDocumentError(f"{name} is not a web page: it holds binary data.")
        return text
    return decoded(content, name)
