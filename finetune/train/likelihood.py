"""How likely a model finds what customers really said: token by token, given all before (teacher-forced)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from finetune.example import Example
from finetune.train.base import load, quiet, source_of
from finetune.train.batches import Encoded, TemplateTokens, encode
from finetune.train.faults import TrainingFailed, need_packages, told_of_memory
from finetune.train.packs import Pack
from finetune.train.passes import packs_for, passes_of, tell

Progress = Callable[[int, int], None]
"""Takes how many examples are scored, and of how many."""


@dataclass(frozen=True)
class Scored:
    """What a model made of one customer turn, its end included. `nll` in nats, summed over the tokens."""

    call: str
    n: int
    tokens: int
    nll: float
    correct: int
    """Tokens that were the model's first choice."""


def score(
    examples: Sequence[Example],
    base: str,
    adapter: Path | None,
    *,
    most_tokens: int,
    progress: Progress = lambda _done, _all: None,
) -> list[Scored]:
    """Score each example, in the order given. `base` as in the recipe; `adapter` is a trained folder.

    Histories are shortened to `most_tokens`, as in training; what is still too long is scored whole.
    Raises TrainingFailed, and ModelNotUsable where the base was not pulled.
    """
    need_packages()
    loaded = load(source_of(base))
    tokens = TemplateTokens(loaded.tokenizer)
    model = loaded.model if adapter is None else _with(loaded.model, adapter)
    encoded = [_encoded(one, tokens, most_tokens) for one in examples]
    order = sorted(range(len(examples)), key=lambda place: examples[place].call)  # a call's turns together
    packs = packs_for(model, [(examples[place].call, encoded[place]) for place in order], most_tokens)
    found = dict(zip(order, tell_all(model, packs, progress), strict=True))
    return [
        Scored(example.call, example.n, one.learnt, *found[place])
        for place, (example, one) in enumerate(zip(examples, encoded, strict=True))
    ]


def tell_all(model: Any, packs: Sequence[Pack], progress: Progress) -> list[tuple[float, int]]:
    """Sum of negative log-likelihoods and count of first choices of each example of the packs, in order."""
    import torch

    was_training = model.training
    model.eval()
    found: dict[int, list[tuple[float, int]]] = {}
    done, every = 0, sum(len(pack.targets) for pack in packs)
    with torch.inference_mode(), told_of_memory():
        for group, one in passes_of(model, packs, range(len(packs))):
            told = tell(model, one)
            each = iter(zip(told.nll.tolist(), told.correct, strict=True))
            for place in group:
                found[place] = list(islice(each, len(packs[place].targets)))
                done += len(packs[place].targets)
            progress(done, every)
    model.train(was_training)
    return [one for place in range(len(packs)) for one in found[place]]


def _encoded(example: Example, tokens: TemplateTokens, most: int) -> Encoded:
    found = encode(example, tokens, most) or encode(example, tokens, None)
    if found is None:
        raise TrainingFailed(f"Turn {example.n} of call {example.call} cannot be put into tokens.")
    return found


def _with(model: Any, adapter: Path) -> Any:
    from peft import PeftModel

    try:
        with quiet():
            tuned = PeftModel.from_pretrained(model, str(adapter))
    except (OSError, ValueError, RuntimeError, KeyError):
        raise TrainingFailed(
            f"The adapter in {adapter} is not there, damaged, or was trained on another base; train it again."
        ) from None
    # In fp32 the sum is exact to rounding, and saves a third of the time.
    return tuned.merge_and_unload() if model.device.type == "cpu" else tuned
