"""How much each sign counts, read once from `weights.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from agents.copilot.signs import NAMES
from agents.data_files import read_yaml

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from agents.copilot.signs import Signs

BEST_ANYWHERE = ("near", "like", "head")
"""Signs whose best value over all units tells whether the documents speak of the matter at all."""
GATE_NAMES = (*NAMES, *(f"best_{name}" for name in BEST_ANYWHERE))


class Linear(BaseModel):
    """A weighted sum of signs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bias: float = 0.0
    weights: dict[str, float]

    def __call__(self, values: NDArray[np.float64], names: tuple[str, ...]) -> NDArray[np.float64]:
        """The sums for rows of signs of shape (..., len(names))."""
        total: NDArray[np.float64] = self.bias + values @ np.array([self.weights[name] for name in names])
        return total


class Weights(BaseModel):
    """Schema of `weights.yaml`. `rank` orders the units of a question, as log odds against one another;
    `gate` gives the log odds that the best of them answers it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: Linear
    gate: Linear

    @model_validator(mode="after")
    def _every_sign_has_a_weight(self) -> Weights:
        for part, names in ((self.rank, NAMES), (self.gate, GATE_NAMES)):
            if set(part.weights) != set(names):
                odd = sorted(set(part.weights) ^ set(names))
                raise ValueError(f"weights.yaml and signs.py disagree on {', '.join(odd)}: run make weights")
        return self


@cache
def weights() -> Weights:
    """The weights in use."""
    text = (files("agents.copilot") / "weights.yaml").read_text(encoding="utf-8")
    return Weights.model_validate(read_yaml(text))


def gate_signs(rows: Signs, best: int) -> NDArray[np.float64]:
    """What the gate looks at: the signs of the best unit, and the best value anywhere of some of them.

    `rows` has shape (units, len(NAMES)).
    """
    columns = [NAMES.index(name) for name in BEST_ANYWHERE]
    return np.concatenate([rows[best], rows[:, columns].max(axis=0)])
