"""What callers write into the records and read back. Nothing here knows of a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

# Anything json.dumps accepts. The rooms that own a shape (persona, customer state, feedback) validate it.
JsonObject = dict[str, Any]

Speaker = Literal["customer", "rep"]
Visibility = Literal["private", "manager"]
Feedback = Literal["helpful", "unhelpful"]

SEED_LIMIT = 2**63  # a seed is a signed 64-bit number in both databases


@dataclass(frozen=True, kw_only=True)
class NewRolePlay:
    """A call about to start.

    `persona` is the whole validated persona, kept so that a running call survives edits of its file;
    `customer` is the name that lists and transcripts show; `speaker` the model that plays that customer.
    """

    persona_id: str
    persona_version: int
    persona: JsonObject
    customer: str
    difficulty: str
    seed: int
    speaker: str
    initial_state: JsonObject
    visibility: Visibility = "private"

    def __post_init__(self) -> None:
        if not -SEED_LIMIT <= self.seed < SEED_LIMIT:
            message = f"A seed is a whole number from {-SEED_LIMIT} to {SEED_LIMIT - 1}, not {self.seed}."
            raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Who ended the call, why (a reason code), and what came of it (agreed, no_sale, hung_up ...)."""

    by: Speaker
    reason: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class RolePlay:
    """A rehearsal. `attempt` is 1, or one more than the `parent` it retries from the turn `from_turn`."""

    id: str
    person: str
    persona_id: str
    persona_version: int
    persona: JsonObject
    customer: str
    difficulty: str
    seed: int
    speaker: str
    initial_state: JsonObject
    visibility: Visibility
    attempt: int
    parent: str | None
    from_turn: int | None
    started_at: datetime
    ended_at: datetime | None
    ending: Ending | None

    @property
    def status(self) -> Literal["running", "ended"]:
        """Running until somebody ends it."""
        return "running" if self.ending is None else "ended"


@dataclass(frozen=True, kw_only=True)
class RolePlaySummary:
    """One line of a list: `turns` counts both speakers; `score` (0-100) is None before it is scored."""

    roleplay: RolePlay
    turns: int
    score: int | None
    passed: bool | None
    place: str | None = None
    """Where on a platform it takes place."""


@dataclass(frozen=True, kw_only=True)
class CustomerTurn:
    """What the customer says next, and how he came to say it.

    `state` is his state after this turn; `heard` the appraisal of the rep's line it answers (None for an
    opening); `rejected` the reason codes of drafts that were not good enough; `ms` the time it took.
    """

    text: str
    state: JsonObject
    act: str
    model: str
    heard: JsonObject | None = None
    rejected: tuple[str, ...] = ()
    ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Revision:
    """What a rep made of a line after the customer had heard it: another text, or None, taken back."""

    roleplay: str
    n: int
    text: str | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One line of the transcript. The rep's lines have no act, appraisal or model of their own.

    `text` is what the customer heard; `revisions` is what the rep made of it later, oldest first.
    """

    n: int
    speaker: Speaker
    text: str
    state: JsonObject
    act: str | None
    heard: JsonObject | None
    model: str | None
    rejected: tuple[str, ...]
    ms: int
    created_at: datetime
    revisions: tuple[Revision, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    """One yes/no check of a rubric; `text` is the check as it was asked, so old scorecards stay readable.

    `met` is None where the call gave no occasion. `turn` and `quote` are the evidence, where there is any.
    """

    id: str
    text: str
    met: bool | None
    turn: int | None = None
    quote: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """What the coach made of a call. `score` is 0-100; `prompt_hash` is empty when no model judged."""

    score: int
    passed: bool
    rubric: str
    rubric_version: str
    judge: str
    prompt_hash: str = ""
    measures: JsonObject = field(default_factory=dict)
    facts: JsonObject = field(default_factory=dict)
    feedback: JsonObject = field(default_factory=dict)
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NewQuestion:
    """A question to the copilot and its answer; `ms` holds the milliseconds of each step by name."""

    question: str
    queries: tuple[str, ...]
    answer: str
    answered: bool
    citations: tuple[JsonObject, ...] = ()
    ms: dict[str, int] = field(default_factory=dict)
    roleplay: str | None = None


@dataclass(frozen=True, kw_only=True)
class Question(NewQuestion):
    """A stored question, with the asker's verdict if she gave one."""

    id: str
    feedback: Feedback | None
    created_at: datetime
