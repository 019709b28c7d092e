"""Who speaks in a role, and why it was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from agents.models.chat import ChatModel

Role = Literal["customer", "copilot", "coach"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Voice:
    """What answers in a role. No model means written lines, extracts and rules."""

    name: str
    why: str
    model: ChatModel | None = None


SCRIPTED = Voice("scripted", "no model was named")
