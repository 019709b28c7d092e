"""Text that both databases keep unchanged."""

from __future__ import annotations

import re
from typing import TypeVar

T = TypeVar("T")

# PostgreSQL has no NUL in text, and neither database takes half a surrogate pair (which a terminal
# in the wrong locale hands over). Every other control character, emoji and script is kept.
_NUL = "\x00"
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def storable(value: T) -> T:
    """The same value with NULs dropped and half surrogate pairs replaced by U+FFFD, at any depth of JSON."""
    return _clean(value)  # type: ignore[return-value]  # each branch keeps the type it was given


def _clean(value: object) -> object:
    match value:
        case str():
            return _HALF_PAIR.sub("\ufffd", value.replace(_NUL, ""))
        case dict():
            return {_clean(key): _clean(item) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
        case _:
            return value
