"""A part of a question put in the place of its like: "what does Flow cost" with "Flow Plus"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.copilot.facts import figures, names
from agents.copilot.phrases import (
    PHRASE,
    begins_with_place,
    last_phrase,
    phrase_of,
    points_back,
    small_word_pattern,
    small_words,
    without_determiner,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _same_measure(fragment: str, earlier: str) -> str:
    """ "the 3 year one" after "a two year deal": one figure of the same unit for the other."""
    ours, theirs = figures(fragment), figures(earlier)
    shared = {figure.unit for figure in ours} & {figure.unit for figure in theirs} - {""}
    if len(shared) != 1:
        return ""
    measure = re.compile(
        r"(?:(?:over|under|above|below|up to|more than|less than)\s+)?[£$€]?"
        r"(?:\d[\d,.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)\b)"
        r"(?:[ -]?(?:%|[a-z]+))?",
        re.IGNORECASE,
    )
    new = next((one for one in measure.finditer(fragment) if _unit(one.group()) in shared), None)
    old = next((one for one in measure.finditer(earlier) if _unit(one.group()) in shared), None)
    return f"{earlier[: old.start()]}{new.group()}{earlier[old.end() :]}" if new and old else ""


def _unit(text: str) -> str:
    return next((figure.unit for figure in figures(text)), "")


def _same_preposition(fragment: str, earlier: str) -> str:
    """ "for adventurous" after "fund costs on balanced": the last such phrase gives way."""
    if not begins_with_place(fragment):
        return ""
    places = list(small_word_pattern("prepositions", r"\b(?:{})\b").finditer(earlier))
    for place in reversed(places):
        phrase = phrase_of(earlier[place.end() :].split())
        if phrase and not points_back(phrase[-1]):
            after = earlier[place.end() :].split()[len(phrase) :]
            return " ".join((earlier[: place.start()].strip(), fragment, *after))
    return ""


def _another_number(fragment: str, earlier: str) -> str:
    """ "the 500" after "the AquaHeat 300"."""
    number = re.fullmatch(
        r"(?:the\s+)?([A-Z]{0,3}\d[\w-]*)(?:\s+(?:one|version|model))?", fragment, re.IGNORECASE
    )
    old = [name.split()[-1] for name in names(earlier) if re.search(r"\d\w*$", name)]
    return re.sub(rf"\b{re.escape(old[-1])}(?!\w)", number[1], earlier) if number and old else ""


def _another_name(fragment: str, earlier: str) -> str:
    """ "peakline" after "what does Brackwater charge": the last name gives way, with what belongs to it."""
    if not (known := names(earlier)):
        return ""
    name = re.escape(known[-1])
    determiner = "|".join(small_words().determiners)
    held = re.compile(rf"\b(?:(?:{determiner})\s+(?:[\w-]+\s+){{0,{PHRASE}}}?)?{name}(?!\w)", re.IGNORECASE)
    thing = without_determiner(fragment)
    return held.sub(lambda _: thing, earlier, count=1)


def _another_object(fragment: str, earlier: str) -> str:
    """ "tables" after "the minimum order for chairs": what stands after the last preposition gives way."""
    if re.match(r"an?\b", fragment, re.IGNORECASE):
        return ""
    for place in reversed(list(small_word_pattern("prepositions", r"\b(?:{})\s+").finditer(earlier))):
        rest = earlier[place.end() :].split()
        if (phrase := phrase_of(rest)) and not points_back(phrase[-1]):
            return " ".join((earlier[: place.end()].strip(), fragment, *rest[len(phrase) :]))
    return ""


def _another_phrase(fragment: str, earlier: str) -> str:
    """ "the lift" after "how long is the pilot": the last thing with an article gives way."""
    if not (phrase := last_phrase(earlier)):
        return ""
    at = earlier.rindex(phrase)
    return f"{earlier[:at]}{without_determiner(fragment)}{earlier[at + len(phrase) :]}"


SWAPS: tuple[Callable[[str, str], str], ...] = (
    _same_measure,
    _same_preposition,
    _another_number,
    _another_name,
    _another_object,
    _another_phrase,
)
"""Tried in this order, the surest first: each gives the earlier question with the fragment in it, or ""."""
