"""Intervals over dialogues. Turns of one call resemble each other, so a call is drawn whole or not at all.

Percentile bootstrap (Efron 1979; over clusters: Davison and Hinkley 1997, §3.8). What two speakers did with
the same dialogues is drawn together, so that the interval of their difference is a paired one. Figures that
count different things (unique turns) shrink when a dialogue is drawn twice; for them there is the jackknife.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import numpy as np

from finetune.evaluate.evaluation import Estimate, Figure, Speaker

DRAWS = 1000
_TAIL = 2.5
"""Per cent outside the interval on either side."""
_Z = 1.959964

Dialogue = TypeVar("Dialogue")
Statistic = Callable[[Sequence[Dialogue]], float]
"""Of the dialogues given, in no order; NaN where they say nothing."""
Change = Literal["difference", "ratio"]


def compare(
    statistic: Statistic[Dialogue],
    speakers: Mapping[Speaker, Sequence[Dialogue]],
    *,
    seed: int = 0,
    change: Change = "difference",
    items: int = 0,
    draws: int = DRAWS,
) -> Figure:
    """The statistic for each speaker over the same dialogues, and the change from base to tuned.

    Place i of every speaker's sequence is the same dialogue. Raises ValueError where the lengths differ.
    """
    count = _same_length(speakers)
    values = {who: [statistic(of)] for who, of in speakers.items()}
    rng = np.random.default_rng(seed)
    for _ in range(draws if count > 1 else 0):
        drawn = rng.integers(0, count, count).tolist()
        for who, of in speakers.items():
            values[who].append(statistic([of[i] for i in drawn]))
    return _figure(values, change, count, items, _percentiles)


def compare_counts(
    statistic: Statistic[Dialogue], speakers: Mapping[Speaker, Sequence[Dialogue]], *, items: int = 0
) -> Figure:
    """The same for shares that drawing a dialogue twice would bend: intervals by the jackknife, each dialogue
    left out once (Efron and Tibshirani 1993, ch. 11). Shares stay within 0 and 1, changes within -1 and 1."""
    count = _same_length(speakers)
    values = {who: [statistic(of)] for who, of in speakers.items()}
    for left_out in range(count if count > 1 else 0):
        for who, of in speakers.items():
            values[who].append(statistic([*of[:left_out], *of[left_out + 1 :]]))
    return _figure(values, "difference", count, items, _jackknife)


def _same_length(speakers: Mapping[Speaker, Sequence[Any]]) -> int:
    lengths = {len(of) for of in speakers.values()}
    if len(lengths) != 1:
        raise ValueError("every speaker must have the same dialogues")
    return lengths.pop()


def _figure(
    values: dict[Speaker, list[float]],
    change: Change,
    count: int,
    items: int,
    interval: Callable[[list[float], float], Estimate | None],
) -> Figure:
    """From each speaker's statistic, first over all dialogues, then over those drawn; `interval` is also told
    what the least is that a share, or a change of one, can be."""
    estimates: dict[str, Estimate | None] = {who: interval(of, 0.0) for who, of in values.items()}
    if "base" in values and "tuned" in values:
        pairs = zip(values["tuned"], values["base"], strict=True)
        estimates["change"] = interval([_change(tuned, base, change) for tuned, base in pairs], -1.0)
    return Figure(dialogues=count, items=items, **estimates)


def _change(tuned: float, base: float, change: Change) -> float:
    if change == "difference":
        return tuned - base
    return tuned / base if base else math.nan


def _percentiles(values: list[float], _: float) -> Estimate | None:
    value, drawn = values[0], [one for one in values[1:] if not math.isnan(one)]
    if math.isnan(value):
        return None
    if not drawn:
        return Estimate(value=value)
    low, high = np.percentile(drawn, [_TAIL, 100 - _TAIL])
    return Estimate(value=value, low=float(low), high=float(high))


def _jackknife(values: list[float], least: float) -> Estimate | None:
    value, left = values[0], np.array([one for one in values[1:] if not math.isnan(one)])
    if math.isnan(value):
        return None
    if not len(left):
        return Estimate(value=value)
    spread = math.sqrt((len(left) - 1) / len(left) * float(((left - left.mean()) ** 2).sum()))
    return Estimate(value=value, low=max(least, value - _Z * spread), high=min(1.0, value + _Z * spread))
