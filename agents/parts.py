"""What the graph works with: listening, searching and the models, chosen once when a process starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agents.copilot.retrieve import SearchDocuments
from agents.customer.engine import Hears
from agents.customer.persona import Persona
from agents.models.promoted import PromotedVoices
from agents.models.voice import SCRIPTED, Voice
from ingestion.embed import CachedEmbedder


@dataclass(frozen=True)
class Parts:
    """Everything the graph's nodes need and do not own. Shared by every call of a process."""

    hears: Callable[[Persona], Hears]
    search: SearchDocuments
    embedder: CachedEmbedder
    customer: Voice = SCRIPTED
    copilot: Voice = SCRIPTED
    coach: Voice = SCRIPTED
    promoted: PromotedVoices | None = None
    """Fine-tuned versions that speak for the customer instead, where the settings name nobody."""
