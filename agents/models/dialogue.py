"""Prompts in the shape that every chat template takes."""

from __future__ import annotations

from collections.abc import Sequence

from agents.models.chat import Message

UNHEARD = "…"
"""Stands for the user's side where a talk begins with the assistant's: several templates and providers refuse
a conversation that does not begin with the user (Gemma's and Mistral's templates raise an error)."""


def for_any_server(messages: Sequence[Message]) -> list[Message]:
    """The same talk with user and assistant strictly taking turns, the user first.

    Neighbours of one role are joined. Fine-tuning must shape its examples the same way.
    """
    shaped: list[Message] = []
    for message in messages:
        if shaped and shaped[-1].role == message.role:
            joined = f"{shaped[-1].content}\n\n{message.content}"
            shaped[-1] = Message(message.role, joined)
            continue
        if message.role == "assistant" and all(one.role == "system" for one in shaped):
            shaped.append(Message("user", UNHEARD))
        shaped.append(message)
    return shaped
