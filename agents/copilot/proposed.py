"""Queries that a chat model proposes. What it says is only ever searched for, never shown."""

from __future__ import annotations

import asyncio
import html
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from agents.models.chat import Message, ModelUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.result import Turn
    from agents.models.chat import ChatModel

MOST_QUERIES = 3
LONGEST_QUERY = 400
"""Characters; MiniLM sees about 1,000, and what a question asks stands in far fewer."""
PATIENCE_S = 6.0
"""After that the rules plan: a rep in a call waits for the answer, not for the plan of it."""
RECENT_TURNS, LONGEST_TURN = 8, 1_000
"""Of the talk, as much as the model is shown."""

Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=LONGEST_QUERY)]


class Proposal(BaseModel):
    """What the model is asked for; anything else is no proposal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queries: list[Query] = Field(max_length=MOST_QUERIES)


async def proposed(
    model: ChatModel,
    prompt: Literal["plan", "notice"],
    talk: Sequence[Turn],
    question: str = "",
    patience: float = PATIENCE_S,
) -> tuple[str, ...] | None:
    """Up to three queries, none where there is nothing to look up; None when the model is no help.

    `prompt` is a file in `prompts/`; `patience` is in seconds.
    """
    system = (files("agents.copilot") / "prompts" / f"{prompt}.md").read_text(encoding="utf-8")
    messages = [Message("system", system), Message("user", _fenced(talk, question))]
    try:
        async with asyncio.timeout(patience):
            found = await model.structured(messages, Proposal)
    except (ModelUnavailable, TimeoutError):
        return None
    return tuple(dict.fromkeys(" ".join(query.split()) for query in found.queries))


def _fenced(talk: Sequence[Turn], question: str) -> str:
    """Talk and question as escaped data, so that no text can close its own fence."""
    turns = [
        f'<turn by="{turn.role}">{html.escape(turn.text[:LONGEST_TURN], quote=False)}</turn>'
        for turn in talk[-RECENT_TURNS:]
    ]
    parts = ["<talk>", *turns, "</talk>"] if turns else []
    if question:
        parts.append(f"<question>{html.escape(question[: 2 * LONGEST_TURN], quote=False)}</question>")
    return "\n".join(parts)
