"""The weights by which a recorded turn's act is read, made from the lines that people wrote for the personas.

Every persona holds lines for each act, some 5,000 in all: a corpus of customers' turns with their acts. A
multinomial logistic regression over their sentence vectors generalises from it better than the nearest lines
do (measured on tests/data/customer_turns.jsonl). `python -m finetune.act_weights` makes the file again after
personas were edited: about a minute on two cores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.customer.acts import Act
from agents.customer.persona import Persona
from ingestion.embed import Embedder, MiniLM, Vectors

FILE = Path(__file__).parent / "act_weights.npz"
OWN_WEIGHT = 3.0
"""How much a line of the recorded customer's own counts: it speaks of no trade, as recorded calls may."""
SHRINK = 3e-5
STEPS = 300


@dataclass(frozen=True)
class ActWeights:
    """`weights` has shape (DIMENSIONS + 1, acts), the last row being the bias; `objection_lines` (lines,
    DIMENSIONS), the vectors of what is said for each of `objections`."""

    embedder: str
    acts: tuple[Act, ...]
    weights: NDArray[np.float32]
    objections: tuple[str, ...]
    objection_lines: Vectors


@cache
def act_weights(path: Path = FILE) -> ActWeights:
    """The weights that ship."""
    with np.load(path) as kept:
        return ActWeights(
            str(kept["embedder"]),
            tuple(Act(name) for name in kept["acts"].tolist()),
            kept["weights"].astype(np.float32),
            tuple(kept["objections"].tolist()),
            kept["objection_lines"].astype(np.float32),
        )


def lines_with_acts(persona: Persona) -> Iterator[tuple[str, Act]]:
    """Every line the persona can speak, with what it does."""
    yield from ((line, Act.OPEN) for line in persona.opening)
    for fact in persona.facts:
        yield from ((line, Act.REVEAL) for line in fact.lines)
    for objection in persona.objections:
        yield from ((line, Act.OBJECT) for line in objection.lines)
        yield from ((line, Act.INSIST) for line in objection.insists)
        yield from ((line, Act.CONCEDE) for line in objection.resolved)
        yield from ((line, Act.BRISTLE) for line in objection.inflamed)
    yield from ((line, Act.AGREE) for line in persona.win.lines)
    for lines in persona.exits.values():
        yield from ((line, Act.LEAVE) for line in lines)
    for act, lines in persona.lines.items():
        yield from ((line, act) for line in lines)


def make(personas: list[Persona], recorded: Persona, embedder: Embedder) -> ActWeights:
    """Fit the weights. The same lines always give the same weights, to rounding."""
    taught = [(line, act, 1.0) for persona in personas for line, act in lines_with_acts(persona)]
    taught += [(line, act, OWN_WEIGHT) for line, act in lines_with_acts(recorded)]
    acts = tuple(sorted({act for _, act, _ in taught}))
    vectors = embedder.embed([line for line, _, _ in taught])
    which = np.array([acts.index(act) for _, act, _ in taught])
    weights = _fit(vectors, which, np.array([weight for _, _, weight in taught]), len(acts))
    objecting = [
        (line, objection.id)
        for objection in recorded.objections
        for line in (*objection.lines, *objection.insists)
    ]
    return ActWeights(
        embedder.name,
        acts,
        weights.astype(np.float32),
        tuple(name for _, name in objecting),
        embedder.embed([line for line, _ in objecting]),
    )


def _fit(vectors: Vectors, which: NDArray[np.int64], weight: NDArray[np.float64], acts: int) -> Vectors:
    """Gradient descent with momentum; rare acts count for more, by the root of their rarity."""
    inputs = np.c_[vectors, np.ones(len(vectors), np.float32)]
    common = np.bincount(which, weights=weight, minlength=acts)
    weight = weight * np.sqrt(len(which) / (acts * common[which] / weight))
    weight /= weight.mean()
    wanted = np.eye(acts)[which]
    weights = np.zeros((inputs.shape[1], acts))
    speed = np.zeros_like(weights)
    for _ in range(STEPS):
        scores = inputs @ weights
        shares = np.exp(scores - scores.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        slope = inputs.T @ ((shares - wanted) * weight[:, None]) / len(inputs) + SHRINK * weights
        speed = 0.9 * speed - 3 * slope
        weights = weights + speed
    return weights.astype(np.float32)


def write(made: ActWeights, path: Path = FILE) -> None:
    """Keep the weights in half precision: a hundred kilobytes."""
    np.savez_compressed(
        path,
        embedder=np.array(made.embedder),
        acts=np.array([act.value for act in made.acts]),
        weights=made.weights.astype(np.float16),
        objections=np.array(made.objections),
        objection_lines=made.objection_lines.astype(np.float16),
    )


if __name__ == "__main__":
    from agents.customer.persona_files import Catalogue, built_in_folder
    from finetune.casting import template

    write(make(Catalogue(built_in_folder()).all(), template(), MiniLM()))
