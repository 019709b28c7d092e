"""Recorded calls made up by hypothesis, and vectors for their turns without a model."""

from __future__ import annotations

import hashlib

import numpy as np
from hypothesis import strategies as st

from finetune.calls import CallTurn, RecordedCall
from ingestion.embed import DIMENSIONS, Vectors

_WORDS = st.sampled_from(
    [
        "yes",
        "no",
        "I",
        "we",
        "you",
        "price",
        "think",
        "send",
        "busy",
        "thanks",
        "who",
        "bye",
        "sure",
        "10",
        "£9",
    ]
)
_TEXTS = st.builds(
    lambda words, end: " ".join(words) + end,
    st.lists(_WORDS, min_size=1, max_size=14),
    st.sampled_from(["", ".", "?", "!", "…"]),
)


@st.composite
def recorded_calls(draw: st.DrawFn) -> RecordedCall:
    """A call of both sides in turn, whoever begins, in which every turn can be told from every other."""
    first, other = draw(st.permutations(["seller", "customer"]))
    texts = draw(st.lists(_TEXTS, min_size=2, max_size=12))
    turns = tuple(
        CallTurn.model_validate({"speaker": first if n % 2 == 0 else other, "text": f"{text} #{n}#"})
        for n, text in enumerate(texts)
    )
    return RecordedCall(call=draw(st.uuids()).hex, turns=turns)


def vectors_without_model(call: RecordedCall) -> Vectors:
    """A unit vector a customer turn, the same for the same words."""
    rows = [
        np.random.default_rng(int.from_bytes(hashlib.sha256(turn.text.encode()).digest()[:4])).normal(
            size=DIMENSIONS
        )
        for turn in call.turns
        if turn.speaker == "customer"
    ]
    vectors = np.array(rows, np.float32).reshape(-1, DIMENSIONS)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
