"""What a GGUF file says it is, from its first bytes. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_KEYS = 1000
MOST_CHARACTERS = 65_536
MOST_TOKENS = 1 << 20
"""Of a vocabulary; large ones have a quarter of that."""
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a value by its type."""
_STRING, _ARRAY = 8, 9
_CONTROL = 3
"""Among the types of tokens: no text, but something that a tokenizer puts between texts."""


class NotGGUF(Exception):
    """A clause for a person: what is wrong with the file."""


@dataclass(frozen=True)
class Header:
    """What matters before a file is loaded."""

    architecture: str
    is_adapter: bool


def header_of(path: Path) -> Header:
    """Reads up to the tokenizer's keys, which come after what is asked for here. Raises NotGGUF."""
    with _opened(path) as file:
        found = _general(file)
    if "general.architecture" not in found:
        raise NotGGUF("does not say what kind of model it is")
    kind = found.get("general.type", "model")
    return Header(found["general.architecture"], is_adapter=kind == "adapter")


def control_tokens(path: Path) -> tuple[str, ...]:
    """The words of the vocabulary that are marks and no text, such as those between the turns of a talk; none
    where the file has no vocabulary. Raises NotGGUF."""
    tokens: list[bytes] = []
    kinds: tuple[int, ...] = ()
    with _opened(path) as file:
        for name, kind in _keys(file):
            if name == "tokenizer.ggml.tokens":
                tokens = [_bytes(file) for _ in range(_count(file))]
            elif name == "tokenizer.ggml.token_type":
                count = _count(file)
                kinds = struct.unpack(f"<{count}i", _exactly(file, 4 * count))
            else:
                _skip(file, kind)
            if tokens and kinds:
                break
    marks = (token for token, kind in zip(tokens, kinds, strict=False) if kind == _CONTROL)
    return tuple(mark.decode("utf-8", "replace") for mark in marks if mark)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Raises NotGGUF, also for what goes wrong while it is read."""
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise NotGGUF("is not there") from None
    except OSError as error:
        raise NotGGUF(f"cannot be read ({(error.strerror or 'no reason given').lower()})") from None
    except (struct.error, OverflowError, ValueError):  # UnicodeDecodeError is a ValueError
        raise NotGGUF("is cut short or damaged") from None


def _general(file: BinaryIO) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, kind in _keys(file):
        if name.startswith("tokenizer."):
            break
        if kind == _STRING:
            found[name] = _text(file)
        else:
            _skip(file, kind)
    return found


def _keys(file: BinaryIO) -> Iterator[tuple[str, int]]:
    """Each key and the type of its value, which is to be read or skipped before the next."""
    if file.read(4) != MAGIC:
        raise NotGGUF("is no GGUF file")
    version, _tensors, keys = struct.unpack("<IQQ", _exactly(file, 20))
    if version not in VERSIONS:
        raise NotGGUF("is of a GGUF version that is not known here")
    for _ in range(min(keys, MOST_KEYS)):
        name = _text(file)
        (kind,) = struct.unpack("<I", _exactly(file, 4))
        yield name, kind


def _count(file: BinaryIO) -> int:
    """How many an array holds."""
    _inner, count = struct.unpack("<IQ", _exactly(file, 12))
    if count > MOST_TOKENS:
        raise ValueError
    return int(count)


def _skip(file: BinaryIO, kind: int) -> None:
    if kind == _ARRAY:
        inner, count = struct.unpack("<IQ", _exactly(file, 12))
        if inner == _STRING:
            if count > MOST_TOKENS:
                raise ValueError
            for _ in range(count):
                _text(file)
        else:
            file.seek(_SIZES.get(inner, 0) * count, 1)
    elif kind == _STRING:
        _bytes(file)
    elif kind in _SIZES:
        _exactly(file, _SIZES[kind])
    else:
        raise ValueError


def _text(file: BinaryIO) -> str:
    return _bytes(file).decode("utf-8")


def _bytes(file: BinaryIO) -> bytes:
    (length,) = struct.unpack("<Q", _exactly(file, 8))
    if length > MOST_CHARACTERS:
        raise ValueError
    return _exactly(file, length)


def _exactly(file: BinaryIO, count: int) -> bytes:
    read = file.read(count)
    if len(read) < count:
        raise ValueError
    return read
