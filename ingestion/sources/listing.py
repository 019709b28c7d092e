"""What a source lists: the files to read, and what lies beside them with the reason why it is not read."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from ingestion.errors import UnreadableDocumentError
from ingestion.load import LARGEST_FILE_BYTES, READABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

LEFT_OUT = {"thumbs.db", "desktop.ini", "__macosx"}
OLD_KINDS = {
    ".doc": "an old Word document; save it as .docx",
    ".xls": "an old Excel workbook; save it as .xlsx",
    ".ppt": "an old PowerPoint file; save it as .pptx",
    ".zip": "an archive; unpack it, or name it as a source of its own with zip:// before it",
    ".msg": "an Outlook message; save it as .eml",
}


@dataclass(frozen=True)
class Found:
    """A file to read. `name` is its path below its source, with "/"; `uri` is what a citation opens."""

    name: str
    uri: str
    size: int | None
    """Bytes, as its source says; None where it does not."""


@dataclass(frozen=True)
class Skipped:
    """What is no document. `failed`: it may be or hold one and could not be looked at; keep what is known."""

    name: str
    reason: str
    failed: bool = False


class Source(Protocol):
    """A place that holds documents."""

    @property
    def address(self) -> str:
        """Where it is, spelt one way, without passwords."""

    def files(self) -> tuple[Found, ...]:
        """The readable files in the order of their names, hidden ones, office locks and READMEs left out.

        Raises SourceUnavailableError where the source cannot be reached or listed.
        """

    def skipped(self) -> tuple[Skipped, ...]:
        """What lies beside them and is not read, each with its reason."""

    def read(self, found: Found) -> bytes:
        """The bytes of one file.

        Raises UnreadableDocumentError where it is too large or has gone, SourceUnavailableError where the
        source no longer answers.
        """

    def holds(self, uri: str) -> bool:
        """Whether a document with this `uri` comes from here: one that is no longer listed has gone."""


@dataclass(frozen=True)
class Listing:
    """What a source holds: documents and what is none, each in the order of names."""

    files: tuple[Found, ...]
    skipped: tuple[Skipped, ...]


def listing(candidates: Iterable[Found], skipped: Iterable[Skipped] = ()) -> Listing:
    """Sort out the documents among `candidates`; hidden files, office locks and READMEs are passed over."""
    found, beside = [], [*skipped]
    for file in candidates:
        path = PurePosixPath(file.name)
        ending = path.suffix.lower()
        if any(is_left_out(part) for part in path.parts) or path.stem.lower() == "readme":
            continue
        if "\N{REPLACEMENT CHARACTER}" in file.name:
            beside.append(Skipped(file.name, "its name is not valid UTF-8; rename it", failed=True))
        elif ending in READABLE:
            found.append(file)
        else:
            reason = OLD_KINDS.get(ending) or f"not a kind of file that is read ({ending or 'no ending'})"
            beside.append(Skipped(file.name, reason))
    return Listing(tuple(sorted(found, key=lambda f: f.name)), tuple(sorted(beside, key=lambda f: f.name)))


def is_left_out(name: str) -> bool:
    """Whether a file or folder of this name is never looked at."""
    return name.startswith((".", "~$")) or name.lower() in LEFT_OUT


def spelt(path: str) -> str:
    """One spelling everywhere: macOS writes accents apart, and ids are made from names."""
    return unicodedata.normalize("NFC", os.fsencode(path).decode(errors="replace"))


def too_large(name: str, size: int) -> UnreadableDocumentError:
    """The refusal of a file of `size` bytes."""
    megabytes, limit = size / 1_000_000, LARGEST_FILE_BYTES // 1_000_000
    return UnreadableDocumentError(
        f"{name} is {megabytes:,.0f} MB, and {limit} MB is the most that is read. Split it and run again."
    )
