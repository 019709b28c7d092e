"""What a GGUF file says it is, from its first bytes. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_KEYS = 1000
MOST_CHARACTERS = 65_536
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a value by its type."""
_STRING, _ARRAY = 8, 9


class NotGGUF(Exception):
    """A clause for a person: what is wrong with the file."""


@dataclass(frozen=True)
class Header:
    """What matters before a file is loaded."""

    architecture: str
    is_adapter: bool


def header_of(path: Path) -> Header:
    """Reads up to the tokenizer's keys, which come after what is asked for here. Raises NotGGUF."""
    try:
        with path.open("rb") as file:
            found = _general(file)
    except FileNotFoundError:
        raise NotGGUF("is not there") from None
    except OSError as error:
        raise NotGGUF(f"cannot be read ({(error.strerror or 'no reason given').lower()})") from None
    except (struct.error, OverflowError, ValueError):  # UnicodeDecodeError is a ValueError
        raise NotGGUF("is cut short or damaged") from None
    if "general.architecture" not in found:
        raise NotGGUF("does not say what kind of model it is")
    kind = found.get("general.type", "model")
    return Header(found["general.architecture"], is_adapter=kind == "adapter")


def _general(file: BinaryIO) -> dict[str, str]:
    if file.read(4) != MAGIC:
        raise NotGGUF("is no GGUF file")
    version, _tensors, keys = struct.unpack("<IQQ", _exactly(file, 20))
    if version not in VERSIONS:
        raise NotGGUF("is of a GGUF version that is not known here")
    found: dict[str, str] = {}
    for _ in range(min(keys, MOST_KEYS)):
        name = _text(file)
        if name.startswith("tokenizer."):
            break
        (kind,) = struct.unpack("<I", _exactly(file, 4))
        if kind == _STRING:
            found[name] = _text(file)
        else:
            _skip(file, kind)
    return found


def _skip(file: BinaryIO, kind: int) -> None:
    if kind == _ARRAY:
        inner, count = struct.unpack("<IQ", _exactly(file, 12))
        if inner == _STRING:
            if count > MOST_CHARACTERS:
                raise ValueError
            for _ in range(count):
                _text(file)
        else:
            file.seek(_SIZES.get(inner, 0) * count, 1)
    elif kind in _SIZES:
        _exactly(file, _SIZES[kind])
    else:
        raise ValueError


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", _exactly(file, 8))
    if length > MOST_CHARACTERS:
        raise ValueError
    return _exactly(file, length).decode("utf-8")


def _exactly(file: BinaryIO, count: int) -> bytes:
    read = file.read(count)
    if len(read) < count:
        raise ValueError
    return read
