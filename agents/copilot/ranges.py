"""Ranges in a text, so that "a 45 kg parcel" finds the row "31–70 kg"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from agents.copilot.facts import figure_at, figure_pattern
from agents.copilot.lexicon import lexicon

if TYPE_CHECKING:
    from agents.copilot.facts import Figure

BEFORE = {
    "at_most": r"up to(?: and including)?|at most|no more than|not more than|maximum(?: of)?|max\.?|≤|until",
    "below": r"under|below|less than|fewer than|lighter than|shorter than|<",
    "above": r"over|above|more than|greater than|exceeding|heavier than|longer than|beyond|>",
    "at_least": r"from|at least|minimum(?: of)?|min\.?|≥|starting (?:at|from)|no less than|not less than",
}
AFTER = {
    "at_least": r"\+|(?:or|and) (?:more|over|above|longer|older|greater|upwards?)\b|plus\b|upwards?\b",
    "at_most": r"(?:or|and) (?:less|fewer|under|below|shorter|younger)\b",
}
JOINT = r"\s*(?:–|—|-|to|up to|and|until)\s+(?P<open>below|under|less than)?\s*|\s*[–—-]\s*"


@dataclass(frozen=True)
class Range:
    """Values from `low` to `high` (None: no bound) of one unit of measure ("" where none is written)."""

    low: Decimal | None
    high: Decimal | None
    unit: str
    low_counts: bool = True
    high_counts: bool = True

    def measures(self, figure: Figure) -> bool:
        """Whether the figure is of the same measure, as far as one can tell."""
        return "" in (self.unit, figure.unit) or self.unit == figure.unit

    def holds(self, figure: Figure) -> bool:
        """Whether the figure lies within."""
        above = self.low is None or figure.value > self.low or (self.low_counts and figure.value == self.low)
        below = (
            self.high is None or figure.value < self.high or (self.high_counts and figure.value == self.high)
        )
        return self.measures(figure) and above and below


@lru_cache(maxsize=4096)
def ranges(text: str) -> tuple[Range, ...]:
    """The ranges that `text` states, in order: "31–70 kg", "up to £500", "250 or more", "over 12 months"."""
    found: list[Range] = []
    matches = [match for match in figure_pattern().finditer(text) if figure_at(match)]
    skip = False
    for number, match in enumerate(matches):
        if skip:
            skip = False
            continue
        following = matches[number + 1] if number + 1 < len(matches) else None
        joint = re.fullmatch(JOINT, text[_end(match, text) : following.start()]) if following else None
        if following and joint:
            found += _between(figure_at(match), figure_at(following), joint["open"])
            skip = bool(found)
        elif one := _bounded(text, match):
            found.append(one)
    return tuple(found)


def _between(low: Figure | None, high: Figure | None, opened: str | None) -> list[Range]:
    if low is None or high is None or low.value >= high.value:
        return []
    if low.unit and high.unit and low.unit != high.unit:
        return []
    return [Range(low.value, high.value, low.unit or high.unit, high_counts=not opened)]


def _bounded(text: str, match: re.Match[str]) -> Range | None:
    figure = figure_at(match)
    if figure is None:
        return None
    before, after = text[: match.start()].rstrip(" £$€"), text[_end(match, text) :].lstrip()
    says = next((kind for kind, words in BEFORE.items() if _ends_in(before, words)), "")
    says = says or next((kind for kind, words in AFTER.items() if re.match(words, after, re.IGNORECASE)), "")
    match says:
        case "at_most" | "below":
            return Range(None, figure.value, figure.unit, high_counts=says == "at_most")
        case "at_least" | "above":
            return Range(figure.value, None, figure.unit, low_counts=says == "at_least")
    return None


def _ends_in(text: str, words: str) -> bool:
    return bool(re.search(rf"(?<![\w-])(?:{words})\s*$", text, re.IGNORECASE))


def _end(match: re.Match[str], text: str) -> int:
    """Where the figure ends with its measure: "30 kg" before "or more"."""
    noun = match["noun"]
    if not noun or noun.lower() not in lexicon().units:
        return match.end()
    return text.index(noun, match.end()) + len(noun)
