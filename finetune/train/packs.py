"""Several turns of a call in one pass: what they have in common goes through the model once.

Serving's prompts for the turns of a call begin alike: who the customer is, and the talk so far. Put into a
tree of tokens, every prompt is a path from its root, and attention sees along the path only; so each turn is
learnt exactly as if it were alone, at a fraction of the tokens. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from finetune.train.batches import Encoded

ROOT = -1


@dataclass(frozen=True)
class Pack:
    """A tree of tokens. Parents stand before their children; a token's place in its prompt is its depth."""

    ids: tuple[int, ...]
    parents: tuple[int, ...]
    """By node; ROOT where a prompt begins."""
    depths: tuple[int, ...]
    targets: tuple[tuple[int, ...], ...]
    """Of each example, in order: the nodes of the customer's words and of the end of her turn."""

    @property
    def length(self) -> int:
        """Tokens that go through the model."""
        return len(self.ids)

    @property
    def learnt(self) -> int:
        """Tokens of all targets."""
        return sum(map(len, self.targets))

    @property
    def is_path(self) -> bool:
        """Whether nothing branches, so that every token sees all before it."""
        return all(parent == node - 1 for node, parent in enumerate(self.parents))


class _Tree:
    def __init__(self) -> None:
        self._children: dict[tuple[int, int], int] = {}
        self._ids: list[int] = []
        self._parents: list[int] = []
        self._depths: list[int] = []
        self._targets: list[tuple[int, ...]] = []

    def more_with(self, one: Encoded) -> int:
        """How many tokens the example would add."""
        node = ROOT
        for at, token in enumerate(one.ids):
            found = self._children.get((node, token))
            if found is None:
                return one.length - at
            node = found
        return 0

    def add(self, one: Encoded) -> None:
        path: list[int] = []
        node = ROOT
        for depth, token in enumerate(one.ids):
            found = self._children.get((node, token))
            if found is None:
                found = self._children[node, token] = len(self._ids)
                self._ids.append(token)
                self._parents.append(node)
                self._depths.append(depth)
            node = found
            path.append(node)
        self._targets.append(tuple(path[-one.learnt :]))

    def pack(self) -> Pack:
        return Pack(tuple(self._ids), tuple(self._parents), tuple(self._depths), tuple(self._targets))

    def __len__(self) -> int:
        return len(self._ids)


def packs_of(examples: Iterable[tuple[str, Encoded]], most: int) -> list[Pack]:
    """The examples in packs of at most so many tokens, in their order; a longer example has its own.

    Each comes with a name: neighbours of one name, the turns of a call, may share a pack.
    """
    packs = []
    for _, group in groupby(examples, key=lambda named: named[0]):
        tree = _Tree()
        for _, one in group:
            if len(tree) and len(tree) + tree.more_with(one) > most:
                packs.append(tree.pack())
                tree = _Tree()
            tree.add(one)
        packs.append(tree.pack())
    return packs


def joined(packs: Sequence[Pack]) -> Pack:
    """The packs side by side, none of which sees another."""
    ids: list[int] = []
    parents: list[int] = []
    depths: list[int] = []
    targets: list[tuple[int, ...]] = []
    for pack in packs:
        first = len(ids)
        ids += pack.ids
        parents += [parent if parent == ROOT else parent + first for parent in pack.parents]
        depths += pack.depths
        targets += [tuple(node + first for node in target) for target in pack.targets]
    return Pack(tuple(ids), tuple(parents), tuple(depths), tuple(targets))
