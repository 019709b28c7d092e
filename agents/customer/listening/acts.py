"""Which acts a sentence performs.

Three witnesses: a linear head over the sentence's embedding and its lexical signs (ridge regression, one act
against the rest, solved from `acts.yaml` when first needed: 15 ms), the nearest exemplars, and cues that
decide alone (`sure` and `never` in `cues.yaml`). Embeddings miss short rudeness and pressure; words catch it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.customer.acts import RepAct
from agents.customer.listening.cues import cues, read_data
from agents.customer.listening.settle import UNSURE, settled
from agents.customer.listening.shipped import exemplar_vectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingestion.embed import CachedEmbedder, Vectors

Scores = NDArray[np.float64]

# Chosen on the written sellers of `agents/evals/scripts`, by how many insults, shoves and comforts are heard
# when one decent line in a hundred may be taken amiss; flat within a factor of two each way.
RIDGE = 1.0
SIGN_WEIGHT = 0.35  # of a lexical sign beside a unit-length embedding
NEAREST_WEIGHT = 1.2  # of the mean of the two nearest exemplars' cosines beside the head's score
# A score becomes a confidence by a logistic curve: one half where about 3 % of other lines score as high.
SLOPE, MIDPOINT = 9.0, 0.78
# What does harm when misheard must be heard more surely (1 %): a patient customer does not turn on a doubt.
GRAVE_MIDPOINTS = {RepAct.RUDE.value: 0.87, RepAct.PRESSURE.value: 0.88, "off_topic": 0.82}
ACTS_A_SENTENCE = 3
OFF_TOPIC = "off_topic"
CLASSES = (*(act.value for act in RepAct), OFF_TOPIC)

_MIDPOINTS = np.array([GRAVE_MIDPOINTS.get(name, MIDPOINT) for name in CLASSES])


class ActEar:
    """Hears acts. Build once per process: the exemplars are shared by all personas."""

    def __init__(self, embedder: CachedEmbedder) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        self._solved: tuple[Scores, Vectors, NDArray[np.int64]] | None = None

    def confidences(self, sentences: Sequence[str], vectors: Vectors) -> list[dict[str, float]]:
        """For each sentence, every class's confidence (RepAct values and OFF_TOPIC), 0 to 1."""
        if not sentences:
            return []
        weights, exemplars, classes = self._head()
        scores = _features(sentences, vectors) @ weights
        scores += NEAREST_WEIGHT * _nearest(vectors, exemplars, classes)
        heard = 1.0 / (1.0 + np.exp(-SLOPE * (scores - _MIDPOINTS)))
        return [
            settled(sentence, dict(zip(CLASSES, map(float, row), strict=True)))
            for sentence, row in zip(sentences, heard, strict=True)
        ]

    def warm(self) -> None:
        """Load and solve now rather than at the first sentence. Safe in a thread."""
        self._head()

    def _head(self) -> tuple[Scores, Vectors, NDArray[np.int64]]:
        with self._lock:
            if self._solved is None:
                self._solved = _solve(self._embedder)
            return self._solved


def exemplars() -> tuple[list[str], NDArray[np.int64]]:
    """Sentences that show what each act sounds like, and the class of each."""
    by_class = read_data("acts.yaml")
    texts = [text for name in CLASSES for text in by_class[name]]
    return texts, np.array([i for i, name in enumerate(CLASSES) for _ in by_class[name]])


def _solve(embedder: CachedEmbedder) -> tuple[Scores, Vectors, NDArray[np.int64]]:
    texts, classes = exemplars()
    vectors = exemplar_vectors(texts, embedder)
    features = _features(texts, vectors)
    # Every class weighs the same, however many exemplars it has.
    share = 1.0 / np.bincount(classes)[classes]
    weighted = features * (share / share.mean())[:, None]
    weights = np.linalg.solve(
        weighted.T @ features + RIDGE * np.eye(features.shape[1]), weighted.T @ np.eye(len(CLASSES))[classes]
    )
    return weights, vectors, classes


def _features(sentences: Sequence[str], vectors: Vectors) -> Scores:
    signs = np.array([[bool(sign.search(text)) for sign in cues().signs] for text in sentences], np.float64)
    return np.hstack([vectors, SIGN_WEIGHT * signs, np.full((len(sentences), 1), 0.3)])


def _nearest(vectors: Vectors, exemplars: Vectors, classes: NDArray[np.int64]) -> Scores:
    # Not `@`: its threads would wait for the embedder's, 20 ms on a busy machine for 1 ms of work.
    cosines = np.einsum("ij,kj->ik", vectors, exemplars)
    best = np.empty((len(vectors), len(CLASSES)))
    for i in range(len(CLASSES)):
        best[:, i] = np.partition(cosines[:, classes == i], -2, axis=1)[:, -2:].mean(axis=1)
    return best


def acts_in(heard: Mapping[str, float]) -> list[tuple[RepAct, float]]:
    """What to report of one sentence: the surest acts, up to ACTS_A_SENTENCE. Empty is "unsure"."""
    ranked = sorted(((sure, RepAct(name)) for name, sure in heard.items() if name != OFF_TOPIC), reverse=True)
    return [(act, sure) for sure, act in ranked[:ACTS_A_SENTENCE] if sure >= UNSURE]
