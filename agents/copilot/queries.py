"""A question into up to three queries that stand alone, or into none when there is nothing to look up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.copilot.facts import names
from agents.copilot.lexicon import filler_stems, pattern
from ingestion.words import content_stems, stop_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.result import Turn

MOST_QUERIES = 3
LONGEST_QUERY = 400
"""Characters; MiniLM sees about 1,000, and what a question asks stands in far fewer."""

STANDS_ALONE = 3
"""A question of so many content words needs none from the one before, though it begins with "and"."""

QUESTION_WORDS = r"(?:what|how|when|where|who|which|why|is|are|do|does|can|could|will|would|should)"
JOINTS = re.compile(
    rf"(?<=[?!])\s+|(?<=\w\.)\s+(?=[A-Z])|,?\s+(?:and|or)\s+(?={QUESTION_WORDS}\b)", re.IGNORECASE
)


async def plan_queries(question: str, recent_turns: Sequence[Turn] = ()) -> tuple[str, ...]:
    """Up to three standalone queries; none for small talk and empty text."""
    parts = [part for part in split_question(question) if not is_small_talk(part)]
    earlier = next(
        (turn.text for turn in reversed(recent_turns) if turn.role != "copilot" and content_stems(turn.text)),
        "",
    )
    queries: list[str] = []
    for part in parts:
        query = _stand_alone(part, queries[-1] if queries else earlier)
        if query and query not in queries:
            queries.append(query)
    return tuple(queries[:MOST_QUERIES])


def split_question(question: str) -> list[str]:
    """The separate questions in a text, without the words that only call the copilot."""
    text = " ".join(question.split())
    while match := pattern("addressing").match(text):
        text = text[match.end() :]
    return [part.strip(" ,;") for part in JOINTS.split(text) if part and part.strip(" ,;?!.")]


def is_small_talk(text: str) -> bool:
    """Whether a sentence holds nothing that a document could answer."""
    return bool(pattern("small_talk").search(text.strip(" .!?"))) or not any(c.isalnum() for c in text)


def _stand_alone(part: str, earlier: str) -> str:
    """Lend a question that leans on the one before what it leans on."""
    part = part[:LONGEST_QUERY]
    leans = bool(pattern("follow_up").search(part)) and not names(part)
    begins = bool(pattern("follow_up_opening").match(part))
    stems = len(content_stems(part))
    if not earlier or not (leans or (begins and stems < STANDS_ALONE) or stems < 2):
        return part
    if begins and (swapped := _same_of_another(part, earlier)):
        return swapped[:LONGEST_QUERY]
    own = set(content_stems(part))
    # "What about Flow Plus?" asks the same of another product: the earlier product must not stay.
    dropped = {word for name in names(earlier) for word in name.lower().split()} if names(part) else set()
    lent = [
        word
        for word in re.findall(r"[\w£%'-]+", earlier)
        if word.lower() not in stop_words() | dropped
        and not set(content_stems(word)) & (own | filler_stems())
    ]
    return f"{part.rstrip('?')} ({' '.join(lent)})?"[:LONGEST_QUERY] if lent else part


def _same_of_another(part: str, earlier: str) -> str:
    """The earlier question asked of the product in `part`, when `part` holds nothing else; else ""."""
    named, before = names(part), names(earlier)
    if not named or not before or set(content_stems(part)) - set(content_stems(" ".join(named))):
        return ""
    return re.sub(rf"\b{re.escape(before[-1])}\b", named[-1], earlier)
