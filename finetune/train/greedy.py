"""Whether the served adapter says what the trained one says, word for word, when nothing is left to chance.

llama.cpp serves the base in its few bits a weight and rounds as it goes; training has the same weights
written out in full. Near ties therefore fall differently now and then, and all that follows differs with
them: what is asked is that most words agree, which an adapter in the wrong layout does not come near.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agents.models.local.server import Server, ServerSettings
from agents.models.local.voice import half_the_cores
from finetune.example import Example, Said
from finetune.train.batches import FEWEST_MESSAGES, TemplateTokens, without_oldest
from finetune.train.faults import TrainingFailed

TOKENS = 24
PROMPTS = 8
LEAST = 0.3
"""Of the tokens, up to the first that differs, on average. Below, it is not served as it was trained."""


class Agreement(BaseModel):
    """Of `train.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompts: int
    tokens: int = Field(description="Compared of each reply, at most.")
    same: int = Field(description="Replies that are the same to the end.")
    share: float = Field(description="Of a reply's tokens, up to the first that differs; mean.")


def agreement(
    model: Any,
    tokenizer: Any,
    examples: Sequence[Example],
    base: Path,
    adapter: Path,
    most_tokens: int,
    step: Callable[[], None] = lambda: None,
) -> Agreement:
    """Compare greedy replies to the examples' prompts.

    Raises TrainingFailed where they have little in common.
    """
    tokens = TemplateTokens(tokenizer)
    server = Server(base, [adapter], ServerSettings(half_the_cores(), 1, most_tokens + TOKENS))
    model.eval()
    shares = []
    for example in examples:
        short = _fitting(example, tokens, most_tokens)
        if short is not None:
            shares.append(
                _in_common(
                    _trained(model, tokenizer, tokens.prompt(short)),
                    _served(server, tokenizer, short),
                )
            )
        step()
    if not shares:
        raise TrainingFailed("No example fits into most_tokens; raise it in the recipe.")
    share = sum(shares) / len(shares)
    if share < LEAST:
        raise TrainingFailed(
            f"Served by llama.cpp the adapter says other words than trained ({share:.0%} agree); "
            f"do not serve {adapter}. The trained form is in the folder `adapter` beside it, for vLLM."
        )
    same = sum(one == 1.0 for one in shares)
    return Agreement(prompts=len(shares), tokens=TOKENS, same=same, share=round(share, 4))


def _fitting(example: Example, tokens: TemplateTokens, most: int) -> Sequence[Said] | None:
    """The messages as training would shorten them."""
    messages = example.messages
    while len(tokens.prompt(messages)) > most - TOKENS:
        if len(messages) <= FEWEST_MESSAGES:
            return None
        messages = without_oldest(messages)
    return messages


def _trained(model: Any, tokenizer: Any, prompt: list[int]) -> list[int]:
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
        )[0, len(prompt) :]
    return _plain(tokenizer, tokenizer.decode(said, skip_special_tokens=True))


def _served(server: Server, tokenizer: Any, messages: Sequence[Said]) -> list[int]:
    pieces: list[str] = []

    def heard(chunk: dict[str, Any]) -> bool:
        pieces.extend(choice.get("delta", {}).get("content") or "" for choice in chunk.get("choices", ()))
        return False

    request = {
        "messages": [{"role": one.role, "content": one.content} for one in messages],
        "max_tokens": TOKENS,
        "temperature": 0.0,
        "repeat_penalty": 1.0,
        "lora": [{"id": 0, "scale": 1.0}],
    }
    server.chat(request, heard)
    return _plain(tokenizer, "".join(pieces))


def _plain(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text.strip(), add_special_tokens=False)["input_ids"]
    return ids


def _in_common(first: list[int], second: list[int]) -> float:
    """The share of the longer that both begin with."""
    longest = max(len(first), len(second))
    same = next(
        (at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )
    return same / longest if longest else 1.0
