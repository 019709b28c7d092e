"""During a call: what is worth knowing about what the customer has just said. It sees only the talk.

Most of what customers say is no matter for documents. So only the customer's last two turns count, and a
sentence of the papers must be near to them in meaning. They are looked up as a whole, as people tell a thing
over several sentences, and their latest sentences one by one. Where a guide answers such words, its answer is
the note. Otherwise it is decided as for a question of the rep's which of the near sentences to show, but for
the sureness: nobody takes a note for an answer.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from agents.copilot.answer import ANSWERS_AT, extract
from agents.copilot.evidence import units_of
from agents.copilot.ground import ground
from agents.copilot.proposed import LONGEST_QUERY, proposed
from agents.copilot.queries import ASKS, split_question
from agents.copilot.result import Draft, Note, Statement, Support
from agents.copilot.retrieve import retrieve
from agents.copilot.signs import NAMES
from agents.copilot.small_talk import is_small_talk
from agents.copilot.support import consider
from agents.copilot.written import one_sentence
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.evidence import Unit
    from agents.copilot.likeness import Reads
    from agents.copilot.result import Turn
    from agents.copilot.tools import Tools
    from agents.models.chat import ChatModel
    from ingestion.index.protocol import Hit

MOST_NOTES = 3
TOUCHES_AT, ASKS_AT = 0.46, 0.42
"""Cosines of what the customer said, or asked, and a sentence of the papers worth showing. In half of our
calls and in a carrier's, small talk stayed at .40 and below, also where it named a pension or a pallet."""
AS_NEAR = 0.1
"""A passage so much less near than the nearest is left out."""
HOWEVER_UNSURE = -100.0
"""On the scale of `answer.ANSWERS_AT`."""
GUIDED_AT = 0.5
"""Cosine of what the customer said and the customer's words that a guide answers."""
NEAR = NAMES.index("near")
NEAREST = 6
"""Passages whose sentences are read, once for all queries: 4 ms a sentence."""
ONE_BY_ONE = 2
"""Sentences looked up by themselves; each is a search."""
LEAST_WORDS = 3
"""Content words of a sentence that is looked up by itself, unless it asks: "Forklift." is near to many."""
GO_ON = 3
"""Words of a turn that only tells the rep to go on; what the customer said before it still stands."""
MOST_OF_AN_ANSWER = 2
"""Sentences shown of what a guide answers to a customer's words."""
QUOTED = re.compile(r"[\"“‘'].*[\"”’']\W*$", re.DOTALL)
"""A sentence in quotation marks: a guide repeats what customers say, and what to answer follows."""


async def worth_looking_up(talk: Sequence[Turn], model: ChatModel | None = None) -> tuple[str, ...]:
    """What the customer's last words ask or touch on, the latest first; none for small talk.

    A model decides where there is one and it answers in time; otherwise rules do.
    """
    spoken = [n for n, turn in enumerate(talk) if turn.role == "customer"]
    while len(spoken) > 1 and _goes_on(talk[spoken[-1]].text):
        spoken.pop()
    if not spoken or not _telling(talk[spoken[-1]].text):
        return ()
    if model is not None:
        queries = await proposed(model, "notice", talk[: spoken[-1] + 1])
        if queries is not None:
            return queries
    said = [sentence for turn in spoken[-2:] for sentence in _telling(talk[turn].text)]
    alone = [sentence for sentence in reversed(said) if _says_enough(sentence)]
    # What is cut off a long speech is what was said first.
    return tuple(dict.fromkeys(text[-LONGEST_QUERY:] for text in (*alone[:ONE_BY_ONE], " ".join(said))))


async def notes_on(queries: Sequence[str], tools: Tools, collection: str | None = None) -> tuple[Note, ...]:
    """Up to three notes, each with its sources; none where the documents say nothing to the point.

    Raises what the search raises.
    """
    passages = (await retrieve(queries, collection, tools.search))[:NEAREST]
    units = units_of(passages)
    notes: dict[str, Note] = {}
    for query in queries:
        statements = await asyncio.to_thread(_worth_saying, query, units, passages, tools.embedder)
        grounded = await ground(Draft(tuple(statements)), passages)
        if grounded.answered:
            notes.setdefault(grounded.answer, Note(grounded.answer, grounded.citations))
    return tuple(notes.values())[:MOST_NOTES]


def _worth_saying(
    query: str, units: Sequence[Unit], passages: Sequence[Hit], embedder: Reads
) -> list[Statement]:
    """What a guide answers to such words, or else what bears most on the query in the passages near to it."""
    if guided := _guided(query, units, passages, embedder):
        return [Statement(one_sentence(unit.text), (Support(unit.passage, unit.quote),)) for unit in guided]
    touched = _touched(query, units, passages, embedder)
    if not touched:
        return []
    found = extract(query, [passages[number] for number in touched], embedder, HOWEVER_UNSURE)[:1]
    return [
        replace(one, supports=tuple(replace(s, passage=touched[s.passage]) for s in one.supports))
        for one in found
    ]


def _guided(query: str, units: Sequence[Unit], passages: Sequence[Hit], embedder: Reads) -> list[Unit]:
    """The first sentences below such words of a customer's, where a passage has them as heading or lead."""
    below: dict[str, int] = {}
    for unit in units:
        for words in (unit.heading.split(" > ")[-1], unit.text):
            if QUOTED.match(words):
                below.setdefault(words, unit.passage)
    if not below:
        return []
    asked, *read = embedder.read([query, *below])
    alike, words = max(
        (float(one.vector @ asked.vector), words) for one, words in zip(read, below, strict=True)
    )
    if alike < GUIDED_AT:
        return []
    text = passages[below[words]].text
    start = text.find(words)
    following = [one for one in units if one.passage == below[words] and text.find(one.quote) > start]
    answer: list[Unit] = []
    for one in takewhile(lambda one: not QUOTED.match(one.text), following):
        # A sentence that says little by itself is read with the next, which is then no news.
        if len(answer) < MOST_OF_AN_ANSWER and not any(one.quote in other.quote for other in answer):
            answer.append(one)
    return answer


def _touched(query: str, units: Sequence[Unit], passages: Sequence[Hit], embedder: Reads) -> list[int]:
    """The passages with a sentence or row near in meaning; of a question also the one that answers it."""
    considered = consider(query, units, passages, embedder)
    if not considered.candidates:
        return []
    best, *_ = considered.candidates
    asks = "?" in query or bool(ASKS.search(query))
    nearness = [float(one.signs[NEAR]) for one in considered.candidates]
    needed = max(ASKS_AT if asks else TOUCHES_AT, max(nearness) - AS_NEAR)
    near = {one.unit.passage for one, at in zip(considered.candidates, nearness, strict=True) if at >= needed}
    if asks and considered.sureness(best) >= ANSWERS_AT:
        near.add(best.unit.passage)
    return sorted(near)


def _goes_on(text: str) -> bool:
    """Whether a turn only tells the rep to go on."""
    return len(text.split()) <= GO_ON and (is_small_talk(text) or not content_stems(text))


def _telling(text: str) -> list[str]:
    """The sentences of a turn without small talk."""
    return [sentence for sentence in split_question(text) if not is_small_talk(sentence)]


def _says_enough(sentence: str) -> bool:
    return bool(ASKS.search(sentence)) or len(content_stems(sentence)) >= LEAST_WORDS
