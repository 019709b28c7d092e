"""What in a sentence can be checked: figures with their unit, dates, names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from agents.copilot.lexicon import lexicon
from ingestion.dates import dates_in
from ingestion.words import stop_words

NAME = re.compile(
    r"[A-Z][\w&’'-]*"
    # Further words with a capital, and the number of "Fixed Reserve 12" but not that of "Term 12 months".
    r"(?:[ \t]+(?:[A-Z][\w&’'-]*"
    r"|\d{1,4}[A-Z]{0,2}\b(?![\d.,%]*[%\d])(?!\s*(?:days?|weeks?|months?|years?)\b)))*"
)
MULTIPLES = {"k": 1_000, "m": 1_000_000, "million": 1_000_000, "bn": 1_000_000_000, "billion": 1_000_000_000}


@dataclass(frozen=True)
class Figure:
    """A number and what it counts: "£", "%", "day", "user", or "" where nothing known follows."""

    value: Decimal
    unit: str


@lru_cache(maxsize=4096)
def figures(text: str) -> frozenset[Figure]:
    """Every figure outside a date; "six months" and "6 months" are the same figure."""
    for start, end, _ in reversed(dates_in(text)):
        text = text[:start] + " " * (end - start) + text[end:]
    return frozenset(figure for match in figure_pattern().finditer(text) if (figure := figure_at(match)))


@lru_cache(maxsize=4096)
def days(text: str) -> frozenset[date]:
    """Every date the text names."""
    return frozenset(found for _, _, found in dates_in(text))


def kinds(text: str) -> frozenset[str]:
    """The kinds of answer the text holds: money, percent, duration, number, date, frequency, phone, name."""
    of_unit, of_marks = lexicon().unit_kinds, lexicon().kind_marks
    found = {of_unit.get(figure.unit, "number") for figure in figures(text)}
    found |= {"number"} if found else set()
    found |= {"date"} if days(text) else set()
    found |= {"name"} if names(text) else set()
    return frozenset(
        found | {kind for kind, mark in of_marks.items() if re.search(mark, text, re.IGNORECASE)}
    )


@lru_cache(maxsize=4096)
def names(text: str) -> tuple[str, ...]:
    """Capitalised names inside the text, articles stripped: "Flow Plus", "Fixed Reserve 12", "Sage 200".

    A lone capital at the start of a sentence, cell or line says nothing, so it is left out.
    """
    found = []
    for match in NAME.finditer(text):
        words = match.group().replace("’", "'").removesuffix("'s").split()
        starts = not re.search(r"[\w,;)\"'”’&-][ \t]+(?:[\"'“‘(]\s*)?$", text[: match.start()])
        while words and (words[0].lower() in stop_words() or len(words[0]) == 1):
            words, starts = words[1:], False
        if words and not (starts and len(words) == 1):
            found.append(" ".join(words))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1)
def figure_pattern() -> re.Pattern[str]:
    """A figure and the word after it, for `figure_at`."""
    spelled = "|".join(sorted(lexicon().numbers, key=len, reverse=True))
    return re.compile(
        rf"(?P<currency>[£$€]\s?)?(?:(?P<digits>\d[\d,]*(?:\.\d+)?)|\b(?P<spelled>{spelled})\b)"
        r"(?P<multiple>\s?(?:k|m|bn)\b|\s(?:million|billion)\b)?"
        r"(?P<percent>\s?%|\s?per\s?cent\b)?"
        r"(?P<pence>p\b)?"
        # Looked at and not taken: the word may itself be a figure ("or two").
        r"(?=[ \n-]{0,2}(?:(?:working|business|calendar|full) )?(?P<noun>[A-Za-z]+))?",
        re.IGNORECASE,
    )


def figure_at(match: re.Match[str]) -> Figure | None:
    """The figure of a match of `figure_pattern`; none for a spelled number that counts nothing."""
    words = lexicon()
    if match["digits"]:
        try:
            value = Decimal(match["digits"].rstrip(",").replace(",", ""))
        except InvalidOperation:
            return None
    else:
        value = Decimal(words.numbers[match["spelled"].lower()])
    if match["multiple"]:
        value *= MULTIPLES[match["multiple"].strip().lower()]
    noun = (match["noun"] or "").lower()
    unit = words.units.get(noun, "")
    if match["currency"]:
        unit = match["currency"].strip()
    elif match["percent"]:
        unit = "%"
    elif match["pence"]:
        unit = "p"
    elif match["spelled"] and not unit:
        # "one of them" counts nothing that an answer could get wrong.
        return None
    return Figure(value.normalize(), unit)
