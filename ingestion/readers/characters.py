"""Bytes into text, and text into what a person sees: no marks that are there for a printer or a renderer."""

from __future__ import annotations

import codecs
import re
import unicodedata

from ingestion.errors import UnreadableDocumentError

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GUESS_BYTES = 200_000
"""So much of a text decides its encoding."""
CONTROL_SHARE = 0.01
"""Bytes with more control characters than this, in no Unicode encoding, are no text."""

WESTERN = frozenset(
    "àáâãäåæçèéêëìíîïñòóôõöøœùúûüýÿßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØŒÙÚÛÜÝŸ€£¥§©®™°±²·ºª«»½¼¾×–—‘’‚“”„•…¡¿\u00a0"
)
"""What texts in Windows' Western code page use of it; other signs mean that it is another page."""

LIGATURES = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
BLANKS = dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
LINE_ENDS = dict.fromkeys([0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029], "\n")
CONTROLS = dict.fromkeys([*range(9), *range(0x0E, 0x1C), 0x1F, 0x7F, *range(0x80, 0x85), *range(0x86, 0xA0)])
# They part words that look whole, or turn text round.
SOFT_HYPHEN, ZERO_WIDTH, DIRECTIONS = (0xAD,), range(0x200B, 0x2010), (0x61C, *range(0x202A, 0x202F))
JOINERS, SELECTORS = (0x34F, 0x180E, 0xFEFF, *range(0x2060, 0x2070)), (*range(0xFE00, 0xFE10), 0xFFF9)
TAGS = (0xFFFA, 0xFFFB, *range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0))
INVISIBLE = dict.fromkeys([*SOFT_HYPHEN, *ZERO_WIDTH, *DIRECTIONS, *JOINERS, *SELECTORS, *TAGS])
SEEN = str.maketrans({**LIGATURES, **BLANKS, **LINE_ENDS, **INVISIBLE, **CONTROLS})
"""What each character becomes; None is taken out."""


def seen(text: str) -> str:
    """`text` as it looks: line ends are "\\n", blanks are blanks, ligatures letters, nothing invisible."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(SEEN))


def one_line(text: str) -> str:
    """`seen`, on one line with single blanks: a heading, a cell, a list item."""
    return " ".join(seen(text).split())


def decoded(content: bytes, name: str) -> str:
    """The text of a file in whatever encoding it is: a byte order mark says, UTF-8 is tried, else a guess.

    Raises UnreadableDocumentError for binary data.
    """
    encoding = next((encoding for bom, encoding in BOMS if content.startswith(bom)), "") or _unmarked(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = _guessed(content)
    if not text or "\x00" in text:
        raise UnreadableDocumentError(f"{name} is not text: it holds binary data. Check what it really is.")
    return text


def _unmarked(content: bytes) -> str:
    """UTF-16 of Western text has a zero in every other byte."""
    sample = content[:2000]
    if len(sample) >= 4 and 0 in sample:
        if sample[1::2].count(0) > 0.4 * len(sample) / 2 and sample[::2].count(0) < 0.1 * len(sample) / 2:
            return "utf-16-le"
        if sample[::2].count(0) > 0.4 * len(sample) / 2 and sample[1::2].count(0) < 0.1 * len(sample) / 2:
            return "utf-16-be"
    return "utf-8"


def _guessed(content: bytes) -> str:
    """The text in the likeliest encoding; "" for bytes that are no text in any."""
    sample = content[:GUESS_BYTES]
    if sum(sample.count(code) for code in CONTROLS if code < 0x20) > CONTROL_SHARE * len(sample):
        return ""
    from charset_normalizer import from_bytes

    if _is_western(sample.decode("cp1252", errors="replace")):
        return content.decode("cp1252", errors="replace")
    best = from_bytes(sample).best()
    if best is None:
        return ""
    return content.decode(best.encoding, errors="replace")


def _is_western(text: str) -> bool:
    """Short Western texts fit a dozen code pages alike, and Windows' own is by far the usual one."""
    foreign = [letter for letter in text if not letter.isascii()]
    letters = sum(letter.isalpha() for letter in text)
    return WESTERN.issuperset(foreign) and sum(map(str.isalpha, foreign)) < 0.12 * letters


def pages_named(numbers: list[int]) -> str:
    """ "page 3", "pages 3, 5 to 8 and 11"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    listed = " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
    return f"{'page' if len(numbers) == 1 else 'pages'} {listed}"


WORD_BREAK = re.compile(r"(?<=[a-z])[-\u2010]\n(?=[a-z])")
"""A hyphen that breaks a word at the end of a line of plain text."""
