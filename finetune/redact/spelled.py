"""Letters said one by one ("N-A-T-A", "K for kilo") and mail addresses said aloud ("ana arroba…")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from finetune.redact.lexicon import lexicon, names

LETTERS = re.compile(r"(?<![\w'’])[a-z](\s?[-.]\s?|, | )[a-z](?:\1[a-z])+(?![\w'’])")
FEWEST_LETTERS = 4
"""Without hyphens or anything that says it is a name being spelled."""
ENDINGS = "com|net|org|info|edu|gov|app|dev|biz|io|co|uk|br|us|ie|pt|es|ai|eu"
MOST_LOCAL = 100
"""Characters before the @ of an address said aloud."""
CUE_REACH = 30


@dataclass(frozen=True)
class Spelled:
    start: int
    end: int
    letters: tuple[tuple[int, int], ...]
    """Where each letter, or letter with its word ("k for kilo"), stands."""
    word: str


@dataclass(frozen=True)
class SpokenMail:
    start: int
    end: int
    local: str
    domain: str
    at: str
    """The word that was said for @."""
    dot: str | None
    """The word that was said for the dot, if it was."""


def find_spelled(text: str, language: str, known: frozenset[str]) -> Iterator[Spelled]:
    """Words spelled out in the plain text, less abbreviations that firms go by (C-R-M)."""
    words = lexicon(language)
    for match in _phonetic(language).finditer(text):
        each = [m.span() for m in _letter_with_word(language).finditer(match.group())]
        spans = tuple((match.start() + a, match.start() + b) for a, b in each)
        yield Spelled(match.start(), match.end(), spans, "".join(text[a] for a, _ in spans))
    for match in LETTERS.finditer(text):
        spans = tuple(
            (match.start() + m.start(), match.start() + m.end()) for m in re.finditer("[a-z]", match.group())
        )
        word = "".join(text[a:b] for a, b in spans)
        before = text[max(0, match.start() - CUE_REACH) : match.start()]
        sure = len(word) >= FEWEST_LETTERS or word in known or word in names().first | names().surnames
        if word not in words.acronyms and (
            sure or any(re.search(cue, before) for cue in words.spelling_cues)
        ):
            yield Spelled(match.start(), match.end(), spans, word)


def find_spoken_mail(text: str, language: str, known: frozenset[str]) -> Iterator[SpokenMail]:
    """Mail addresses said aloud in the plain text."""
    for match in _spoken_host(language).finditer(text):
        line = max(text.rfind("\n", 0, match.start()) + 1, match.start() - MOST_LOCAL)
        end = match.start()
        start = _local_start(text, line, end, language, known)
        if start < end:
            domain = re.sub(rf"\s(?:{'|'.join(sorted(lexicon(language).dot))})\s", ".", match["domain"])
            local = text[start:end]
            yield SpokenMail(start, match.end(), local, domain.replace(" ", ""), match["at"], match["dot"])


def local_words(local: str, language: str) -> list[str]:
    """The words and letters of the part before the @, marks said as words left out."""
    marks = set(lexicon(language).mail_marks)
    return [word for word in re.findall(r"[a-z]+|\d+", local) if word not in marks]


@cache
def _letter_with_word(language: str) -> re.Pattern[str]:
    link = "|".join(sorted(lexicon(language).as_in))
    return re.compile(
        rf"\b([a-z])(?:,? (?:{link})(?: in)?) \1[a-z]+\b|\b[a-z],? (?:{link})(?: in)? [a-z]{{3,}}\b"
    )


@cache
def _phonetic(language: str) -> re.Pattern[str]:
    link = "|".join(sorted(lexicon(language).as_in))
    one = rf"[a-z],? (?:{link})(?: in)? [a-z]{{3,}}"
    return re.compile(rf"\b{one}(?:(?:,|\.)? (?:and |e |then )?{one})+\b")


@cache
def _spoken_host(language: str) -> re.Pattern[str]:
    """From the word for @ on; where the address begins can only be told going back from there."""
    words = lexicon(language)
    at, dot = ("|".join(sorted(of)) for of in (words.at, words.dot))
    return re.compile(
        rf"[ ,]+(?P<at>{at})[ ,]+"
        rf"(?P<domain>[a-z0-9-]+(?: [a-z0-9-]+){{0,2}}?(?:(?:\s(?P<dot>{dot})\s|\.)(?:{ENDINGS})\b)+)"
    )


def _local_start(text: str, start: int, end: int, language: str, known: frozenset[str]) -> int:
    """Where the address begins: back from the @ over letters, digits, marks and names."""
    words = lexicon(language)
    numbers = {*words.digits, *words.teens, *words.tens, *words.repeats}
    people = names().first | names().surnames | known
    spans = [
        (m.start() + start, m.end() + start, m.group()) for m in re.finditer(r"[^\s,:;?!]+", text[start:end])
    ]
    begin, base = end, False
    for n in range(len(spans) - 1, -1, -1):
        at, _, word = spans[n]
        joined = n + 1 < len(spans) and spans[n + 1][2] in words.mail_marks
        small = word in words.mail_marks or word in numbers or word.isdigit() or len(word) == 1
        if (
            begin < end
            and not joined
            and (word in words.not_names or (base and not small and word not in people))
        ):
            break
        if not joined and word in {"is", "e"} and begin < end:
            break
        base = base or not small
        begin = at
    return begin
