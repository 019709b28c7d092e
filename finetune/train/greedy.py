"""Whether the served adapter says what the trained one says when nothing is left to chance.

llama.cpp serves the base in its few bits a weight and rounds as it goes; training has the same weights
written out in full. Near ties therefore fall differently now and then, and all that follows differs with
them. So not only words are compared but how likely both find them, and that against how far the bare base is
apart in the same way, which is llama.cpp's rounding alone. On an adapter of the README's run, SmolLM2's words
were .035 nats apart, the bare base's .040, and those of the same adapter with its queries and keys in
transformers' order .085, though two words in three were still the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agents.models.local.server import Server, ServerSettings
from agents.models.local.voice import half_the_cores
from finetune.example import Example, Said
from finetune.train.batches import FEWEST_MESSAGES, TemplateTokens, without_oldest
from finetune.train.faults import TrainingFailed

TOKENS = 16
PROMPTS = 12
LEAST = 0.3
"""Of the tokens, up to the first that differs, on average. Below, it is not served as it was trained."""
MOST_APART = 1.8
"""Times as far apart as the bare base: what chance does to so few words, and an adapter's own rounding."""
FEWEST = 40
"""Tokens that a mean distance is told of. Replies to PROMPTS prompts that pass LEAST have more."""


class Agreement(BaseModel):
    """Of `train.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompts: int
    tokens: int = Field(description="Compared of each reply, at most.")
    same: int = Field(description="Replies that are the same to the end.")
    share: float = Field(description="Of a reply's tokens, up to the first that differs; mean.")
    apart: float | None = Field(
        None,
        description="Between a token's log-probabilities, trained and served: mean, in nats. None of few.",
    )
    base_apart: float | None = Field(None, description="The same of the base without its adapter.")


@dataclass(frozen=True)
class _Reply:
    """Of one prompt: the tokens served, and as many as are to be compared."""

    served: tuple[int, ...]
    trained: tuple[int, ...]
    apart: tuple[float, ...]
    """Of each served token, up to the first that differs, which is compared too."""

    @property
    def in_common(self) -> float:
        """The share of the longer that both begin with."""
        longest = max(len(self.served), len(self.trained))
        return _alike(self.served, self.trained) / longest if longest else 1.0


def agreement(
    model: Any,
    tokenizer: Any,
    examples: Sequence[Example],
    base: Path,
    adapter: Path,
    most_tokens: int,
) -> Agreement:
    """Compare greedy replies to the examples' prompts, with the adapter and without it. `model` has peft's.

    Raises TrainingFailed where they have little in common, or are further apart than rounding makes them.
    """
    tokens = TemplateTokens(tokenizer)
    server = Server(base, [adapter], ServerSettings(half_the_cores(), 1, most_tokens + TOKENS))
    model.eval()
    asked = [short for one in examples if (short := _fitting(one, tokens, most_tokens)) is not None]
    if not asked:
        raise TrainingFailed("No example fits into most_tokens; raise it in the recipe.")

    def replies(scale: float) -> Iterator[_Reply]:
        for messages in asked:
            chosen, likely = _trained(model, tokens.prompt(messages))
            yield _compared(chosen, likely, _served(server, messages, scale), _ends(model))

    tuned = list(replies(1.0))
    with model.disable_adapter():
        bare = list(replies(0.0))
    found = Agreement(
        prompts=len(asked),
        tokens=TOKENS,
        same=sum(one.in_common == 1.0 for one in tuned),
        share=round(fmean(one.in_common for one in tuned), 4),
        apart=_apart(tuned),
        base_apart=_apart(bare),
    )
    if why := _why_not(found):
        raise TrainingFailed(
            f"Served by llama.cpp the adapter says other words than trained ({why}); do not serve {adapter}. "
            "The trained form is in the folder `adapter` beside it, for vLLM."
        )
    return found


def _why_not(found: Agreement) -> str:
    if found.share < LEAST:
        return f"{found.share:.0%} agree"
    if found.apart and found.base_apart and found.apart > MOST_APART * found.base_apart:
        return f"{found.apart:.3f} nats apart, and the bare base {found.base_apart:.3f}"
    return ""


def _apart(replies: Sequence[_Reply]) -> float | None:
    every = [nats for one in replies for nats in one.apart]
    return round(fmean(every), 4) if len(every) >= FEWEST else None


def _fitting(example: Example, tokens: TemplateTokens, most: int) -> Sequence[Said] | None:
    """The messages as training would shorten them."""
    messages = example.messages
    while len(tokens.prompt(messages)) > most - TOKENS:
        if len(messages) <= FEWEST_MESSAGES:
            return None
        messages = without_oldest(messages)
    return messages


def _compared(
    chosen: Sequence[int], likely: Sequence[Any], served: Sequence[tuple[int, float]], ends: set[int]
) -> _Reply:
    """`likely`: the log-probabilities of all tokens at each place; `served`: tokens with their own."""
    trained = tuple(token for token in chosen if token not in ends)
    tokens = tuple(token for token, _ in served if token not in ends)
    places = range(min(_alike(tokens, trained) + 1, len(tokens), len(likely)))
    return _Reply(tokens, trained, tuple(abs(served[at][1] - float(likely[at][tokens[at]])) for at in places))


def _ends(model: Any) -> set[int]:
    """The tokens that end a reply, which not every server tells."""
    ends = model.generation_config.eos_token_id
    return {ends} if isinstance(ends, int) else set(ends or ())


def _trained(model: Any, prompt: list[int]) -> tuple[list[int], list[Any]]:
    import torch

    with torch.inference_mode():
        ids = torch.tensor([prompt], device=model.device)
        said = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=TOKENS,
            do_sample=False,
            use_cache=True,
            pad_token_id=0,
            repetition_penalty=1.0,
            output_logits=True,
            return_dict_in_generate=True,
        )
        likely = [torch.log_softmax(row[0].float(), -1) for row in said.logits]
    return said.sequences[0, len(prompt) :].tolist(), likely


def _served(server: Server, messages: Sequence[Said], scale: float) -> list[tuple[int, float]]:
    """Tokens with their log-probabilities. https://platform.openai.com/docs/api-reference/chat, `logprobs`"""
    given: list[tuple[int, float]] = []

    def heard(chunk: dict[str, Any]) -> bool:
        for choice in chunk.get("choices", ()):
            told = (choice.get("logprobs") or {}).get("content") or ()
            given.extend((token["id"], token["logprob"]) for token in told)
        return False

    request = {
        "messages": [{"role": one.role, "content": one.content} for one in messages],
        "max_tokens": TOKENS,
        "temperature": 0.0,
        "repeat_penalty": 1.0,
        "logprobs": True,
        "top_logprobs": 1,
        "lora": [{"id": 0, "scale": scale}],
    }
    server.chat(request, heard)
    return given


def _alike(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    return next(
        (at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )
