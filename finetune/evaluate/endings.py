"""Whether a model ends the call where the human customer did, and only there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from finetune.evaluate.bootstrap import compare
from finetune.evaluate.evaluation import Figure, Speaker


@dataclass(frozen=True)
class Ends:
    """One call. Only some of its turns are asked for; `others_in_all` says how many there are."""

    ends: int
    """Last turns asked for: 0 or 1."""
    ended: int
    """Of those, where the model ended the call as well."""
    others: int
    """Turns asked for at which the call went on."""
    cut: int
    """Of those, where the model ended it."""
    ends_in_all: int
    others_in_all: int


def ending_figures(calls: Mapping[Speaker, Sequence[Ends]], seed: int) -> dict[str, Figure]:
    """ending_f1, ending_missed, ending_early."""
    asked = sum(call.ends + call.others for call in calls["tuned"])
    if not any(call.ends for call in calls["tuned"]):
        why = "No turn that was asked for ends its call; the data marks no ends, or ask for more turns."
        return {name: Figure(missing=why) for name in ("ending_f1", "ending_missed", "ending_early")}
    return {
        "ending_f1": compare(f1, calls, seed=seed, items=asked),
        "ending_missed": compare(missed, calls, seed=seed, items=sum(call.ends for call in calls["tuned"])),
        "ending_early": compare(early, calls, seed=seed, items=sum(call.others for call in calls["tuned"])),
    }


def missed(calls: Sequence[Ends]) -> float:
    """Share of the human endings that the model talked on at."""
    ends = sum(call.ends for call in calls)
    return 1 - sum(call.ended for call in calls) / ends if ends else math.nan


def early(calls: Sequence[Ends]) -> float:
    """Share of the other turns at which the model ended the call."""
    others = sum(call.others for call in calls)
    return sum(call.cut for call in calls) / others if others else math.nan


def f1(calls: Sequence[Ends]) -> float:
    """F1 of ending at the human's last turn, among all turns of the calls as they are.

    Endings are asked for more often than they occur, or there would be too few to tell; the two error rates
    are therefore brought back to the share that endings have in the calls.
    """
    ends, others = sum(call.ends_in_all for call in calls), sum(call.others_in_all for call in calls)
    misses, cuts = missed(calls), early(calls)
    if math.isnan(misses) or (math.isnan(cuts) and others):
        return math.nan
    right = (1 - misses) * ends
    wrong = (0.0 if math.isnan(cuts) else cuts) * others
    return 2 * right / (right + wrong + ends)
