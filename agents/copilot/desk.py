"""The copilot with what it needs, opened once: its documents, its embedder, its model if there is one."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.copilot.tools import Tools
from ingestion.embed import default_embedder
from ingestion.errors import KnowledgeError
from ingestion.index.embedded import EmbeddedIndex
from ingestion.sample_documents import ensure_samples
from ingestion.search import Search
from ingestion.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.graph import CopilotState
    from agents.copilot.result import CopilotAnswer, Note, Turn
    from agents.models.chat import ChatModel
    from ingestion.embed import CachedEmbedder
    from ingestion.sync import ShowProgress


@dataclass(frozen=True)
class Desk:
    """Asks and hints over one set of documents. Safe to share between tasks."""

    search: Search
    embedder: CachedEmbedder
    model: ChatModel | None = None

    async def ask(
        self, question: str, *, collection: str | None = None, recent_turns: Sequence[Turn] = ()
    ) -> CopilotAnswer:
        """A cited answer, or why there is none."""
        asked: CopilotState = {"question": question, "collection": collection, "recent": tuple(recent_turns)}
        return (await self.consult(asked))["answer"]

    async def hints(self, recent_turns: Sequence[Turn], *, collection: str | None = None) -> tuple[Note, ...]:
        """Up to three notes on what the customer has just said."""
        heard: CopilotState = {"collection": collection, "recent": tuple(recent_turns)}
        return (await self.consult(heard))["notes"]

    async def consult(self, start: CopilotState) -> CopilotState:
        """The copilot's graph from `start` to its end, for who wants to see what lies between."""
        from agents.copilot.graph import consult  # LangGraph takes a second to import

        return await consult(Tools(self.search, self.embedder, self.model), start)

    def check_collection(self, name: str | None) -> None:
        """Raise UnknownCollectionError, with the nearest name, for one that does not exist."""
        known = self.search.collections()
        if name is None or name in known:
            return
        near = difflib.get_close_matches(name, known, 1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise UnknownCollectionError(
            f"There is no collection '{name}'. Collections here: {', '.join(known) or 'none'}.{hint}"
        )


class UnknownCollectionError(KnowledgeError):
    """Documents were asked for by a collection's name that nobody gave."""


def open_desk(
    settings: Settings, *, model: ChatModel | None = None, progress: ShowProgress | None = None
) -> Desk:
    """Open the knowledge index, with the sample documents in it (about 15 s the first time).

    Raises IndexUnavailableError when the index cannot be opened or written.
    """
    index = EmbeddedIndex(settings.knowledge_file)
    embedder = default_embedder(settings.embeddings_folder)
    ensure_samples(index, embedder, progress)
    return Desk(Search(index, embedder, settings.alpha), embedder, model)
