"""Whether the rep plays the customer's own words or figures back to her.

"Six hours of a line standing still": said by the rep it sounds like a case study, but it is hers. It shows
that he listened, and proves nothing about what he sells.
"""

from __future__ import annotations

import re

from agents.customer.listening.text import words_of
from agents.customer.listening.words import content_words

LEAST_SHARED = 2  # words or figures of hers; one alone may be the topic
SHARE = 0.34  # of what the sentence carries
_OURS = re.compile(r"\b(i|we|our|ours|us|my|we'\w+|i'\w+|client\w*|customer\w*|they|their)\b", re.IGNORECASE)
_OWNING_UP = re.compile(
    r"\b(sorry|we should(n't)? have|i should(n't)? have|our fault|we let)\b", re.IGNORECASE
)

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBERS = {word: i for i, word in enumerate(_UNITS)} | {word: 10 * i for i, word in enumerate(_TENS, 2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_WRITTEN = re.compile(r"\d+(?:[.,]\d+)*")
_POINT = re.compile(r"\b(\w+) point (\w+)\b", re.IGNORECASE)


def plays_back(sentence: str, hers: str) -> bool:
    """Whether the sentence is made of what she said: at least two of her words or figures, and a third of it.

    A sentence about the seller is his own, unless he owns up to something.
    """
    if _OURS.search(sentence) and not _OWNING_UP.search(sentence):
        return False
    said, known = carried(sentence), carried(hers)
    shared = len(said & known)
    return shared >= LEAST_SHARED and shared >= SHARE * len(said)


def carried(text: str) -> frozenset[str]:
    """Stems of its content words, and its figures in digits ("nineteen hundred" is 1900)."""
    text = _POINT.sub(_decimal, text)
    figures = {match.replace(",", "") for match in _WRITTEN.findall(text)}
    plain: list[str] = []
    value: int | None = None
    for word in (part for spoken in words_of(text) for part in spoken.split("-")):
        if word in _NUMBERS:
            tens = value is not None and value % 10 == 0 and value % 100 >= 20 and _NUMBERS[word] < 10
            figures |= _as_figure(None if tens else value)
            value = (value or 0) + _NUMBERS[word] if tens else _NUMBERS[word]
        elif word in _SCALES and value is not None:
            value *= _SCALES[word]
        else:
            figures |= _as_figure(value)
            value = None
            plain.append(word)
    figures |= _as_figure(value)
    return content_words(" ".join(plain)) | figures


def _as_figure(value: int | None) -> set[str]:
    return set() if value is None else {str(value)}


def _decimal(match: re.Match[str]) -> str:
    whole, part = (_NUMBERS.get(word.lower()) for word in match.groups())
    return match.group() if whole is None or part is None else f"{whole}.{part}"
