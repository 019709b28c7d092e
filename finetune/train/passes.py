"""One pass through the model: the customer's tokens scored, with or without gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.train.packs import ROOT, Pack

TOKENS_AT_ONCE_ON_A_GPU = 6_144
"""What sees what is a square of this."""
TOKENS_AT_ONCE_ON_A_CPU = 512
"""Enough to keep a processor busy; what is longer goes alone."""


@dataclass(frozen=True)
class Pass:
    """A pack as tensors. `kept` are the places whose logits are needed; of each of the customer's tokens,
    `foretold` says by which of these, `wanted` which it is, and `owners` of which example."""

    ids: Any
    places: Any
    sees: Any
    """By token and token, and None where each sees all before it, which torch computes quickest."""
    kept: Any
    foretold: Any
    wanted: Any
    owners: Any
    examples: int


@dataclass(frozen=True)
class Told:
    """Of each example of a pass: the sum of the customer's tokens' negative log-likelihoods (a tensor with
    gradients, in nats), and how many of them were the first choice."""

    nll: Any
    correct: list[int]


def tokens_at_once() -> int:
    """Tokens that go through the model together."""
    import torch

    return TOKENS_AT_ONCE_ON_A_GPU if torch.cuda.is_available() else TOKENS_AT_ONCE_ON_A_CPU


def as_pass(pack: Pack, device: Any) -> Pass:
    """The pack on the device."""
    import torch

    wanted = [node for target in pack.targets for node in target]
    owners = [example for example, target in enumerate(pack.targets) for _ in target]
    kept, foretold = np.unique([pack.parents[node] for node in wanted], return_inverse=True)
    sees = None if pack.is_path else torch.from_numpy(_sees(pack))[None, None].to(device)

    def tensor(numbers: Any) -> Any:
        return torch.as_tensor(numbers, dtype=torch.long, device=device)

    return Pass(
        ids=tensor([pack.ids]),
        places=tensor([pack.depths]),
        sees=sees,
        kept=tensor(kept),
        foretold=tensor(foretold),
        wanted=tensor([pack.ids[node] for node in wanted]),
        owners=tensor(owners),
        examples=len(pack.targets),
    )


def _sees(pack: Pack) -> NDArray[np.bool_]:
    """For each token which others it sees: itself and all on the way back to where its prompt begins."""
    sees = np.eye(pack.length, dtype=np.bool_)
    for node, parent in enumerate(pack.parents):
        if parent != ROOT:
            sees[node] |= sees[parent]
    return sees


def tell(model: Any, one: Pass) -> Told:
    """Run the model. The output layer, a fifth of a small model, sees only positions that are learnt."""
    import torch
    from torch.nn.functional import cross_entropy

    on_gpu = one.ids.device.type == "cuda"
    with torch.autocast("cuda", dtype=torch.bfloat16, enabled=on_gpu):
        kept = model(
            input_ids=one.ids,
            attention_mask=one.sees,
            position_ids=one.places,
            logits_to_keep=one.kept,
            use_cache=False,
        ).logits[0]
    logits = kept[one.foretold]
    each = cross_entropy(logits.float(), one.wanted, reduction="none")
    right = (logits.argmax(dim=-1) == one.wanted).long()
    nll = torch.zeros(one.examples, dtype=each.dtype, device=each.device).index_add(0, one.owners, each)
    correct = torch.zeros(one.examples, dtype=torch.long, device=each.device).index_add(0, one.owners, right)
    return Told(nll, correct.tolist())
