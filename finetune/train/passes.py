"""One pass through the model: the customer's tokens scored, with or without gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.train.batches import Encoded, at_once
from finetune.train.packs import ROOT, Pack, joined, packs_of

TOKENS_AT_ONCE_ON_A_GPU = 6_144
"""What sees what is a square of this."""
TOKENS_AT_ONCE_ON_A_CPU = 512
"""Enough to keep a processor busy; what is longer goes alone."""


PACKED = 3
"""Halves of an example's most tokens that a pack may have: a call's turns need more room than one of them,
and beyond that attention, which looks at all pairs, costs more than sharing saves."""


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


def sees_by_tree(model: Any) -> bool:
    """Whether the model can be told which token sees which.

    It cannot where some layers see by other rules (a sliding window counts places in the pack, a recurrent
    layer reads straight through), or where another attention than torch's own reads the mask otherwise.
    """
    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ())
    return (
        not getattr(config, "sliding_window", None)
        and kinds <= {"full_attention"}
        and getattr(config, "_attn_implementation", None) == "sdpa"
    )


def packs_for(model: Any, examples: Sequence[tuple[str, Encoded]], most_tokens: int) -> list[Pack]:
    """The named examples in packs that the model reads as it would read each example alone.

    `most_tokens` is what an example may have; a pack may have half as many again.
    """
    if sees_by_tree(model):
        return packs_of(examples, PACKED * most_tokens // 2)
    return packs_of(examples, 0)


def passes_of(model: Any, packs: Sequence[Pack], places: Sequence[int]) -> Iterator[tuple[list[int], Pass]]:
    """What goes through the model together: which packs (by place), and their pass."""
    import torch

    most = TOKENS_AT_ONCE_ON_A_GPU if torch.cuda.is_available() else TOKENS_AT_ONCE_ON_A_CPU
    lengths = [pack.length for pack in packs]
    for group in at_once(places, lengths, most if sees_by_tree(model) else 0):
        yield group, as_pass(joined([packs[place] for place in group]), model.device)


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
