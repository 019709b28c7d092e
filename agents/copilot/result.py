"""What the copilot takes in and gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingestion.index.protocol import Hit


@dataclass(frozen=True)
class Turn:
    """One turn of the talk so far. "rep" and "customer" in a call; a follow-up question is the rep's too."""

    role: Literal["rep", "customer", "copilot"]
    text: str


@dataclass(frozen=True)
class Support:
    """Where a statement comes from: `passages[passage]`, there the words `quote` (empty: to be found)."""

    passage: int
    quote: str = ""


@dataclass(frozen=True)
class Statement:
    """One sentence of an answer, without its citation marks."""

    text: str
    supports: tuple[Support, ...] = ()


@dataclass(frozen=True)
class Draft:
    """An answer before it is checked. `reason` says why there is none."""

    statements: tuple[Statement, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Citation:
    """`quote` is an exact substring of the text of page `page`."""

    n: int
    document: str
    title: str
    page: int
    heading: str
    quote: str
    uri: str

    def to_json(self) -> dict[str, object]:
        """The citation as others script against it."""
        return {
            "n": self.n,
            "document": self.document,
            "title": self.title,
            "page": self.page,
            "heading": self.heading,
            "quote": self.quote,
            "uri": self.uri,
        }


@dataclass(frozen=True)
class Place:
    """A page worth opening when nothing answers."""

    document: str
    title: str
    page: int
    heading: str
    uri: str

    @classmethod
    def of(cls, hit: Hit) -> Place:
        """Where a passage stands."""
        return cls(hit.document, hit.title, hit.page, hit.heading, hit.uri)

    def to_json(self) -> dict[str, object]:
        """The place as others script against it."""
        return {
            "document": self.document,
            "title": self.title,
            "page": self.page,
            "heading": self.heading,
            "uri": self.uri,
        }


@dataclass(frozen=True)
class CopilotAnswer:
    """Every sentence of `answer` ends in its citation marks; unanswered, `reason` says why in one line."""

    answered: bool
    answer: str = ""
    citations: tuple[Citation, ...] = ()
    reason: str = ""
    nearest: tuple[Place, ...] = ()
    queries: tuple[str, ...] = ()
    ms: Mapping[str, int] = field(default_factory=dict)
    """Milliseconds by stage: plan, search, answer, ground."""

    def to_json(self) -> dict[str, object]:
        """The answer as others script against it."""
        return {
            "answered": self.answered,
            "answer": self.answer,
            "citations": [citation.to_json() for citation in self.citations],
            "queries": list(self.queries),
            "ms": dict(self.ms),
            "reason": self.reason,
            "nearest": [place.to_json() for place in self.nearest],
        }


@dataclass(frozen=True)
class Note:
    """Something worth knowing during a call, with its sources."""

    text: str
    citations: tuple[Citation, ...]

    def to_json(self) -> dict[str, object]:
        """The note as others script against it."""
        return {"text": self.text, "citations": [citation.to_json() for citation in self.citations]}


@dataclass(frozen=True)
class Notes:
    """What is worth knowing just now, and what was looked up to find it. `ms` as in an answer."""

    notes: tuple[Note, ...]
    queries: tuple[str, ...] = ()
    ms: Mapping[str, int] = field(default_factory=dict)
