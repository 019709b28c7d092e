"""Calls that are there twice: one is kept, so that no call is in training and in validation.

MinHash with banding (Broder 1997; Leskovec et al., Mining of Massive Datasets, ch. 3) finds the pairs to
compare in linear time; the comparison itself is exact.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from finetune.calls import Place, RecordedCall, Rejected

BANDS, ROWS = 16, 4
"""Two calls that share 85 % are compared with a chance of 99.999 %."""
WORD = re.compile(r"\w+")
Hashes = NDArray[np.uint64]


class DuplicateSettings(BaseModel):
    """`duplicates.yaml`; see there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shingle: int = Field(ge=1, le=10)
    least_alike: float = Field(gt=0.5, le=1)


def without_duplicates(
    calls: Iterable[RecordedCall], places: Mapping[str, Place] | None = None
) -> tuple[list[RecordedCall], list[Rejected]]:
    """The calls in their order, less those that say what one before them says, and why each is left out.

    Case, punctuation and who speaks make no difference. `places` says where calls stand, as `read_calls`
    fills it; without it a call's line is its number among `calls`.
    """
    kept: list[RecordedCall] = []
    rejected: list[Rejected] = []
    shingles: list[Hashes] = []
    bands: dict[bytes, list[int]] = {}
    for number, call in enumerate(calls, 1):
        mine = _shingles(call)
        keys = _bands(mine)
        near = dict.fromkeys(at for key in keys for at in bands.get(key, ()))
        twin = next((at for at in near if _alike(mine, shingles[at]) >= settings().least_alike), None)
        if twin is not None:
            place = (places or {}).get(call.call, Place("calls", number))
            exactly = (
                "Says the same as" if np.array_equal(mine, shingles[twin]) else "Says nearly the same as"
            )
            rejected.append(
                Rejected(place.source, place.line, f"{exactly} call {kept[twin].call}, which is kept.")
            )
            continue
        for key in keys:
            bands.setdefault(key, []).append(len(kept))
        kept.append(call)
        shingles.append(mine)
    return kept, rejected


def _shingles(call: RecordedCall) -> Hashes:
    """Hashes of all runs of words, sorted, each once."""
    words = WORD.findall(" ".join(turn.text for turn in call.turns).casefold())
    hashes = np.fromiter((zlib.crc32(word.encode()) for word in words), dtype=np.uint64, count=len(words))
    size = min(settings().shingle, len(words))
    runs = np.zeros(max(0, len(words) - size + 1), dtype=np.uint64)
    for at in range(size):
        runs = runs * np.uint64(0x9E3779B97F4A7C15) + hashes[at : at + len(runs)]
    return np.unique(runs)


def _bands(shingles: Hashes) -> list[bytes]:
    """Keys of which two calls share one at least where they are much alike."""
    factors, offsets = _permutations()
    with np.errstate(over="ignore"):
        hashed = shingles[None, :] * factors[:, None] + offsets[:, None]
    # The high bits of such a product are the mixed ones.
    least = (hashed >> np.uint64(20)).min(axis=1, initial=np.iinfo(np.uint64).max)
    return [band.to_bytes() + least[band * ROWS : (band + 1) * ROWS].tobytes() for band in range(BANDS)]


def _alike(one: Hashes, other: Hashes) -> float:
    """Jaccard's share: 1 for the same shingles."""
    shared = np.intersect1d(one, other, assume_unique=True).size
    return shared / (one.size + other.size - shared) if shared else float(one.size == other.size == 0)


@cache
def _permutations() -> tuple[Hashes, Hashes]:
    rng = np.random.default_rng(0)
    drawn: Any = rng.integers(0, np.iinfo(np.uint64).max, (2, BANDS * ROWS), dtype=np.uint64)
    return drawn[0] | np.uint64(1), drawn[1]


@cache
def settings() -> DuplicateSettings:
    """The file, read once."""
    path = Path(__file__).with_name("duplicates.yaml")
    return DuplicateSettings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
