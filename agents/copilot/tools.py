"""What the copilot works with."""

from __future__ import annotations

from dataclasses import dataclass

from agents.copilot.retrieve import SearchDocuments
from agents.models.chat import ChatModel
from ingestion.embed import CachedEmbedder


@dataclass(frozen=True)
class Tools:
    """Documents to search, meanings to compare, and a chat model where there is one."""

    search: SearchDocuments
    embedder: CachedEmbedder
    model: ChatModel | None = None
