"""The copilot with what it needs, opened once: its documents, its embedder, its model if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.copilot.result import Notes
from agents.copilot.tools import Tools
from ingestion.embed import default_embedder
from ingestion.index.choose import LOCAL, open_index
from ingestion.rerank import open_reranker
from ingestion.sample_documents import see_to_samples
from ingestion.search import Search
from ingestion.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from agents.copilot.graph import CopilotState
    from agents.copilot.result import CopilotAnswer, Turn
    from agents.models.chat import ChatModel
    from ingestion.embed import CachedEmbedder
    from ingestion.index.protocol import Index
    from ingestion.sync import ShowProgress


@dataclass(frozen=True)
class Desk:
    """Asks and hints over one set of documents. Safe to share between tasks."""

    search: Search
    embedder: CachedEmbedder
    model: ChatModel | None = None
    index: Index | None = None
    """What `close` gives back."""

    async def ask(
        self, question: str, *, collection: str | None = None, recent_turns: Sequence[Turn] = ()
    ) -> CopilotAnswer:
        """A cited answer, or why there is none."""
        asked: CopilotState = {"question": question, "collection": collection, "recent": tuple(recent_turns)}
        return (await self.consult(asked))["answer"]

    async def hints(self, recent_turns: Sequence[Turn], *, collection: str | None = None) -> Notes:
        """Up to three notes on what the customer has just said."""
        heard: CopilotState = {"collection": collection, "recent": tuple(recent_turns)}
        found = await self.consult(heard)
        return Notes(found["notes"], found["queries"], found["watch"].ms)

    async def consult(self, start: CopilotState) -> CopilotState:
        """The copilot's graph from `start` to its end, for who wants to see what lies between."""
        from agents.copilot.graph import consult  # LangGraph takes a second to import

        return await consult(Tools(self.search, self.embedder, self.model), start)

    def close(self) -> None:
        """Give the index back."""
        if self.index is not None:
            self.index.close()


def open_desk(
    settings: Settings,
    *,
    model: ChatModel | None = None,
    audiences: Collection[str] | None = None,
    progress: ShowProgress | None = None,
    workspace: str = LOCAL,
) -> Desk:
    """Open a workspace's knowledge index, with the sample documents in it unless SALESMATE_SAMPLES is off.

    `audiences` are the groups of whoever asks; None sees every document. Raises IndexUnavailableError when
    the index cannot be opened or written.
    """
    index = open_index(settings, workspace)
    embedder = default_embedder(settings.embeddings_folder)
    try:
        see_to_samples(index, embedder, settings, progress)
        search = Search(index, embedder, settings.alpha, audiences, open_reranker(settings))
    except BaseException:
        index.close()
        raise
    return Desk(search, embedder, model, index)
