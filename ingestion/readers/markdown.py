"""Markdown: one page, or several where `<!-- page -->` lines break it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingestion.document import Heading, Page, ReadFile
from ingestion.readers.characters import decoded, seen

PAGE_BREAK = re.compile(r"^[ \t]*<!--\s*page\s*-->[ \t]*$", re.MULTILINE)
HEADING = re.compile(r"^(#{1,6})[ \t]+(\S.*?)[ \t]*#*[ \t]*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)


def read_markdown(content: bytes, name: str) -> ReadFile:
    """Read text in any encoding. Raises UnreadableDocumentError for binary data."""
    texts = PAGE_BREAK.split(seen(decoded(content, name)))
    pages = tuple(Page(number, page, tuple(_headings(page))) for number, page in enumerate(texts, start=1))
    title = next((heading.text for page in pages for heading in page.headings), "")
    return ReadFile(pages, title, pages[0].text)


def _headings(text: str) -> Iterable[Heading]:
    fenced = [match.span() for match in FENCE.finditer(text)]
    for match in HEADING.finditer(text):
        if not any(start <= match.start() < end for start, end in fenced):
            yield Heading(match.start(), len(match.group(1)), match.group(2))
