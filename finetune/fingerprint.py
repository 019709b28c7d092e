"""Names made of content: the same data and recipe give the same name, anything else another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import fsspec

LENGTH = 12
"""Characters of a name: 48 bits, far more than anybody's runs need to differ."""
_CHUNK = 1 << 20


def name_of(value: Any) -> str:
    """A short name for JSON-like data. Keys may come in any order."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def sha256_of(location: str | Path) -> str:
    """The SHA-256 of a file, here or in a bucket, in hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with fsspec.open(str(location), "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of_all(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The SHA-256 of each named file of a folder. Raises OSError."""
    return {name: sha256_of(folder / name) for name in names}
