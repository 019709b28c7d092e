"""The persona: who the customer is, what she will only say if it is earned, and how she talks.

A persona is a YAML file (see `personas/README.md`). The public half is what a CRM would show a rep; the
private half (facts, objections, win condition) is what the call is about and never reaches the copilot.
Reading and checking files is in `persona_files.py`; the rules that hold between fields are in
`persona_rules.py`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from agents.customer.acts import Act, ExitReason, RepAct

ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
PICTURE_PATTERN = r"^(:[a-z0-9_+-]+:|https://[^\s<>\"|]+)?$"
Id = Annotated[str, Field(pattern=ID_PATTERN, max_length=60)]
Line = Annotated[str, Field(min_length=1, max_length=300)]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]


class CallType(StrEnum):
    """What kind of call the rep rehearses; measures and rubrics differ by it."""

    COLD_CALL = "cold_call"
    GATEKEEPER = "gatekeeper"
    DISCOVERY = "discovery"
    DEMO = "demo"
    OBJECTION_HANDLING = "objection_handling"
    NEGOTIATION = "negotiation"
    RENEWAL = "renewal"


class Part(BaseModel):
    """A part of a persona file: unknown fields are mistakes, and nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Public(Part):
    """What the rep may know before the call: the CRM's view."""

    role: str
    company: str
    summary: Annotated[str, Field(min_length=20, max_length=300)]
    picture: Annotated[str, Field(max_length=500, pattern=PICTURE_PATTERN)] = Field(
        "", description="What chats show beside her words: an emoji's name or a public https address."
    )
    crm_notes: tuple[str, ...] = ()


class Seller(Part):
    """Who the rep is in this call."""

    company: str
    product: str
    goal: Annotated[str, Field(description="What the rep should come away with, as a coach would say it.")]
    collection: str = Field(description="The knowledge base the copilot reads from in this call.")


class Private(Part):
    """The customer's own view. Told to a speaking model as background; holds no gated fact."""

    situation: str
    goals: tuple[str, ...] = Field(min_length=1)
    style: str = Field(
        description="How she talks: pace, words, habits. For a speaking model and for writers."
    )


class Gate(Part):
    """When a fact may be told: enough trust, and everything in `after` has happened."""

    trust: Unit
    after: tuple[Id, ...] = Field(
        (), description="Facts that must be open, or objections that must be resolved, first."
    )


class Fact(Part):
    """Something true that the customer tells only when asked, and only once its gate is open."""

    id: Id
    text: Annotated[str, Field(description="The fact, third person, as the debrief shows it.")]
    opens_when: Gate
    asked_by: tuple[str, ...] = Field(min_length=4, description="Questions a rep might ask to get here.")
    tells: tuple[str, ...] = Field(
        min_length=1,
        description="Words or figures (any case) that give the fact away; no other line may hold one.",
    )
    denies: tuple[str, ...] = Field((), description="Phrases that would contradict the fact.")
    lines: tuple[Line, ...] = Field(min_length=3, description="How she says it; each tells it on its own.")
    follow_up: Annotated[str, Field(description="What a good rep would ask next.")]


class Objection(Part):
    """A reason not to go on. Raised by what the rep does, resolved by how it is met."""

    id: Id
    text: Annotated[str, Field(description="The objection, third person, as the debrief shows it.")]
    trigger: tuple[RepAct, ...] = Field(min_length=1, description="What in the rep's turn brings it up.")
    lines: tuple[Line, ...] = Field(min_length=4)
    insists: tuple[Line, ...] = Field(min_length=3, description="When it was not answered.")
    resolved_by: tuple[str, ...] = Field(min_length=4, description="Replies that meet it.")
    resolved: tuple[Line, ...] = Field(min_length=3, description="What she says once it is met.")
    inflamed_by: tuple[str, ...] = Field(min_length=2, description="Replies that make it worse.")
    inflamed: tuple[Line, ...] = Field(min_length=2)


class WinNeeds(Part):
    """What it takes before she agrees to the next step."""

    trust: Unit
    facts: Annotated[int, Field(ge=0)]
    open_objections: Annotated[int, Field(ge=0)] = Field(
        0, description="How many raised objections may still stand."
    )


class Win(Part):
    """The next step a good call earns."""

    next_step: str
    needs: WinNeeds
    offered_by: tuple[str, ...] = Field(min_length=4, description="How a rep might propose it.")
    lines: tuple[Line, ...] = Field(min_length=4, description="How she agrees; holds no hidden fact.")


class Dials(Part):
    """Temperament. Difficulty modifies these, see `difficulty.yaml`."""

    patience: Annotated[float, Field(ge=2, le=20)] = Field(description="Annoyances she takes before leaving.")
    trust: Unit = Field(description="Trust at the first word.")
    scepticism: Unit = Field(description="How much of a good turn is discounted.")
    talkativeness: Unit = Field(description="How readily she answers, and how long.")
    trust_gain: Annotated[float, Field(gt=0, le=3)] = 1.0
    trust_loss: Annotated[float, Field(gt=0, le=3)] = 1.0
    turns: Annotated[int, Field(ge=10, le=60)] = Field(
        30, description="Rep turns she has time for; every turn beyond costs patience."
    )


class Persona(Part):
    """A customer a rep can call."""

    id: Id
    version: Annotated[int, Field(ge=1)]
    name: str
    call_type: CallType
    industry: str
    language: str = "en"
    public: Public
    seller: Seller
    private: Private
    dials: Dials
    opening: tuple[Line, ...] = Field(min_length=6)
    facts: tuple[Fact, ...] = Field(min_length=5)
    objections: tuple[Objection, ...] = Field(min_length=4)
    must_always: tuple[str, ...] = ()
    must_never: tuple[str, ...] = ()
    win: Win
    exits: dict[ExitReason, tuple[Line, ...]]
    lines: dict[Act, tuple[Line, ...]]

    def fact(self, fact_id: str) -> Fact:
        """The fact of that id; KeyError where there is none."""
        return {fact.id: fact for fact in self.facts}[fact_id]

    def objection(self, objection_id: str) -> Objection:
        """The objection of that id; KeyError where there is none."""
        return {objection.id: objection for objection in self.objections}[objection_id]
