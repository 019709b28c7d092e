"""The copilot's four steps in a row, for callers that have no graph."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.copilot.answer import answer
from agents.copilot.ground import ground
from agents.copilot.queries import plan_queries
from agents.copilot.result import CopilotAnswer
from agents.copilot.retrieve import retrieve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.result import Turn
    from agents.copilot.retrieve import SearchDocuments
    from agents.copilot.support import Embeds
    from agents.models.chat import ChatModel

NOTHING_ASKED = "There is nothing to look up in this."


async def ask(
    question: str,
    search: SearchDocuments,
    *,
    collection: str | None = None,
    recent_turns: Sequence[Turn] = (),
    embedder: Embeds | None = None,
    model: ChatModel | None = None,
) -> CopilotAnswer:
    """Plan, retrieve, answer, ground. Raises what `search` raises."""
    watch = Stopwatch()
    queries = await plan_queries(question, recent_turns)
    watch.lap("plan")
    if not queries:
        return CopilotAnswer(False, reason=NOTHING_ASKED, ms=watch.ms)
    passages = await retrieve(queries, collection, search)
    watch.lap("search")
    draft = await answer(question, passages, queries=queries, embedder=embedder, model=model)
    watch.lap("answer")
    grounded = await ground(draft, passages)
    watch.lap("ground")
    return replace(grounded, queries=queries, ms=watch.ms)


class Stopwatch:
    """Milliseconds by stage; a stage that was not reached took none."""

    def __init__(self) -> None:
        self.ms: dict[str, int] = dict.fromkeys(("plan", "search", "answer", "ground"), 0)
        self._at = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Close a stage."""
        now = time.perf_counter()
        self.ms[stage] = round((now - self._at) * 1000)
        self._at = now
