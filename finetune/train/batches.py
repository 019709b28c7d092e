"""From examples to token ids, and in which order they are learnt. Knows no torch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from finetune.example import Example, Said

POOL = 16
"""Steps whose examples are sorted by length together: little padding, and still a random order."""
FEWEST_MESSAGES = 2
"""The system message and the seller's last words stay."""


@dataclass(frozen=True)
class Prompt:
    """A talk as token ids, up to where the assistant begins to speak."""

    ids: tuple[int, ...]
    said: tuple[range, ...] = ()
    """Where the assistant's turns of it are, each with the token that ends it."""


class ChatTokens(Protocol):
    """A tokenizer with a chat template."""

    def prompt(self, messages: Sequence[Said]) -> Prompt:
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
    said: tuple[range, ...] = ()
    """Where the customer's earlier turns are."""

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
        if most is None or len(asked.ids) + len(target) <= most:
            shortened = len(messages) < len(example.messages)
            return Encoded((*asked.ids, *target), len(target), shortened, asked.said)
        if len(messages) <= FEWEST_MESSAGES:
            return None
        messages = without_oldest(messages)


def without_oldest(messages: Sequence[Said]) -> tuple[Said, ...]:
    """Less the oldest two turns after the system message, so that the seller still comes first."""
    return (messages[0], *messages[3:])


def steps_of_epoch(lengths: Sequence[int], batch: int, seed: int, epoch: int) -> list[list[int]]:
    """Which examples (by place) each step learns; the same seed and epoch give the same order.

    Examples of like length share a step; every example is in exactly one.
    """
    rng = Random(f"{seed}-{epoch}")
    places = list(range(len(lengths)))
    rng.shuffle(places)
    steps = []
    for start in range(0, len(places), POOL * batch):
        pool = sorted(places[start : start + POOL * batch], key=lambda place: (lengths[place], place))
        steps += [pool[at : at + batch] for at in range(0, len(pool), batch)]
    rng.shuffle(steps)
    return steps


def at_once(places: Sequence[int], lengths: Sequence[int], most: int) -> list[list[int]]:
    """The places in groups that go through the model together: at most so many tokens with padding, the
    longest first, so that memory runs out at the start or never. One example is always taken."""
    groups: list[list[int]] = []
    for place in sorted(places, key=lambda place: (-lengths[place], place)):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= most:
            groups[-1].append(place)
        else:
            groups.append([place])
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

    def prompt(self, messages: Sequence[Said]) -> Prompt:
        """See `ChatTokens`."""
        chat = [{"role": message.role, "content": message.content} for message in messages]
        text = self._render(chat, tokenize=False, add_generation_prompt=True)
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        starts = [start for start, _ in found["offset_mapping"]]
        said = [
            range(bisect_left(starts, start), bisect_left(starts, end) + 1)
            for start, end in _places(text, messages)
        ]
        return Prompt(tuple(found["input_ids"]), tuple(said))

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


def _places(text: str, messages: Sequence[Said]) -> Iterator[tuple[int, int]]:
    """Where in the rendered talk the assistant's words are; none where the template alters what is said."""
    end = 0
    for message in messages:
        start = text.find(message.content, end)
        if start < 0:
            return
        end = start + len(message.content)
        if message.role == "assistant":
            yield start, end
