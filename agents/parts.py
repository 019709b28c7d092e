"""What the graph works with: listening, searching and the models, chosen once when a process starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agents.copilot.retrieve import SearchDocuments
from agents.customer.engine import Hears
from agents.customer.persona import Persona
from agents.models.chat import ChatModel
from ingestion.embed import CachedEmbedder


@dataclass(frozen=True)
class Voice:
    """Who speaks in a role, and why it was chosen. No model means written lines, extracts and rules."""

    name: str
    why: str
    model: ChatModel | None = None


SCRIPTED = Voice("scripted", "no model was named")


@dataclass(frozen=True)
class Parts:
    """Everything the graph's nodes need and do not own. Shared by every call of a process."""

    hears: Callable[[Persona], Hears]
    search: SearchDocuments
    embedder: CachedEmbedder
    customer: Voice = SCRIPTED
    copilot: Voice = SCRIPTED
    coach: Voice = SCRIPTED
