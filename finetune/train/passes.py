"""One pass through the model: the customer's tokens scored, with or without gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from finetune.train.batches import Encoded

TOKENS_AT_ONCE_ON_A_GPU = 16_384
TOKENS_AT_ONCE_ON_A_CPU = 512
"""Enough to keep a processor busy; beyond that a batch saves no time, and its padding costs some."""

TARGET = 1.0
"""The weight of a token of the turn that is asked for."""


@dataclass(frozen=True)
class Pass:
    """A group of examples as tensors. `learnt` marks, in the logits that are kept, those that foretell a
    customer's token; `wanted` are these tokens, row by row, and `weights` how much each counts."""

    ids: Any
    kept: Any
    learnt: Any
    wanted: Any
    weights: Any


@dataclass(frozen=True)
class Told:
    """Of each row of a pass: the weighted sum of the customer's tokens' negative log-likelihoods (a tensor
    with gradients, in nats), and how many tokens of the target were the first choice."""

    nll: Any
    correct: list[int]


def tokens_at_once() -> int:
    """Tokens, padding included, that go through the model together."""
    import torch

    return TOKENS_AT_ONCE_ON_A_GPU if torch.cuda.is_available() else TOKENS_AT_ONCE_ON_A_CPU


def together(group: Sequence[Encoded], device: Any, *, earlier: float = 0.0) -> Pass:
    """Padded on the right, where no token looks: attention is causal, so no mask is needed, and torch's
    quickest attention takes only calls without one. `earlier` weighs the customer's earlier turns."""
    import torch

    longest = max(one.length for one in group)
    ids = torch.tensor([one.ids + (0,) * (longest - one.length) for one in group])
    weights = torch.zeros(ids.shape)
    for row, one in enumerate(group):
        for said in one.said:
            weights[row, said.start - 1 : said.stop - 1] = earlier
        weights[row, one.length - one.learnt - 1 : one.length - 1] = TARGET
    kept = (weights > 0).any(dim=0).nonzero().squeeze(1)
    learnt = weights[:, kept] > 0
    wanted = ids[:, kept + 1][learnt]
    return Pass(*(tensor.to(device) for tensor in (ids, kept, learnt, wanted, weights[:, kept][learnt])))


def weight_of(group: Sequence[Encoded], earlier: float) -> float:
    """Of all that is learnt in the group: what a sum is divided by to be nats a token."""
    return sum(one.learnt * TARGET + earlier * sum(map(len, one.said)) for one in group)


def tell(model: Any, one: Pass) -> Told:
    """Run the model. The output layer, a fifth of a small model, sees only positions that are learnt."""
    import torch
    from torch.nn.functional import cross_entropy

    on_gpu = one.ids.device.type == "cuda"
    with torch.autocast("cuda", dtype=torch.bfloat16, enabled=on_gpu):
        logits = model(input_ids=one.ids, logits_to_keep=one.kept, use_cache=False).logits[one.learnt]
    each = cross_entropy(logits.float(), one.wanted, reduction="none") * one.weights
    rows = one.learnt.nonzero()[:, 0]
    count = one.ids.shape[0]
    right = ((logits.argmax(dim=-1) == one.wanted) & (one.weights == TARGET)).long()
    nll = torch.zeros(count, dtype=each.dtype, device=each.device).index_add(0, rows, each)
    correct = torch.zeros(count, dtype=torch.long, device=each.device).index_add(0, rows, right)
    return Told(nll, correct.tolist())
