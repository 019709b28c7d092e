"""The one shape in which the rest of the house sees a chat model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel

Schema = TypeVar("Schema", bound=BaseModel)


@dataclass(frozen=True)
class Message:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class ModelUnavailable(Exception):
    """The model did not answer in time, answered nonsense to a structured request, or is switched off by the
    circuit breaker. The message names the model and what to do; it never holds prompt text."""


class ChatModel(Protocol):
    """A chat model with time-out, retries and budget already around it.

    Cancelling the task that awaits or iterates stops the call.
    """

    name: str

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """The reply as it is written. Raises ModelUnavailable."""
        ...

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        """The whole reply. Raises ModelUnavailable."""
        ...

    async def structured(self, messages: Sequence[Message], schema: type[Schema]) -> Schema:
        """The reply as an instance of the schema. Raises ModelUnavailable, also when it does not fit."""
        ...
