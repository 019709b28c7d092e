"""Letting a model speak at the places where a human customer did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from random import Random

from agents.customer.prompt import END_OF_CALL, speak_prompt
from agents.customer.speak import MOST_CHARACTERS, MOST_TOKENS
from agents.models.chat import ChatModel, Message, ModelUnavailable
from agents.models.dialogue import UNHEARD
from finetune.evaluate.evaluation import EvaluationError
from finetune.example import Example

MOST_UNANSWERED = 0.1
"""Share of requests without a reply, beyond which the figures would say little of the model."""
Tell = Callable[[], object]


@dataclass(frozen=True)
class Draft:
    """A model's turn as it wrote it, unchecked, up to where it ended the call."""

    text: str
    ends: bool


async def speak_at(
    examples: Sequence[Example], model: ChatModel, at_once: int, tell: Tell = lambda: None
) -> list[Draft | None]:
    """One draft for each example, in their order; None where the model did not answer.

    `at_once` requests are under way at a time. `tell` is called after each. Raises EvaluationError when more
    than MOST_UNANSWERED stay without a reply.
    """
    places = asyncio.Semaphore(at_once)

    async def one(example: Example) -> Draft | None:
        async with places:
            draft = await _draft(example, model)
        tell()
        return draft

    drafts = list(await asyncio.gather(*map(one, examples)))
    must_answer(model, sum(draft is None for draft in drafts), len(drafts))
    return drafts


def must_answer(model: ChatModel, silent: int, asked: int) -> None:
    """Raises EvaluationError where more than MOST_UNANSWERED of the requests stayed without a reply."""
    if silent > MOST_UNANSWERED * asked:
        raise EvaluationError(
            f"{model.name} left {silent} of {asked} requests without a reply; see `salesmate models list`, "
            "ask for fewer at once (--at-once) or give it longer (SALESMATE_MODEL_REPLY_SECONDS)."
        )


async def _draft(example: Example, model: ChatModel) -> Draft | None:
    messages = [Message(said.role, said.content) for said in example.messages]
    text = ""
    try:
        async with aclosing(model.stream(messages, max_tokens=MOST_TOKENS)) as pieces:
            async for piece in pieces:
                text += piece
                if END_OF_CALL in text or len(text) > MOST_CHARACTERS:
                    break
    except ModelUnavailable:
        return None
    return _read(text)


def _read(text: str) -> Draft:
    before, mark, _ = text.partition(END_OF_CALL)
    return Draft(before.strip(), bool(mark))


def human(example: Example) -> Draft:
    """What the customer of the call said."""
    return _read(example.target)


def silences() -> frozenset[str]:
    """What stands for the seller's turn where a prompt needs one and the seller said nothing."""
    return frozenset((UNHEARD, speak_prompt().silence))


def scripted(example: Example) -> str | None:
    """The persona's own line for the turn, which the prompt offers as an example of the voice."""
    line = next(line for line in speak_prompt().note.splitlines() if "{example}" in line)
    before, _, after = line.partition("{example}")
    found = [
        told.removeprefix(before).removesuffix(after)
        for told in example.messages[-1].content.splitlines()
        if told.startswith(before)
    ]
    return found[-1] if found else None


@dataclass(frozen=True)
class Asked:
    """The examples at which models are let speak, in the order of the file. The three overlap."""

    openings: tuple[Example, ...]
    """Each call's first customer turn."""
    turns: tuple[Example, ...]
    """Any turns, spread over the calls."""
    endings: tuple[Example, ...]
    """Last turns, and as many others of the same calls."""

    def all(self) -> tuple[Example, ...]:
        """Each once."""
        return tuple({(one.call, one.n): one for one in self.openings + self.turns + self.endings}.values())


def choose(examples: Sequence[Example], openings: int, turns: int, endings: int, seed: int) -> Asked:
    """So many examples of each kind, seeded; many calls have a say."""
    rng = Random(seed)
    calls: dict[str, list[Example]] = {}
    for example in examples:
        calls.setdefault(example.call, []).append(example)
    names = sorted(calls)
    rng.shuffle(names)
    first = [min(calls[name], key=lambda one: one.n) for name in names][:openings]
    any_turns = spread(examples, turns, seed)
    ends: list[Example] = []
    for name in names:
        last = [one for one in calls[name] if END_OF_CALL in one.target]
        others = [one for one in calls[name] if END_OF_CALL not in one.target]
        if last and others and len(ends) + 2 <= endings:
            ends += [last[0], rng.choice(others)]
    return Asked(tuple(first), tuple(any_turns), tuple(ends))


def spread(examples: Sequence[Example], most: int, seed: int) -> list[Example]:
    """At most so many examples: one of each call, then a second of each, and so on; seeded."""
    rng = Random(f"spread/{seed}")
    calls: dict[str, list[Example]] = {}
    for example in examples:
        calls.setdefault(example.call, []).append(example)
    names = sorted(calls)
    rng.shuffle(names)
    for name in names:
        rng.shuffle(calls[name])
    chosen: list[Example] = []
    while len(chosen) < most and any(calls.values()):
        chosen += [calls[name].pop() for name in names if calls[name]]
    return chosen[:most]
