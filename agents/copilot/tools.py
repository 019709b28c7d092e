"""What the copilot works with."""

from __future__ import annotations

from dataclasses import dataclass

from agents.copilot.retrieve import SearchDocuments
from agents.copilot.support import Embeds
from agents.models.chat import ChatModel


@dataclass(frozen=True)
class Tools:
    """Documents to search, meanings to compare, and a chat model where there is one."""

    search: SearchDocuments
    embedder: Embeds | None = None
    model: ChatModel | None = None
