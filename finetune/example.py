"""A training example: what serving would ask before a customer's turn, and what the customer really said."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.customer.acts import Act
from agents.customer.prompt import without_note


class Said(BaseModel):
    """One message of a prompt, as chat templates take it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant"]
    content: str


class Example(BaseModel):
    """A line of `train.jsonl` and `valid.jsonl`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: str
    n: int = Field(description="Index of the turn in the call, from zero.")
    messages: tuple[Said, ...] = Field(
        description="What `speak_messages` makes of all that came before, shaped by `for_any_server`."
    )
    target: str = Field(
        min_length=1, description="The customer's words; END_OF_CALL is added to the last of a call."
    )
    act: Act = Field(description="What the turn was taken to do; the prompt asks for it in words.")

    @property
    def talk(self) -> tuple[Said, ...]:
        """What was said before the turn, without what only a model is told."""
        *before, last = self.messages[1:]
        said = without_note(last.content)
        return (*before, last.model_copy(update={"content": said})) if said else tuple(before)
