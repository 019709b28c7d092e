"""The rep's questions and what they ask for: situation, problem, implication or need-payoff.

After Neil Rackham's SPIN (35,000 observed calls). Open and closed questions made no difference there, so
they make none here; what is asked for does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from agents.coach.call import SURE, CallRecord, CallTurn
from agents.coach.quote import quote
from agents.customer.acts import RepAct
from agents.data_files import read_yaml

if TYPE_CHECKING:
    from ingestion.embed import CachedEmbedder

CUE_WEIGHT = 0.25
"""Of a class's words beside the mean cosine of its two nearest exemplars."""

_ASKING = (RepAct.OPEN_QUESTION, RepAct.CLOSED_QUESTION)
_OTHER_PURPOSE = (RepAct.IDENTITY_CHECK, RepAct.PERMISSION, RepAct.CLOSE, RepAct.SMALL_TALK, RepAct.RUDE)
"""Acts that borrow the form of a question without wanting to know anything."""


class Spin(StrEnum):
    """What a question asks for."""

    SITUATION = "situation"
    PROBLEM = "problem"
    IMPLICATION = "implication"
    NEED_PAYOFF = "need_payoff"


@dataclass(frozen=True)
class Question:
    """One question: the turn, the words as they stand there, what they ask for."""

    turn: int
    quote: str
    spin: Spin


class SpinClass(BaseModel):
    """One class in `spin.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cues: tuple[str, ...]
    exemplars: tuple[str, ...]


def questions_in(call: CallRecord, embedder: CachedEmbedder | None = None) -> tuple[Question, ...]:
    """Every question the rep asked, in order. Without an embedder the cue words alone tell the classes."""
    asked = [(turn, sentence) for turn in call.spoken for sentence in _asked(turn)]
    classes = spin_of([sentence for _, sentence in asked], embedder)
    return tuple(
        Question(turn.n, quote(turn.text, sentence), spin)
        for (turn, sentence), spin in zip(asked, classes, strict=True)
    )


def spin_of(questions: Sequence[str], embedder: CachedEmbedder | None = None) -> list[Spin]:
    """What each question asks for. With no sign at all it asks for the situation."""
    if not questions:
        return []
    scores = CUE_WEIGHT * np.array(
        [[bool(cue.search(question)) for cue in _cues().values()] for question in questions], np.float64
    )
    if embedder is not None:
        scores += _nearness(questions, embedder)
    else:
        # Of several cues the rarer class tells more: a need-payoff question often names the problem, too.
        scores += 0.001 * np.arange(len(Spin)) * (scores > 0)
    return [list(Spin)[int(best)] for best in scores.argmax(axis=1)]


def _asked(turn: CallTurn) -> list[str]:
    heard: dict[str, dict[RepAct, float]] = {}
    for one in turn.appraisal.acts:
        heard.setdefault(one.sentence, {})[one.act] = one.confidence
    return [
        sentence
        for sentence, acts in heard.items()
        if _surest(acts, _ASKING) >= max(SURE, _surest(acts, _OTHER_PURPOSE))
    ]


def _surest(acts: dict[RepAct, float], of: tuple[RepAct, ...]) -> float:
    return max(acts.get(act, 0.0) for act in of)


def _nearness(questions: Sequence[str], embedder: CachedEmbedder) -> np.ndarray:
    vectors = embedder.embed(list(questions))
    near = np.empty((len(questions), len(Spin)))
    exemplars = [exemplar for spin in _classes().values() for exemplar in spin.exemplars]
    cosines = vectors @ embedder.embed_kept(exemplars).T
    start = 0
    for column, spin in enumerate(_classes().values()):
        end = start + len(spin.exemplars)
        near[:, column] = np.sort(cosines[:, start:end], axis=1)[:, -2:].mean(axis=1)
        start = end
    return near


@cache
def _classes() -> dict[Spin, SpinClass]:
    raw = read_yaml((files("agents.coach") / "spin.yaml").read_text("utf-8"))
    return {spin: SpinClass.model_validate(raw[spin]) for spin in Spin}


@cache
def _cues() -> dict[Spin, re.Pattern[str]]:
    return {spin: re.compile("|".join(of.cues), re.IGNORECASE) for spin, of in _classes().items()}
