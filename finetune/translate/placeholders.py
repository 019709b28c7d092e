"""What stands for a mask while the engine works, and getting every mask back or knowing that one is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from finetune.translate.masks import Kind, Mask
from finetune.translate.notation import ordinal

_FILE = Path(__file__).parent / "placeholders.yaml"
_CODES: frozenset[Kind] = frozenset({"email", "url", "code", "phone"})


class Form(BaseModel):
    """One way to write placeholders; `names` also serve for the kinds that have none of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...] = Field(min_length=1)
    figures: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()

    def of(self, kind: Kind) -> tuple[str, ...]:
        if kind == "day":
            return tuple(map(str, self.days)) or self.names
        if kind in _CODES:
            return self.codes or self.names
        if kind == "name":
            return self.names
        return tuple(map(str, self.figures)) or self.names


class _Forms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    forms: tuple[Form, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Masked:
    """A sentence as the engine sees it."""

    text: str
    masks: tuple[Mask, ...]
    placeholders: tuple[str, ...]
    """One a mask, in the order of the text, no two alike."""


@cache
def forms() -> tuple[Form, ...]:
    return _Forms.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8"))).forms


def put_in(text: str, masks: Sequence[Mask], form: Form) -> Masked | None:
    """The sentence with placeholders for its masks; None where too few are free of what it says itself."""
    pieces: list[str] = []
    placeholders: list[str] = []
    end = 0
    lowered = text.lower()
    for mask in masks:
        free = (p for p in form.of(mask.kind) if p not in placeholders and p.lower() not in lowered)
        placeholder = next(free, None)
        if placeholder is None:
            return None
        written = _WRITTEN.get(mask.kind, "{}") if placeholder.isdecimal() else "{}"
        pieces += [text[end : mask.start], written.format(placeholder)]
        placeholders.append(placeholder)
        end = mask.end
    return Masked("".join([*pieces, text[end:]]), tuple(masks), tuple(placeholders))


def taken_out(translated: str, masked: Masked) -> str | None:
    """The translation with what the masks show; None where one is lost, doubled or bent, or a figure came up.

    A mask's own words are put in last, all at once, so that nothing in them is taken for a placeholder.
    """
    found: list[tuple[int, int, str]] = []
    for mask, placeholder in zip(masked.masks, masked.placeholders, strict=True):
        matches = list(_pattern(placeholder, mask.kind).finditer(translated))
        if len(matches) != 1:
            return None
        found.append((*matches[0].span(), _shown(mask, matches[0])))
    between: list[str] = []
    end = 0
    for start, stop, _ in sorted(found):
        if start < end:
            return None
        between.append(translated[end:start])
        end = stop
    between.append(translated[end:])
    if any(re.search(r"\d", piece) for piece in between):
        return None
    shown = [*(words for _, _, words in sorted(found)), ""]
    return "".join(piece + words for piece, words in zip(between, shown, strict=True))


def _shown(mask: Mask, match: re.Match[str]) -> str:
    before = match.string[: match.start()].rstrip().lower()
    if mask.kind == "day" and not before.endswith(("day", "days")):
        return ("" if before.endswith("the") else "the ") + ordinal(int(mask.shown))
    if "ordinal" in match.re.groupindex and match["ordinal"] and mask.shown.isdecimal():
        return ordinal(int(mask.shown))
    if mask.kind == "spoken" and not before:
        return mask.shown[:1].upper() + mask.shown[1:]
    return mask.shown


_WRITTEN: dict[Kind, str] = {"money": "R$ {}", "percent": "{}%"}
"""So that the engine puts it where an amount or a share goes."""


@cache
def _pattern(placeholder: str, kind: Kind) -> re.Pattern[str]:
    token = rf"(?<![\w]){re.escape(placeholder)}"
    if not placeholder.isdecimal():
        return re.compile(rf"{token}(?!\w)")
    token = rf"(?<![\w.,]){placeholder}"
    if kind == "money":
        return re.compile(
            rf"(?:(?:\b(?:R|US|U)\s?)?\$\s?)?{token}(?:\.00)?(?![\w]|[.,]\d)(?:\s?(?:reais|reals?)\b)?"
        )
    if kind == "percent":
        return re.compile(rf"{token}(?![\w]|[.,]\d)(?:\s?(?:%|per\s?cent\b))?")
    return re.compile(rf"{token}(?P<ordinal>st|nd|rd|th)?(?![\w]|[.,]\d)")
