"""How well a model foretells the customer's words: token accuracy, perplexity, and what the persona adds.

Token accuracy is the share of the customer's tokens that are the model's first choice, given all before them:
what Vertex AI calls "fraction of correct next step preds". Perplexity is over the same tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from finetune.evaluate.bootstrap import compare
from finetune.evaluate.evaluation import ActRow, Figure, Speaker
from finetune.example import Example

FEWEST_OF_AN_ACT = 5
"""Turns, below which an act gets no row of its own."""


class TurnScore(Protocol):
    """What a model made of one customer turn; `finetune.train.likelihood.Scored` is one."""

    @property
    def call(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def tokens(self) -> int: ...
    @property
    def nll(self) -> float: ...
    @property
    def correct(self) -> int: ...


Scores = Callable[[Sequence[Example]], Sequence[TurnScore]]
"""Scores examples, in their order."""


@dataclass(frozen=True)
class Tokens:
    """Sums over the scored turns of one call; nats. `nll_other` is under another customer's persona, over the
    turns for which there is one: `tokens_other` tokens, `nll_same` under their own."""

    tokens: int = 0
    correct: int = 0
    nll: float = 0.0
    tokens_other: int = 0
    nll_same: float = 0.0
    nll_other: float = 0.0

    def __add__(self, more: Tokens) -> Tokens:
        return Tokens(
            self.tokens + more.tokens,
            self.correct + more.correct,
            self.nll + more.nll,
            self.tokens_other + more.tokens_other,
            self.nll_same + more.nll_same,
            self.nll_other + more.nll_other,
        )


@dataclass(frozen=True)
class Judged:
    """What one speaker made of one example, with its own persona and with another's."""

    example: Example
    own: TurnScore
    other: TurnScore | None

    def tokens(self) -> Tokens:
        own, other = self.own, self.other
        return Tokens(
            own.tokens,
            own.correct,
            own.nll,
            other.tokens if other else 0,
            own.nll if other else 0.0,
            other.nll if other else 0.0,
        )


def judge(examples: Sequence[Example], scores: Scores, others: Mapping[int, Example]) -> list[Judged]:
    """Score every example, and again with the persona in `others` for those that have one (by place)."""
    places = sorted(others)
    # All at once: whoever scores may load the model each time he is asked.
    found = list(scores([*examples, *(others[place] for place in places)]))
    swapped = dict(zip(places, found[len(examples) :], strict=True))
    return [
        Judged(example, score, swapped.get(place))
        for place, (example, score) in enumerate(zip(examples, found[: len(examples)], strict=True))
    ]


def with_other_persona(examples: Sequence[Example], seed: int, most: int) -> dict[int, Example]:
    """The first `most` turns under the system message of another call's customer, by place. Seeded.

    The note before the turn stays: both speakers are told what to do, and one of them who somebody else is.
    """
    rng = Random(seed)
    people = list(dict.fromkeys(one.messages[0] for one in examples))
    numbers = {who: number for number, who in enumerate(people)}
    swapped: dict[int, Example] = {}
    for place, example in enumerate(examples[:most] if len(people) > 1 else ()):
        # Never a call that was cast with the very same message: nothing could be lost by that.
        further = rng.randrange(1, len(people))
        stranger = people[(numbers[example.messages[0]] + further) % len(people)]
        messages = (stranger, *example.messages[1:])
        swapped[place] = example.model_copy(update={"messages": messages})
    return swapped


def token_figures(judged: Mapping[Speaker, Sequence[Judged]], seed: int) -> dict[str, Figure]:
    """token_accuracy, perplexity and persona_use, over the speakers that have scores."""
    calls = sorted({one.example.call for ones in judged.values() for one in ones})
    sums = {who: _by_call(ones, calls) for who, ones in judged.items()}
    counted = sum((one.tokens for one in sums["tuned"]), 0)
    swapped = sum((one.tokens_other for one in sums["tuned"]), 0)
    persona = compare(_gain, sums, seed=seed, items=swapped)
    if swapped == 0:
        persona = Figure(missing="There is no second persona that could be swapped in.")
    return {
        "token_accuracy": compare(_accuracy, sums, seed=seed, items=counted),
        "perplexity": compare(_perplexity, sums, seed=seed, change="ratio", items=counted),
        "persona_use": persona,
    }


def by_act(judged: Mapping[Speaker, Sequence[Judged]], seed: int) -> tuple[ActRow, ...]:
    """The same for the turns of each act, the commonest first."""
    rows = []
    for act in {one.example.act for one in judged["tuned"]}:
        these = {who: [one for one in ones if one.example.act == act] for who, ones in judged.items()}
        turns = len(these["tuned"])
        if turns >= FEWEST_OF_AN_ACT:
            rows.append(ActRow(act=act, turns=turns, **token_figures(these, seed)))
    return tuple(sorted(rows, key=lambda row: (-row.turns, row.act)))


def _by_call(judged: Sequence[Judged], calls: Sequence[str]) -> list[Tokens]:
    sums = dict.fromkeys(calls, Tokens())
    for one in judged:
        sums[one.example.call] += one.tokens()
    return [sums[call] for call in calls]


def _accuracy(calls: Sequence[Tokens]) -> float:
    tokens = sum(call.tokens for call in calls)
    return sum(call.correct for call in calls) / tokens if tokens else math.nan


def _perplexity(calls: Sequence[Tokens]) -> float:
    tokens = sum(call.tokens for call in calls)
    return math.exp(sum(call.nll for call in calls) / tokens) if tokens else math.nan


def _gain(calls: Sequence[Tokens]) -> float:
    """Nats a token that the turn's own persona is worth against another's."""
    tokens = sum(call.tokens_other for call in calls)
    return sum(call.nll_other - call.nll_same for call in calls) / tokens if tokens else math.nan
