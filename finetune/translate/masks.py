"""What in a sentence must come out of translation as it went in: figures, codes, addresses, pseudonyms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from finetune.translate.notation import FIGURE, in_english
from finetune.translate.spoken import number_pattern, one_of, words

_FILE = Path(__file__).parent / "masks.yaml"

Kind = Literal[
    "email",
    "url",
    "code",
    "phone",
    "money",
    "percent",
    "clock",
    "hours",
    "date",
    "day",
    "ordinal",
    "number",
    "spoken",
    "name",
]
_SHORTEST_PART_OF_A_NAME = 3


class _Pattern(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    pattern: str


class _Patterns(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    masks: tuple[_Pattern, ...]


@dataclass(frozen=True)
class Mask:
    """A stretch of a sentence that the engine never sees."""

    kind: Kind
    start: int
    end: int
    shown: str
    """As it reads in the English."""


@cache
def _patterns() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    known = words()
    parts = {
        "{num}": f"(?:{FIGURE})",
        "{words}": number_pattern(),
        "{scale}": one_of(list(known.scales)),
        "{unit}": one_of([unit for unit in known.currencies if unit.isalpha()]),
        "{cents}": one_of(known.cents),
        "{month}": one_of(known.months),
    }
    read = _Patterns.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
    found = []
    for each in read.masks:
        pattern = each.pattern
        for name, part in parts.items():
            pattern = pattern.replace(name, part)
        found.append((each.kind, re.compile(pattern, re.IGNORECASE)))
    return tuple(found)


def masks_in(text: str, pseudonyms: Iterable[str] = ()) -> tuple[Mask, ...]:
    """In the order of the text, none overlapping. Every digit of the text is in one of them."""
    found = [
        Mask("name", *match.span(), match[0])
        for pattern in _names(tuple(sorted(set(pseudonyms))))
        for match in pattern.finditer(text)
    ]
    taken = _without_overlaps(found)
    for kind, pattern in _patterns():
        found += [
            Mask(kind, *match.span(), in_english(kind, match[0]))
            for match in pattern.finditer(text)
            if not any(match.start() < mask.end and mask.start < match.end() for mask in taken)
        ]
    kept = _without_overlaps(found)
    return tuple(sorted((*kept, *_left_over(text, kept)), key=lambda mask: mask.start))


def _left_over(text: str, kept: Sequence[Mask]) -> Iterable[Mask]:
    """Digits that lost their mask to another's overlap: none may reach the engine."""
    for match in re.finditer(r"\d+", text):
        if not any(match.start() < mask.end and mask.start < match.end() for mask in kept):
            yield Mask("number", *match.span(), match[0])


def _without_overlaps(found: Sequence[Mask]) -> tuple[Mask, ...]:
    """A pseudonym before anything else; then the one that starts first, the longer, the one named first."""
    kept: list[Mask] = []
    end = 0
    for mask in sorted(found, key=lambda mask: (mask.start, mask.start - mask.end)):
        if mask.start >= end:
            kept.append(mask)
            end = mask.end
    return tuple(kept)


@cache
def _names(pseudonyms: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The pseudonyms, and the capitalised words of those of several words: "Ana Prado" is met as "Ana"."""
    wanted = {name.strip() for name in pseudonyms if name.strip()}
    for name in tuple(wanted):
        parts = name.split()
        if len(parts) > 1:
            wanted |= {
                part
                for part in parts
                if len(part) >= _SHORTEST_PART_OF_A_NAME and part.isalpha() and part[0].isupper()
            }
    if not wanted:
        return ()
    return (re.compile(rf"(?<!\w){one_of(sorted(wanted))}(?!\w)"),)
