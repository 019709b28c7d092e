"""A file of calls as lines of text: any place that fsspec opens, compressed or not, in any encoding."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any, cast
from urllib.parse import urlsplit

from finetune.reading.draft import CallsNotReadable
from ingestion.extras import to_install
from ingestion.readers.characters import BOMS, WESTERN

LONGEST_LINE = 8_000_000
"""Characters. A spoken hour has sixty thousand; more than this is no call but a broken file."""
LARGEST_WHOLE = 500_000_000
"""Bytes of a file that has to be read in one piece."""
LARGEST = 20_000_000_000
"""Bytes of any; a packed file may be a bomb."""
BLOCK_BYTES = 1 << 20
GUESS_BYTES = 200_000
"""So much of what is not ASCII decides the encoding."""
PACKED = {".gz", ".bz2", ".xz", ".zip", ".zst"}
NOT_TEXT = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"PAR1", b"RIFF", b"ID3", b"\x1f\x8b", b"OggS")
"""Office files, PDFs, Parquet, sound."""


@dataclass(frozen=True)
class CallFile:
    """A file that can be opened again and again."""

    uri: str
    encoding: str
    size: int
    """Bytes, unpacked."""

    @property
    def shown(self) -> str:
        """Its place as reports may show it: signed addresses and passwords are left out."""
        return shown(self.uri)

    @property
    def suffix(self) -> str:
        """Its kind as its name has it: ".csv" for "calls.csv.gz"."""
        suffixes = PurePosixPath(urlsplit(self.uri).path if "://" in self.uri else self.uri).suffixes
        kept = [suffix.lower() for suffix in suffixes if suffix.lower() not in PACKED]
        return kept[-1] if kept else ""

    def lines(self) -> Iterator[str]:
        """Its lines with their ends; one of more than LONGEST_LINE characters is cut into lines of "\\0"."""
        with _opened(self.uri) as raw:
            text = io.TextIOWrapper(cast("IO[bytes]", raw), self.encoding, errors="replace", newline="")
            whole = True
            while line := text.readline(LONGEST_LINE):
                ended = line.endswith(("\n", "\r"))
                if whole and (ended or len(line) < LONGEST_LINE):
                    yield line
                elif whole:
                    yield TOO_LONG
                whole = ended

    def text(self) -> str:
        """All of it. Raises CallsNotReadable where it is too much to hold at once."""
        if self.size > LARGEST_WHOLE:
            raise CallsNotReadable(
                f"{self.shown} is too large to be read in one piece. Export it as CSV or as JSON lines."
            )
        with _opened(self.uri) as raw:
            return cast("bytes", raw.read()).decode(self.encoding, errors="replace")


TOO_LONG = "\0too long\n"
"""Stands for a line of more than LONGEST_LINE characters."""
LONG = "The line is longer than any call. Check that it ends where it should."


def shown(uri: str) -> str:
    """A place without what may be secret in it."""
    if "://" not in uri:
        return uri
    scheme, _, rest = uri.partition("://")
    place = rest.split("?", 1)[0].split("#", 1)[0]
    host, slash, path = place.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def opened(uri: str) -> CallFile:
    """The file, its encoding found out by reading it once. Raises CallsNotReadable."""
    utf8 = codecs.getincrementaldecoder("utf-8")()
    foreign = bytearray()
    valid, size, head = True, 0, b""
    with _opened(uri) as raw:
        while block := cast("bytes", raw.read(BLOCK_BYTES)):
            head = head or block[:4096]
            size += len(block)
            if size > LARGEST:
                raise CallsNotReadable(f"{shown(uri)} is too large. Split it.")
            if not block.isascii() and len(foreign) < GUESS_BYTES:
                lines = (line for line in block.splitlines(keepends=True) if not line.isascii())
                for line in lines:
                    foreign += line[: GUESS_BYTES - len(foreign)]
            if valid:
                valid = _goes_on(utf8, block)
    if not size:
        raise CallsNotReadable(f"{shown(uri)} is empty. Check that it was saved whole.")
    if head.startswith(NOT_TEXT):
        raise CallsNotReadable(
            f"{shown(uri)} is not text. Export the calls as CSV, JSON, JSONL, WebVTT or SRT."
        )
    valid = valid and _goes_on(utf8, b"", final=True)
    marked = next((encoding for bom, encoding in BOMS if head.startswith(bom)), None)
    return CallFile(uri, marked or ("utf-8" if valid else _guessed(bytes(foreign))), size)


def _goes_on(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _guessed(foreign: bytes) -> str:
    """The likeliest encoding of text that is not clean UTF-8, by those of its lines that are not ASCII."""
    text = foreign.decode("utf-8", errors="replace")
    letters = [letter for letter in text if not letter.isascii()]
    # A few broken bytes in a UTF-8 file are damage, not another encoding.
    if letters.count("\ufffd") < 0.2 * len(letters):
        return "utf-8"
    western = foreign.decode("cp1252", errors="replace")
    if WESTERN.issuperset(letter for letter in western if not letter.isascii()):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(foreign).best()
    return best.encoding if best else "cp1252"


@contextmanager
def _opened(uri: str) -> Iterator[Any]:
    import fsspec

    with in_words(uri), fsspec.open(uri, "rb", compression="infer") as raw:
        yield raw


@contextmanager
def in_words(uri: str) -> Iterator[None]:
    """Whatever goes wrong with the place meanwhile is raised as CallsNotReadable."""
    try:
        yield
    except FileNotFoundError:
        raise CallsNotReadable(f"{shown(uri)} does not exist. Check its spelling.") from None
    except IsADirectoryError:
        raise CallsNotReadable(f"{shown(uri)} is a folder. Name the files in it.") from None
    except PermissionError:
        raise CallsNotReadable(f"{shown(uri)} may not be read with the rights of this machine.") from None
    except ImportError:
        raise CallsNotReadable(
            f"{shown(uri)} needs a package that is not installed; {to_install('buckets')}."
        ) from None
    except CallsNotReadable:
        raise
    except Exception:  # each store has errors of its own, and none of them is for a person
        raise CallsNotReadable(
            f"{shown(uri)} cannot be read. Check its address, and that it is whole and can be reached."
        ) from None
