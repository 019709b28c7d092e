"""Whether a customer's turn sounds like the seller's: a small classifier, and the engine's own patterns.

Multinomial naive Bayes over words (McCallum and Nigam 1998), learned from who said what in the training
calls. One turn says little, so the bar is set where few people's own turns pass it, and that share is told
beside every speaker's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

import numpy as np

from agents.customer.check import out_of_role
from agents.customer.prompt import END_OF_CALL
from finetune.evaluate.bootstrap import compare
from finetune.evaluate.evaluation import Classifier, Figure, Speaker
from finetune.evaluate.speaking import silences
from finetune.evaluate.style import Turns, words_of
from finetune.example import Example

Side = Literal["seller", "customer"]
HELD_OUT = 0.2
"""Share of the training calls that the classifier does not learn from."""
PEOPLE_ABOVE = 0.05
"""Share of people's own turns that the bar lets pass for a seller's."""
FEWEST_CALLS = 5
_SMOOTHING = 1.0


@dataclass(frozen=True)
class SideTurn:
    """A turn, and whose it was."""

    side: Side
    text: str


class NaiveBayes:
    """Log-odds that a turn is the seller's, from its words; equal priors."""

    def __init__(self, turns: Iterable[SideTurn]) -> None:
        seen: dict[Side, Counter[str]] = {"seller": Counter(), "customer": Counter()}
        for turn in turns:
            seen[turn.side].update(words_of(turn.text))
        vocabulary = set(seen["seller"]) | set(seen["customer"])
        totals = {side: words.total() + _SMOOTHING * len(vocabulary) for side, words in seen.items()}
        self._odds = {
            word: math.log((seen["seller"][word] + _SMOOTHING) / totals["seller"])
            - math.log((seen["customer"][word] + _SMOOTHING) / totals["customer"])
            for word in vocabulary
        }

    def odds(self, text: str) -> float:
        """Above zero: rather the seller's. Words never seen count nothing."""
        return sum(self._odds.get(word, 0.0) for word in words_of(text))


@dataclass(frozen=True)
class RoleJudge:
    """The classifier, and what is known of its quality."""

    bayes: NaiveBayes
    quality: Classifier

    def is_sellers(self, text: str) -> bool:
        return self.bayes.odds(text) > self.quality.bar


def learn_roles(training: Sequence[Example], seed: int) -> RoleJudge | None:
    """Learn who says what from the training split. None where its calls are too few to learn and check by."""
    calls = sides_by_call(training)
    names = sorted(calls)
    if len(names) < FEWEST_CALLS:
        return None
    Random(seed).shuffle(names)
    kept_back = max(1, round(len(names) * HELD_OUT))
    learn = [turn for name in names[kept_back:] for turn in calls[name]]
    check = [turn for name in names[:kept_back] for turn in calls[name]]
    bayes = NaiveBayes(learn)
    sellers = [bayes.odds(turn.text) for turn in check if turn.side == "seller"]
    customers = [bayes.odds(turn.text) for turn in check if turn.side == "customer"]
    if not sellers or not customers:
        return None
    # Never below zero: what is rather a customer's turn is no seller's, however well the two are told apart.
    bar = max(0.0, float(np.quantile(customers, 1 - PEOPLE_ABOVE, method="higher")))
    above = sum(odds > bar for odds in customers) / len(customers)
    quality = Classifier(
        trained_on=len(learn),
        held_out=len(check),
        auc=round(auc(sellers, customers), 4),
        bar=round(bar, 4),
        people_above=round(above, 4),
    )
    return RoleJudge(bayes, quality)


def sides_by_call(examples: Sequence[Example]) -> dict[str, list[SideTurn]]:
    """Each call's turns once, from its last example, which holds the others in its history."""
    last: dict[str, Example] = {}
    for example in examples:
        if example.call not in last or example.n > last[example.call].n:
            last[example.call] = example
    silent = silences()
    return {
        call: [
            *(
                SideTurn("seller" if said.role == "user" else "customer", said.content)
                for said in example.talk
                if said.content not in silent
            ),
            SideTurn("customer", example.target.replace(END_OF_CALL, "")),
        ]
        for call, example in last.items()
    }


def auc(above: Sequence[float], below: Sequence[float]) -> float:
    """Chance that one of `above` is larger than one of `below`, ties half (Mann and Whitney 1947)."""
    ordered = np.sort(np.asarray(below, float))
    places = np.asarray(above, float)
    smaller = np.searchsorted(ordered, places, side="left")
    not_larger = np.searchsorted(ordered, places, side="right")
    return float((smaller + not_larger).sum() / 2 / (len(above) * len(below)))


def role_figures(
    turns: Mapping[Speaker, Sequence[Turns]], judge: RoleJudge | None, seed: int
) -> dict[str, Figure]:
    """role_inversion by the classifier, out_of_role by the engine's patterns."""
    items = sum(len(call) for call in turns["tuned"])
    patterns = {who: [[out_of_role(turn) for turn in call] for call in calls] for who, calls in turns.items()}
    figures = {"out_of_role": compare(_share, patterns, seed=seed, items=items)}
    if judge is None:
        why = "There are no training calls to learn from who speaks; give them with --train."
        return figures | {"role_inversion": Figure(missing=why)}
    flags = {
        who: [[judge.is_sellers(turn) for turn in call] for call in calls] for who, calls in turns.items()
    }
    return figures | {"role_inversion": compare(_share, flags, seed=seed, items=items)}


def _share(calls: Sequence[Sequence[bool]]) -> float:
    turns = sum(len(call) for call in calls)
    return sum(map(sum, calls)) / turns if turns else math.nan
