"""The customer's state between turns: a value, kept with the transcript and never changed in place."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from agents.customer.acts import Act, ExitReason, Mood


class Standing(StrEnum):
    """Where an objection is in its life."""

    RAISED = "raised"
    RESOLVED = "resolved"


class Status(StrEnum):
    """Where the call is."""

    RUNNING = "running"
    LEFT = "left"


class Difficulty(StrEnum):
    EASY = "easy"
    NORMAL = "normal"
    HARD = "hard"


class CustomerState(BaseModel):
    """Everything about the customer that a turn can change."""

    model_config = ConfigDict(frozen=True)

    difficulty: Difficulty
    seed: int
    trust: float
    patience: float
    mood: Mood
    turn: int = Field(0, description="Rep turns heard so far.")
    status: Status = Status.RUNNING
    exit: ExitReason | None = None
    agreed: bool = Field(False, description="She agreed to the next step.")
    wrapped: int = Field(0, description="Turns of wrapping up since she agreed.")
    advanced: bool = Field(False, description="She offered a smaller step than was asked for.")
    introduced: bool = Field(False, description="The rep has said who is calling.")
    opened: tuple[str, ...] = Field((), description="Ids of the facts told, in order.")
    objections: dict[str, Standing] = Field(default_factory=dict)
    credit: dict[str, float] = Field(
        default_factory=dict, description="Objection id to how far it has been met, 0 to 1, raised or not."
    )
    silences: int = Field(0, description="In a row.")
    insults: int = 0
    last_act: Act | None = None


class Decision(BaseModel):
    """What the customer does now, and the state it leaves behind (before the words are known)."""

    model_config = ConfigDict(frozen=True)

    state: CustomerState
    act: Act
    fact: str | None = None
    objection: str | None = None
    exit: ExitReason | None = None
    aside: Act | None = Field(
        None, description="A second, smaller act in the same turn (a question, a thaw)."
    )
