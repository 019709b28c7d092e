"""Labels: what a recorded customer's turn did, so that serving's prompt can be asked for it.

A turn's vector scores each act (`act_weights.py`), cues in the two turns add to that (`labels.yaml`), and
what the call has seen so far rules acts out. Trust, patience and mood follow from the run of acts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict

from agents.customer.acts import Act, ExitReason, Mood
from agents.customer.difficulty import first_state
from agents.customer.feel import mood_of
from agents.customer.persona import Persona
from agents.customer.state import CustomerState, Decision, Difficulty, Standing, Status
from finetune.act_weights import ActWeights, act_weights
from finetune.calls import RecordedCall
from finetune.casting import call_seed, words_of
from ingestion.embed import Embedder, Vectors

DATA = Path(__file__).parent / "labels.yaml"


def _compiles(pattern: str) -> str:
    re.compile(pattern)
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class Part(BaseModel):
    """A part of `labels.yaml`, which says what each field means."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cue(Part):
    customer: Pattern | None = None
    seller: Pattern | None = None
    words: tuple[int, int] = (0, 10**6)
    adds: dict[Act, float]


class Needs(Part):
    objection: dict[Act, Act]
    fact: dict[Act, Act]
    agreed: dict[Act, Act]


class Objecting(Part):
    patterns: Pattern
    adds: float


class Ending(Part):
    refused: Pattern


class Effect(Part):
    trust: float = 0
    patience: float = 0


class Rules(Part):
    """`labels.yaml`."""

    cues: tuple[Cue, ...]
    never: frozenset[Act]
    rarely: dict[Act, float]
    needs: Needs
    small_talk_turns: int
    objections: dict[str, Pattern]
    objecting: Objecting
    facts: dict[str, Pattern]
    otherwise: str
    exits: dict[ExitReason, Pattern]
    ending: Ending
    last_words: frozenset[Act]
    last_margin: float
    farewell: Pattern
    effects: dict[Act, Effect]


@dataclass(frozen=True)
class Heard:
    """A customer's turn with what is needed to read it."""

    text: str
    seller: str
    """What the seller said just before; empty at the start of a call."""
    vector: NDArray[np.float32]
    nth: int
    """Of the customer's turns, from zero."""
    last: bool


def decisions_of(
    call: RecordedCall, persona: Persona, vectors: Vectors, *, seed: int = 0
) -> list[tuple[int, Decision]]:
    """For each of the customer's turns its index in the call and the decision it is taken to carry out.

    `vectors` has a row for each of her turns, in order (`vectors_of`). A decision's state is what serving
    would hold when she speaks; it knows nothing of later turns, but that the last one is the last.
    """
    state = first_state(persona, Difficulty.NORMAL, call_seed(call.call, seed))
    hers = [n for n, turn in enumerate(call.turns) if turn.speaker == "customer"]
    found: list[tuple[int, Decision]] = []
    for nth, n in enumerate(hers):
        seller = call.turns[n - 1].text if n else ""
        heard = Heard(call.turns[n].text, seller, vectors[nth], nth, last=n == hers[-1])
        decision = decide(persona, _heard_so_far(state, n - nth), heard)
        found.append((n, decision))
        state = decision.state
    return found


def vectors_of(calls: Sequence[RecordedCall], embedder: Embedder) -> list[Vectors]:
    """The vectors of each call's customer turns, embedded together: like lengths share a batch."""
    said = [[turn.text for turn in call.turns if turn.speaker == "customer"] for call in calls]
    rows = embedder.embed([text for texts in said for text in texts])
    ends = np.cumsum([len(texts) for texts in said])
    return [rows[end - len(texts) : end] for texts, end in zip(said, ends, strict=True)]


def decide(persona: Persona, state: CustomerState, heard: Heard) -> Decision:
    """What the turn did, and the state it leaves behind."""
    act = _act(state, heard)
    decision = Decision(state=state, act=act)
    if act is Act.REVEAL:
        decision = decision.model_copy(update={"fact": fact_of(heard.text)})
    elif act is Act.RETELL:
        decision = decision.model_copy(update={"fact": state.opened[-1]})
    elif act is Act.OBJECT:
        decision = decision.model_copy(update={"objection": objection_of(heard.text, heard.vector)})
    elif act in (Act.INSIST, Act.CONCEDE, Act.BRISTLE):
        decision = decision.model_copy(update={"objection": list(state.objections)[-1]})
    elif act is Act.LEAVE:
        decision = decision.model_copy(update={"exit": _exit(state, heard.text)})
    return decision.model_copy(update={"state": _after(persona, decision)})


def scores_of(heard: Heard) -> dict[Act, float]:
    """How well each act fits the turn by its words alone: logarithms of shares, and what the cues add."""
    weights, rules = act_weights(), label_rules()
    raw = _log_shares(weights, heard.vector)
    scores = {
        act: float(score) + rules.rarely.get(act, 0) for act, score in zip(weights.acts, raw, strict=True)
    }
    many = len(words_of(heard.text))
    for cue in rules.cues:
        if (
            cue.words[0] <= many <= cue.words[1]
            and _holds(cue.customer, heard.text)
            and _holds(cue.seller, heard.seller)
        ):
            for act, adds in cue.adds.items():
                scores[act] = scores.get(act, 0) + adds
    if _found(rules.objections, heard.text) and _holds(rules.objecting.patterns, heard.text):
        scores[Act.OBJECT] += rules.objecting.adds
    return scores


def objection_of(text: str, vector: NDArray[np.float32]) -> str:
    """Which objection of `recorded.yaml` is raised."""
    weights = act_weights()
    nearest = weights.objections[int((weights.objection_lines @ vector).argmax())]
    return _found(label_rules().objections, text) or nearest


def fact_of(text: str) -> str:
    """Which fact of `recorded.yaml` is told."""
    return _found(label_rules().facts, text) or label_rules().otherwise


@cache
def label_rules() -> Rules:
    """`labels.yaml`, read once."""
    return Rules.model_validate(yaml.safe_load(DATA.read_text(encoding="utf-8")))


def _act(state: CustomerState, heard: Heard) -> Act:
    rules = label_rules()
    if not heard.nth and not heard.seller:
        return Act.OPEN
    scores = scores_of(heard)
    if heard.last:
        return _last_act(rules, scores, heard)
    if heard.nth >= rules.small_talk_turns:
        scores.pop(Act.SMALL_TALK)
    best = max((act for act in scores if act not in rules.never), key=scores.__getitem__)
    if not state.objections:
        best = rules.needs.objection.get(best, best)
    if not state.opened:
        best = rules.needs.fact.get(best, best)
    if not state.agreed:
        best = rules.needs.agreed.get(best, best)
    return best


def _last_act(rules: Rules, scores: Mapping[Act, float], heard: Heard) -> Act:
    best = max(scores, key=scores.__getitem__)
    beats = scores[best] - scores[Act.LEAVE] >= rules.last_margin
    if best in rules.last_words and beats and not _holds(rules.farewell, heard.text):
        return best
    return Act.LEAVE


def _exit(state: CustomerState, text: str) -> ExitReason:
    rules = label_rules()
    for reason, pattern in rules.exits.items():
        if not state.agreed and _holds(pattern, text):
            return reason
    if state.agreed:
        return ExitReason.SATISFIED
    if state.mood in (Mood.ANGRY, Mood.IRRITATED):
        return ExitReason.OUT_OF_PATIENCE
    refused = _holds(rules.ending.refused, text) or any(
        s is Standing.RAISED for s in state.objections.values()
    )
    return ExitReason.NOT_INTERESTED if refused else ExitReason.SATISFIED


def _after(persona: Persona, decision: Decision) -> CustomerState:
    state, act = decision.state, decision.act
    effect = label_rules().effects[act]
    objections = dict(state.objections)
    if decision.objection:
        objections.pop(decision.objection, None)  # the one spoken of last stands last
        objections[decision.objection] = Standing.RESOLVED if act is Act.CONCEDE else Standing.RAISED
    opened = state.opened
    if decision.fact and decision.fact not in opened:
        opened = (*opened, decision.fact)
    after = state.model_copy(
        update={
            "trust": min(1.0, max(0.0, state.trust + effect.trust)),
            "patience": max(0.0, state.patience + effect.patience),
            "opened": opened,
            "objections": objections,
            "agreed": state.agreed or act is Act.AGREE,
            "wrapped": state.wrapped + (act is Act.WRAP_UP),
            "advanced": state.advanced or act is Act.SMALLER_STEP,
            "status": Status.LEFT if act is Act.LEAVE else state.status,
            "exit": decision.exit,
            "last_act": act,
        }
    )
    return after.model_copy(update={"mood": mood_of(persona, after)})


def _heard_so_far(state: CustomerState, seller_turns: int) -> CustomerState:
    return state.model_copy(update={"turn": seller_turns, "introduced": seller_turns > 0})


def _log_shares(weights: ActWeights, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    scores = weights.weights[:-1].T @ vector + weights.weights[-1]
    top = scores.max()
    shares: NDArray[np.float32] = scores - top - np.log(np.exp(scores - top).sum())
    return shares


def _found(patterns: Mapping[str, str], text: str) -> str | None:
    return next((name for name, pattern in patterns.items() if _holds(pattern, text)), None)


def _holds(pattern: str | None, text: str) -> bool:
    return pattern is None or bool(_compiled(pattern).search(text.replace("’", "'")))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)
