"""How far a speaker's turns are from people's: their length, their questions, their variety."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TypeVar

import numpy as np

from agents.customer.scripted import bare
from finetune.evaluate.bootstrap import Statistic, compare, compare_counts
from finetune.evaluate.evaluation import Figure, Speaker

SHORT = 5
"""Words; a turn of so many or fewer is a short one."""
_WORD = re.compile(r"[\w']+")
_One = TypeVar("_One")

Turns = Sequence[str]
"""What a speaker said in one dialogue."""


@dataclass(frozen=True)
class Shape:
    """All of a turn that its style is judged by."""

    words: int
    asks: bool


Shapes = Sequence[Shape]
"""Of a speaker's turns in one dialogue."""


def words_of(text: str) -> list[str]:
    """Lower-case words, as the simulator's own figures count them."""
    return _WORD.findall(text.lower())


def shapes_of(turns: Turns) -> list[Shape]:
    return [Shape(len(words_of(turn)), "?" in turn) for turn in turns]


def wasserstein(one: Sequence[float], other: Sequence[float]) -> float:
    """The first Wasserstein distance of two samples: the area between their distribution functions, in the
    samples' own unit. NaN where one is empty."""
    if not len(one) or not len(other):
        return math.nan
    a, b = np.sort(np.asarray(one, float)), np.sort(np.asarray(other, float))
    places = np.sort(np.concatenate([a, b]))
    below_a = np.searchsorted(a, places[:-1], side="right") / len(a)
    below_b = np.searchsorted(b, places[:-1], side="right") / len(b)
    return float(np.sum(np.abs(below_a - below_b) * np.diff(places)))


def unique_share(turns: Turns) -> float:
    """Share of different turns among all, by their words."""
    return len({bare(turn) for turn in turns}) / len(turns) if turns else math.nan


def distinct(turns: Turns, n: int) -> float:
    """Different n-grams as a share of all (Li et al. 2016), n being 1 or 2. It falls as turns are added, so
    only like numbers of turns can be compared."""
    grams = [gram for turn in turns for gram in _grams(words_of(turn), n)]
    return len(set(grams)) / len(grams) if grams else math.nan


def _grams(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [(word,) for word in words] if n == 1 else list(pairwise(words))


def style_figures(turns: Mapping[Speaker, Sequence[Turns]], seed: int) -> dict[str, Figure]:
    """Lengths and questions of next turns at the same places of the same calls; `human` must be a speaker."""
    shapes = {who: [shapes_of(call) for call in calls] for who, calls in turns.items()}
    items = sum(len(call) for call in turns["tuned"])
    told: dict[str, Statistic[Shapes]] = {
        "words_per_turn": lambda calls: _mean([shape.words for call in calls for shape in call]),
        "question_share": lambda calls: _question_share(_all(calls)),
        "short_share": lambda calls: _short_share(_all(calls)),
    }
    # Each dialogue goes with its human turns, so that both are drawn together.
    paired: dict[Speaker, list[tuple[Shapes, Shapes]]] = {
        who: list(zip(calls, shapes["human"], strict=True)) for who, calls in shapes.items() if who != "human"
    }
    return {name: compare(of, shapes, seed=seed, items=items) for name, of in told.items()} | {
        name: compare(_apart(of), paired, seed=seed, items=items) for name, of in DISTANCES.items()
    }


def opening_figures(openings: Mapping[Speaker, Sequence[Turns]]) -> dict[str, Figure]:
    """How much first turns differ from call to call."""
    items = len(openings["tuned"])
    figures: dict[str, Statistic[Turns]] = {
        "opening_unique": lambda calls: unique_share(_all(calls)),
        "opening_distinct_1": lambda calls: distinct(_all(calls), 1),
        "opening_distinct_2": lambda calls: distinct(_all(calls), 2),
    }
    return {name: compare_counts(of, openings, items=items) for name, of in figures.items()}


def _all(calls: Sequence[Sequence[_One]]) -> list[_One]:
    return list(chain.from_iterable(calls))


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else math.nan


def _question_share(shapes: Shapes) -> float:
    return _mean([shape.asks for shape in shapes])


def _short_share(shapes: Shapes) -> float:
    return _mean([shape.words <= SHORT for shape in shapes])


def _length_distance(speaker: Shapes, human: Shapes) -> float:
    return wasserstein([shape.words for shape in speaker], [shape.words for shape in human])


DISTANCES: dict[str, Callable[[Shapes, Shapes], float]] = {
    "length_distance": _length_distance,
    "question_distance": lambda speaker, human: abs(_question_share(speaker) - _question_share(human)),
    "short_distance": lambda speaker, human: abs(_short_share(speaker) - _short_share(human)),
}
"""From a speaker's turns to people's. Zero: alike in this."""


def _apart(distance: Callable[[Shapes, Shapes], float]) -> Statistic[tuple[Shapes, Shapes]]:
    def over(calls: Sequence[tuple[Shapes, Shapes]]) -> float:
        return distance(_all([speaker for speaker, _ in calls]), _all([human for _, human in calls]))

    return over
