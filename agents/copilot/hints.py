"""During a call: what is worth knowing about what the customer has just said. It sees only the talk.

Most of what customers say is no matter for documents. So only the customer's last words count; what was said
before them tells only what "it" is, and a passage must be near to them in meaning. Which of its sentences to
show is then decided as for a question of the rep's, but for the sureness: nobody takes a note for an answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.copilot.answer import extract
from agents.copilot.follow_up import Before, stand_alone
from agents.copilot.ground import ground
from agents.copilot.proposed import LONGEST_QUERY, proposed
from agents.copilot.queries import QUESTION_WORDS, split_question
from agents.copilot.result import Draft, Note
from agents.copilot.retrieve import retrieve
from agents.copilot.small_talk import is_small_talk
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.result import Turn
    from agents.copilot.tools import Tools
    from agents.models.chat import ChatModel
    from ingestion.embed import Embedder
    from ingestion.index.protocol import Hit

MOST_NOTES = 3
MOST_SENTENCES = 4
TOUCHES_AT, ASKS_AT = 0.36, 0.28
"""Cosines of what the customer said, or asked, and a passage worth showing. In half of the calls this was set
on, small talk stayed at .35 and below, also where it named a pension or a time; the rest lay above .37."""
NEAREST = 6
"""Passages whose meaning is compared: 12 ms each."""
HOWEVER_UNSURE = -100.0
"""On the scale of `answer.ANSWERS_AT`."""
LEAST_WORDS, MOST_STATEMENTS = 2, 1
GO_ON = 3
"""Words of a turn that only tells the rep to go on; what the customer said before it still stands."""
ASKS = re.compile(rf"\?$|^{QUESTION_WORDS}\b", re.IGNORECASE)


async def worth_looking_up(talk: Sequence[Turn], model: ChatModel | None = None) -> tuple[str, ...]:
    """What the customer's last words ask or touch on, each to be understood without the talk.

    None for small talk. A model decides where there is one and it answers in time; otherwise rules do.
    """
    last = _last_words(talk)
    if last is None or not (sentences := _sentences(talk[last].text)):
        return ()
    if model is not None:
        queries = await proposed(model, "notice", talk[: last + 1])
        if queries is not None:
            return queries
    before = Before.of(talk[:last])
    alone = (stand_alone(sentence[:LONGEST_QUERY], before)[:LONGEST_QUERY] for sentence in sentences)
    return tuple(dict.fromkeys(alone))


async def notes_on(queries: Sequence[str], tools: Tools, collection: str | None = None) -> tuple[Note, ...]:
    """Up to three notes, each with its sources; none where the documents say nothing to the point.

    Raises what the search raises.
    """
    notes: dict[str, Note] = {}
    for query in queries:
        passages = _touched(query, await retrieve([query], collection, tools.search), tools.embedder)
        best = extract(query, passages, tools.embedder, HOWEVER_UNSURE)[:MOST_STATEMENTS] if passages else ()
        grounded = await ground(Draft(tuple(best)), passages)
        if grounded.answered:
            notes.setdefault(grounded.answer, Note(grounded.answer, grounded.citations))
    return tuple(notes.values())[:MOST_NOTES]


def _touched(query: str, passages: Sequence[Hit], embedder: Embedder) -> tuple[Hit, ...]:
    """The passages that are near to the query in meaning."""
    nearest = passages[:NEAREST]
    if not nearest:
        return ()
    asked, *told = embedder.embed([query, *(f"{hit.title}\n{hit.heading}\n{hit.text}" for hit in nearest)])
    needed = ASKS_AT if ASKS.search(query) else TOUCHES_AT
    return tuple(hit for hit, vector in zip(nearest, told, strict=True) if float(vector @ asked) >= needed)


def _last_words(talk: Sequence[Turn]) -> int | None:
    """Which turn is the customer's last; the one before, where the last was only "Go on."."""
    spoken = [n for n, turn in enumerate(talk) if turn.role == "customer"]
    if (
        len(spoken) > 1
        and len(talk[spoken[-1]].text.split()) <= GO_ON
        and is_small_talk(talk[spoken[-1]].text)
    ):
        return spoken[-2]
    return spoken[-1] if spoken else None


def _sentences(text: str) -> list[str]:
    """What the customer said, without small talk; questions first, as they wait for an answer."""
    said = [
        sentence
        for sentence in split_question(text)
        if not is_small_talk(sentence) and len(content_stems(sentence)) >= LEAST_WORDS
    ]
    return sorted(said, key=lambda sentence: not ASKS.search(sentence))[:MOST_SENTENCES]
