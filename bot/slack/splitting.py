"""Long text in pieces that fit: between paragraphs if possible, else lines, sentences, words, letters.

A citation mark stays with the sentence before it, and what a reader sees as one letter stays whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.slack.limits import size, width

LONGEST_CLUSTER = 64
"""Letters that are looked back for the beginning of one; a taller heap of marks is cut through."""
ELLIPSIS = " …"

# Possessive, and tried once a run of blanks: what somebody fills with blanks costs no more than its length.
_PLACES = (
    re.compile(r"(?<!\s)[^\S\n]*+\n[^\S\n]*+\n\s*+(?!\[\d)"),
    re.compile(r"\n(?![\s\[])"),
    re.compile(r"[.!?…][\"”’)]*+(?:\s?\[\d+\])*+\s++(?!\[)"),
    re.compile(r"(?<!\s)\s++(?!\[)"),
)
_MARK_BEGUN, _MARK_GOES_ON = re.compile(r"\[\d{0,4}$"), re.compile(r"\d{0,4}\]")
_JOINERS = "\u200d\u2060"


def pieces(text: str, longest: int) -> Iterator[str]:
    """The text in order, in pieces no longer than `longest` by `size`. Only white space at a cut is lost."""
    rest = text.strip()
    while (end := fitting(rest, longest)) < len(rest):
        cut = _cut(rest, end)
        if piece := rest[:cut].rstrip():
            yield piece
        rest = rest[cut:].lstrip()
    if rest:
        yield rest


def clipped(text: str, longest: int) -> str:
    """The beginning of the text; cut, it says so."""
    text = text.strip()
    if size(text) <= longest:
        return text
    return next(pieces(text, longest - len(ELLIPSIS)), "") + ELLIPSIS


def fitting(text: str, longest: int) -> int:
    """How many letters from the beginning fit; at least one, so that splitting comes to an end."""
    if size(text) <= longest:
        return len(text)
    room = longest
    for n, letter in enumerate(text):
        room -= width(letter)
        if room < 0:
            return max(n, 1)
    return len(text)


def _cut(text: str, end: int) -> int:
    for place in _PLACES:
        best = 0
        for match in place.finditer(text, end // 3):
            if match.end() > end:
                break
            best = match.end()
        if best:
            return best
    for cut in range(end, max(end - LONGEST_CLUSTER, 0), -1):
        if _between_letters(text, cut):
            return cut
    return end


def _between_letters(text: str, cut: int) -> bool:
    """Whether a reader sees two letters, and no citation mark, left and right of `cut`."""
    before, after = text[cut - 1], text[cut]
    if _belongs_to_the_letter_before(after) or before in _JOINERS:
        return False
    if _is_half_a_flag(before) and _is_half_a_flag(after):
        flags = len(text[:cut]) - len(text[:cut].rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
        return flags % 2 == 0
    return not (_MARK_BEGUN.search(text[max(cut - 6, 0) : cut]) and _MARK_GOES_ON.match(text, cut))


def _belongs_to_the_letter_before(letter: str) -> bool:
    """Accents, joiners, skin tones, tags, and the later parts of a Korean syllable."""
    return (
        unicodedata.category(letter) in {"Mn", "Me", "Mc"}
        or letter in _JOINERS
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
        or "\U000e0020" <= letter <= "\U000e007f"
        or "\u1160" <= letter <= "\u11ff"
    )


def _is_half_a_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"
