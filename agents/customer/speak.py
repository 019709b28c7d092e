"""Putting the decided act into words: by a chat model whose draft is checked as it grows, or from the script.

What reaches the rep has been checked: a model's words are let through a sentence at a time. A rejected draft
is tried once more; then, and whenever the model does not answer, the persona's own line is spoken.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from random import Random

from agents.customer import scripted
from agents.customer.check import shortfall, violation
from agents.customer.persona import Persona
from agents.customer.prompt import END_OF_CALL, speak_messages
from agents.customer.state import Decision
from agents.customer.transcript import Turn, said_by
from agents.models.chat import ChatModel, ModelUnavailable

MOST_TOKENS = 120
MOST_CHARACTERS = 600
"""An endless reply is cut here, whatever the model was told."""
DRAFTS = 2
UNAVAILABLE = "unavailable"
_SENTENCE_END = re.compile(r"[.!?…][\"')\]]*\s+")

Emit = Callable[[str], None]
"""Receives checked text as it may be shown."""


@dataclass(frozen=True)
class Utterance:
    """What was said, who put it into words, and the reason codes of drafts that were refused on the way."""

    text: str
    speaker: str
    rejected: tuple[str, ...] = ()


async def speak(
    persona: Persona,
    decision: Decision,
    turns: Sequence[Turn],
    rng: Random,
    *,
    model: ChatModel | None = None,
    emit: Emit = lambda _: None,
) -> Utterance | None:
    """The customer's words. None when the persona has nothing new to say for this act: time to leave."""
    rejected: list[str] = []
    if model is not None:
        for _ in range(DRAFTS):
            draft, reason = await _draft(
                persona, decision, turns, model, rejected[-1] if rejected else None, emit
            )
            if reason:
                rejected.append(reason)
            if draft:
                return Utterance(draft, model.name, tuple(rejected))
            if reason == UNAVAILABLE:
                break
    line = scripted.speak(persona, decision, said_by(turns, "customer"), rng)
    if line is None:
        return None
    emit(line)
    return Utterance(line, scripted.NAME, tuple(rejected))


async def _draft(
    persona: Persona,
    decision: Decision,
    turns: Sequence[Turn],
    model: ChatModel,
    before: str | None,
    emit: Emit,
) -> tuple[str, str | None]:
    """One draft: what of it may be spoken, and why the rest, if any, may not.

    Where the act owes something to the draft (a fact to tell), nothing is let through until it is there.
    """
    said, heard = said_by(turns, "customer"), " ".join(said_by(turns, "rep"))
    messages = speak_messages(persona, decision, turns, rejected=before)
    released = draft = ""
    try:
        async with aclosing(_sentences(model.stream(messages, max_tokens=MOST_TOKENS))) as drafts:
            async for draft in drafts:
                if reason := violation(draft, persona, decision, said, heard):
                    return released.strip(), reason
                if shortfall(draft, persona, decision) is None:
                    emit(draft[len(released) :])
                    released = draft
    except ModelUnavailable:
        return released.strip(), UNAVAILABLE
    return released.strip(), shortfall(draft, persona, decision)


async def _sentences(stream: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """The draft as it stands after each finished sentence, and at its end."""
    text, given = "", 0
    async with aclosing(stream):  # closing the stream stops the model: an endless reply costs no more
        async for piece in stream:
            text, ended = _before_the_end(text + piece)
            if ended or len(text) > MOST_CHARACTERS:
                break
            ends = [match.end() for match in _SENTENCE_END.finditer(text)]
            if ends and ends[-1] > given:
                given = ends[-1]
                yield text[:given].lstrip()
    text = _without_half_a_mark(text)
    if text[given:].strip():
        yield text.strip()


def _before_the_end(text: str) -> tuple[str, bool]:
    """The text up to where a fine-tuned model marks the end of the call, and whether it did."""
    before, mark, _ = text.partition(END_OF_CALL)
    return before, bool(mark)


def _without_half_a_mark(text: str) -> str:
    """A reply may have come to its most tokens in the middle of the mark, which is not to be spoken."""
    halves = (END_OF_CALL[:length] for length in range(len(END_OF_CALL) - 1, 0, -1))
    return text.removesuffix(next((half for half in halves if text.endswith(half)), ""))
