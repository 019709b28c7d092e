"""A question into up to three queries that stand alone, or into none when there is nothing to look up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.copilot.follow_up import Before, stand_alone
from agents.copilot.lexicon import pattern
from agents.copilot.proposed import LONGEST_QUERY, MOST_QUERIES, proposed
from agents.copilot.small_talk import is_small_talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.result import Turn
    from agents.models.chat import ChatModel

QUESTION_WORDS = (
    r"(?:what(?:'?s)?|how(?:'?s)?|when|where(?:'?s)?|who(?:'?s)?|which|why|is|are|am|do|does|did|has|have|can"
    r"|could|will|would|should|may|must|by when|at what|in what|from when)"
)
JOINTS = re.compile(
    rf"(?<=[?!])\s+|(?<=\w\.)\s+(?=[A-Z])|,?\s+(?:and|or)\s+(?={QUESTION_WORDS}\b)", re.IGNORECASE
)
ASKS = re.compile(rf"\?$|^(?:(?:and|so|but|then|also)\s+)?{QUESTION_WORDS}\b", re.IGNORECASE)


async def plan_queries(
    question: str, recent_turns: Sequence[Turn] = (), model: ChatModel | None = None
) -> tuple[str, ...]:
    """Up to three standalone queries; none for small talk and empty text.

    A model plans where there is one and it answers in time; otherwise rules do.
    """
    parts = [part for part in questions_in(question) if not is_small_talk(part)]
    if not parts:
        return ()
    if model is not None:
        queries = await proposed(model, "plan", recent_turns, question)
        if queries is not None:
            return queries
    return planned_by_rules(parts, recent_turns)


def planned_by_rules(parts: Sequence[str], recent_turns: Sequence[Turn] = ()) -> tuple[str, ...]:
    """The parts of a question, each made to stand alone by the talk or by the part before it."""
    before = Before.of(recent_turns)
    queries: list[str] = []
    for part in parts:
        query = stand_alone(part[:LONGEST_QUERY], before)[:LONGEST_QUERY].strip()
        if query and query not in queries:
            queries.append(query)
            before = Before(query)
    return tuple(queries[:MOST_QUERIES])


def questions_in(text: str) -> list[str]:
    """The separate questions in a text.

    A sentence that asks nothing ("She changed banks last week.") tells what the question after it is about,
    and stays with it; a text without any question is one query.
    """
    parts = split_question(text)
    if not any(ASKS.search(part) for part in parts):
        return [" ".join(parts)] if parts else []
    questions: list[str] = []
    told = ""
    for part in parts:
        told = f"{told} {part}".strip()
        if ASKS.search(part):
            questions.append(told)
            told = ""
    return questions


def split_question(question: str) -> list[str]:
    """The sentences and joined questions of a text, without the words that only call the copilot."""
    text = " ".join(question.split())
    while match := pattern("addressing").match(text):
        text = text[match.end() :]
    return [part.strip(" ,;") for part in JOINTS.split(text) if part and part.strip(" ,;?!.")]
