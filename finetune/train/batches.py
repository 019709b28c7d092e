"""From examples to token ids, and in which order they are learnt. Knows no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from agents.models.dialogue import UNHEARD
from finetune.example import Example, Said

FEWEST_MESSAGES = 2
"""The system message and the seller's last words stay."""


class ChatTokens(Protocol):
    """A tokenizer with a chat template."""

    def prompt(self, messages: Sequence[Said]) -> list[int]:
        """The messages up to where the assistant begins to speak."""
        ...

    def reply(self, text: str) -> list[int]:
        """The assistant's words and the token that ends its turn."""
        ...


@dataclass(frozen=True)
class Encoded:
    """An example as the model sees it: the last `learnt` ids are the customer's."""

    ids: tuple[int, ...]
    learnt: int
    shortened: bool = False
    """Whether old turns had to go."""

    @property
    def length(self) -> int:
        """Tokens in all."""
        return len(self.ids)


def encode(example: Example, tokens: ChatTokens, most: int | None) -> Encoded | None:
    """The example in at most so many tokens: the history's oldest turns go, pair by pair.

    None where the system message, the seller's last words and the target alone are longer than that.
    """
    target, messages = tokens.reply(example.target), example.messages
    while True:
        asked = tokens.prompt(messages)
        if most is None or len(asked) + len(target) <= most:
            return Encoded((*asked, *target), len(target), len(messages) < len(example.messages))
        if len(messages) <= FEWEST_MESSAGES:
            return None
        messages = without_oldest(messages)


def talk_alone(example: Example) -> Example:
    """The same turn after nothing but the talk: no persona, and no note that says what to do."""
    nobody = Said(role="system", content="")  # said, or some templates put words of their own
    talk = example.talk or (Said(role="user", content=UNHEARD),)
    return example.model_copy(update={"messages": (nobody, *talk)})


def without_oldest(messages: Sequence[Said]) -> tuple[Said, ...]:
    """Less the oldest two turns after the system message, so that the seller still comes first."""
    return (messages[0], *messages[3:])


@dataclass(frozen=True)
class Order:
    """In which steps an epoch is learnt: every prompt once, and talk packs between them.

    Places count the packs of prompts first, then those of talk.
    """

    prompts: int
    talk: int
    batch: int
    share: float
    """Of the steps that learn talk, below one."""
    seed: int

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return self._of_prompts + self._of_talk

    def epoch(self, number: int) -> list[list[int]]:
        """The packs of each step, by place; the same seed and epoch give the same."""
        rng = Random(f"{self.seed}-{number}")
        prompts = self._shuffled(rng, range(self.prompts))
        talk: list[list[int]] = []
        while len(talk) < self._of_talk:
            talk += self._shuffled(rng, range(self.prompts, self.prompts + self.talk))
        placed = [*_evenly(prompts), *_evenly(talk[: self._of_talk])]
        return [step for _, step in sorted(placed)]

    @property
    def _of_prompts(self) -> int:
        return -(-self.prompts // self.batch)

    @property
    def _of_talk(self) -> int:
        return round(self._of_prompts * self.share / (1 - self.share)) if self.talk else 0

    def _shuffled(self, rng: Random, places: Sequence[int]) -> list[list[int]]:
        order = rng.sample(places, len(places))
        return [order[at : at + self.batch] for at in range(0, len(order), self.batch)]


def _evenly(steps: Sequence[list[int]]) -> list[tuple[float, list[int]]]:
    return [((at + 0.5) / len(steps), step) for at, step in enumerate(steps)]


def at_once(places: Sequence[int], lengths: Sequence[int], most: int) -> list[list[int]]:
    """The places in groups that go through the model together: at most so many tokens, the longest first, so
    that memory runs out at the start or never. One pack is always taken."""
    groups: list[list[int]] = []
    room = 0
    for place in sorted(places, key=lambda place: (-lengths[place], place)):
        if lengths[place] <= room:
            groups[-1].append(place)
        else:
            groups.append([place])
            room = most
        room -= lengths[place]
    return groups


def spread(count: int, most: int) -> list[int]:
    """At most so many places, evenly over all."""
    return list(range(count)) if count <= most else [at * count // most for at in range(most)]


class TemplateTokens:
    """`ChatTokens` of a transformers tokenizer."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._render: Callable[..., str] = tokenizer.apply_chat_template
        self._end = self._end_of_turn()

    def prompt(self, messages: Sequence[Said]) -> list[int]:
        """See `ChatTokens`."""
        chat = [{"role": message.role, "content": message.content} for message in messages]
        return self._ids(self._render(chat, tokenize=False, add_generation_prompt=True))

    def reply(self, text: str) -> list[int]:
        """See `ChatTokens`. Encoded apart from the prompt, as it is when the model writes it."""
        return [*self._ids(text), self._end]

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _end_of_turn(self) -> int:
        """What the template puts after the assistant's words; not every model's `eos` (Gemma's is not)."""
        mark = "Yes."
        chat = [{"role": "user", "content": "Hm"}, {"role": "assistant", "content": mark}]
        after = self._ids(self._render(chat, tokenize=False).rpartition(mark)[2])
        return after[0] if after else int(self._tokenizer.eos_token_id)
