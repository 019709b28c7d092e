"""A document as it was read: its pages as text, its headings, its title and its date."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Heading:
    """A heading line of a page. `start` is where its line begins in the page's text; `level` is 1 to 6."""

    start: int
    level: int
    text: str


@dataclass(frozen=True)
class Page:
    """One page as text: a page of a PDF, a slide, a sheet, a whole web page. Quotes are exact substrings."""

    number: int
    text: str
    headings: tuple[Heading, ...] = ()


@dataclass(frozen=True)
class ReadFile:
    """What a reader found in a file.

    `top` is where the file says its date, the running header included; `dated` is the date beside the text
    (an e-mail's, a web page's), for files that say none there.
    """

    pages: tuple[Page, ...]
    title: str = ""
    top: str = ""
    warnings: tuple[str, ...] = ()
    dated: date | None = None


@dataclass(frozen=True)
class Document:
    """A loaded file. `name` is its path below its source; `dated` the date it bears, if any."""

    name: str
    title: str
    uri: str
    digest: str
    dated: date | None
    pages: tuple[Page, ...]
    warnings: tuple[str, ...] = ()


def digest_of(content: bytes) -> str:
    """What decides whether a file has changed."""
    return hashlib.sha256(content).hexdigest()
