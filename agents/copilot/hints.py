"""During a call: what is worth knowing about what the customer has just said. It sees only the talk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.copilot.answer import ANSWERS_AT, COVERS_AT, extract
from agents.copilot.ground import ground
from agents.copilot.queries import QUESTION_WORDS, split_question
from agents.copilot.result import Draft, Note
from agents.copilot.retrieve import retrieve
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.result import Turn
    from agents.copilot.retrieve import SearchDocuments
    from agents.copilot.support import Embeds

MOST_NOTES = 3
CUSTOMER_TURNS = 2
"""How far back the customer is listened to: what was said before that has been dealt with or has passed."""
MOST_SENTENCES = 4
TOUCHES_AT, TOUCHES_COVERED = 0.45, 0.25
"""What a note needs on something the customer says and does not ask. Talk of kids, coffee and holidays stayed
below .3, talk of products, prices and objections above .5; a question needs what the rep's question needs."""
LEAST_WORDS, MOST_STATEMENTS = 2, 2
ASKS = re.compile(rf"\?$|^{QUESTION_WORDS}\b", re.IGNORECASE)


async def hints(
    recent_turns: Sequence[Turn],
    search: SearchDocuments,
    *,
    collection: str | None = None,
    embedder: Embeds | None = None,
) -> tuple[Note, ...]:
    """Up to three notes on the customer's last turns, the latest first; none for small talk."""
    said = [turn.text for turn in recent_turns if turn.role == "customer"][-CUSTOMER_TURNS:]
    sentences = [
        sentence
        for text in reversed(said)
        for sentence in split_question(text)
        if not is_small_talk(sentence) and len(content_stems(sentence)) >= LEAST_WORDS
    ]
    notes: dict[str, Note] = {}
    for sentence in sentences[:MOST_SENTENCES]:
        passages = await retrieve([sentence], collection, search)
        needed = (ANSWERS_AT, COVERS_AT) if ASKS.search(sentence) else (TOUCHES_AT, TOUCHES_COVERED)
        best = extract(sentence, passages, embedder, *needed)[:MOST_STATEMENTS]
        grounded = await ground(Draft(tuple(best)), passages)
        if grounded.answered:
            notes.setdefault(grounded.answer, Note(grounded.answer, grounded.citations))
    return tuple(notes.values())[:MOST_NOTES]
