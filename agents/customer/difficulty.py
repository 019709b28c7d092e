"""Difficulty: the same customer, more or less forthcoming. The figures are in `difficulty.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

from pydantic import BaseModel, ConfigDict

from agents.customer.acts import Mood
from agents.customer.persona import Fact, Persona
from agents.customer.state import CustomerState, Difficulty
from agents.data_files import read_yaml


class Modifiers(BaseModel):
    """How one difficulty bends a persona's dials."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trust: float
    patience: float
    gain: float
    loss: float
    gate: float
    win_trust: float
    win_facts: int
    resistance: float


def modifiers(difficulty: Difficulty) -> Modifiers:
    return _table()[difficulty]


def first_state(persona: Persona, difficulty: Difficulty, seed: int) -> CustomerState:
    """The customer as she picks up the phone."""
    bent = modifiers(difficulty)
    return CustomerState(
        difficulty=difficulty,
        seed=seed,
        trust=min(1.0, max(0.0, persona.dials.trust + bent.trust)),
        patience=persona.dials.patience * bent.patience,
        mood=Mood.GUARDED,
    )


def gate_trust(fact: Fact, difficulty: Difficulty) -> float:
    """The trust a fact takes at this difficulty."""
    return min(0.95, max(0.0, fact.opens_when.trust + modifiers(difficulty).gate))


def win_trust(persona: Persona, difficulty: Difficulty) -> float:
    """The trust the next step takes at this difficulty."""
    return min(0.95, max(0.0, persona.win.needs.trust + modifiers(difficulty).win_trust))


def win_facts(persona: Persona, difficulty: Difficulty) -> int:
    """How many facts must be open before the next step at this difficulty."""
    return min(len(persona.facts), max(0, persona.win.needs.facts + modifiers(difficulty).win_facts))


def turn_rng(state: CustomerState) -> Random:
    """The dice of this turn: the same seed and turn always roll the same, so a call can be replayed."""
    return Random(f"{state.seed}/{state.turn}")


@cache
def _table() -> dict[Difficulty, Modifiers]:
    text = (Path(__file__).parent / "difficulty.yaml").read_text(encoding="utf-8")
    return {Difficulty(name): Modifiers.model_validate(row) for name, row in read_yaml(text).items()}
