"""How many tokens a data set has, and what training on them would cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from finetune.example import Example

CHARACTERS_A_TOKEN = 4
"""The usual estimate for English; https://ai.google.dev/gemini-api/docs/tokens says the same of Gemini."""
MILLION = 1_000_000

Count = Callable[[str], int]


class Spread(BaseModel):
    """Of a number over the examples."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    total: int
    p50: int
    p90: int
    most: int


class Tokens(BaseModel):
    """Of a data set: what is learnt (the customer's words) and what it is learnt from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    counted_by: str
    customer: Spread
    prompt: Spread


class Cost(BaseModel):
    """An estimate: tokens of the training set times epochs times the rate that was given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    billable_tokens: int
    per_million_tokens: float | None
    total: float | None


@dataclass(frozen=True)
class Counter:
    """Counts tokens; `name` says by what, for people."""

    name: str
    count: Count


def estimate() -> Counter:
    """The counter that needs no vocabulary."""
    return Counter(
        f"estimate: {CHARACTERS_A_TOKEN} characters a token", lambda text: -(-len(text) // CHARACTERS_A_TOKEN)
    )


def tokens_of(examples: Sequence[Example], counter: Counter) -> Tokens:
    """Token statistics; the words of the template (a few for each message) are not counted."""
    seen: dict[str, int] = {}

    def count(text: str) -> int:
        # A call's history stands in each of its examples: every text is counted once.
        if text not in seen:
            seen[text] = counter.count(text)
        return seen[text]

    customer = [count(example.target) for example in examples]
    prompt = [sum(count(message.content) for message in example.messages) for example in examples]
    return Tokens(counted_by=counter.name, customer=_spread(customer), prompt=_spread(prompt))


def cost_of(train: Tokens, epochs: int, per_million_tokens: float | None) -> Cost:
    """What tuning on this would be billed for. Without a rate no amount: prices are never assumed."""
    billable = (train.customer.total + train.prompt.total) * epochs
    total = None if per_million_tokens is None else round(billable / MILLION * per_million_tokens, 2)
    return Cost(billable_tokens=billable, per_million_tokens=per_million_tokens, total=total)


def _spread(numbers: Sequence[int]) -> Spread:
    if not numbers:
        return Spread(total=0, p50=0, p90=0, most=0)
    p50, p90 = np.percentile(numbers, [50, 90])
    return Spread(total=sum(numbers), p50=round(p50), p90=round(p90), most=max(numbers))
