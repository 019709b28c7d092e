"""What the customer made of the rep's message: the only thing `decide` knows about it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from agents.customer.acts import RepAct

Unit = Annotated[float, Field(ge=0.0, le=1.0)]


class Heard(BaseModel):
    """One act in one sentence of the rep's."""

    model_config = ConfigDict(frozen=True)

    act: RepAct
    confidence: Unit
    sentence: str


class Appraisal(BaseModel):
    """The rep's message as heard. Every field has a neutral default: an empty appraisal is a bland remark."""

    model_config = ConfigDict(frozen=True)

    listener: str = "rules"
    acts: tuple[Heard, ...] = ()
    asked: tuple[tuple[str, Unit], ...] = Field(
        (), description="(fact id, how surely) the questions point at."
    )
    answered: tuple[tuple[str, Unit], ...] = Field(
        (), description="(objection id, how well) the message meets."
    )
    inflamed: tuple[tuple[str, Unit], ...] = Field((), description="(objection id, how surely) made worse.")
    next_step: Unit = Field(0.0, description="How clearly the win's next step is proposed.")
    specific: bool = Field(False, description="A day, time, figure or name is given with the proposal.")
    empathy: Unit = 0.0
    pressure: Unit = 0.0
    jargon: Unit = Field(0.0, description="Share of words that are sales or industry jargon, scaled.")
    rude: Unit = 0.0
    words: int = 0
    silence: bool = False
    repeated: bool = False
    foreign: bool = False
    too_long: bool = False
    confusing: bool = Field(
        False, description="Unintelligible, off topic, or talk of instructions and machines."
    )
    introduced: bool = Field(False, description="The rep has said who is calling, in this message.")
    compliance: tuple[str, ...] = Field((), description="Ids of compliance phrases said (see the rubrics).")
    claims: tuple[str, ...] = Field((), description="Sentences that promise or assert something checkable.")

    def did(self, act: RepAct) -> float:
        """How surely the rep did that (0 to 1), the strongest of the sentences."""
        return max((heard.confidence for heard in self.acts if heard.act == act), default=0.0)
