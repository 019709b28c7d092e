"""Turns of a call that share a pass: nothing is lost, nothing is doubled, and none sees another's note."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from finetune.train.batches import Encoded
from finetune.train.packs import ROOT, Pack, joined, packs_of

few_tokens = st.lists(st.integers(0, 2), min_size=2, max_size=12)


@st.composite
def named(draw: st.DrawFn) -> list[tuple[str, Encoded]]:
    """Examples over so few tokens that many begin alike."""
    calls = draw(st.lists(st.lists(few_tokens, min_size=1, max_size=6), min_size=1, max_size=5))
    return [
        (f"call-{number}", Encoded(tuple(ids), draw(st.integers(1, len(ids) - 1))))
        for number, call in enumerate(calls)
        for ids in call
    ]


def path_to(pack: Pack, node: int) -> list[int]:
    path = []
    while node != ROOT:
        path.append(node)
        node = pack.parents[node]
    return path[::-1]


def examples_in(pack: Pack) -> list[Encoded]:
    """What each target of the pack has before it, read off the tree."""
    found = []
    for target in pack.targets:
        path = path_to(pack, target[-1])
        assert tuple(path[-len(target) :]) == target
        assert [pack.depths[node] for node in path] == list(range(len(path)))
        found.append(Encoded(tuple(pack.ids[node] for node in path), len(target)))
    return found


@given(named(), st.integers(1, 40))
def test_packs_hold_every_example_whole_and_in_order(examples: list[tuple[str, Encoded]], most: int) -> None:
    packs = packs_of(examples, most)
    assert [one for pack in packs for one in examples_in(pack)] == [one for _, one in examples]
    assert examples_in(joined(packs)) == [one for _, one in examples]


@given(named(), st.integers(1, 40))
def test_a_pack_is_no_longer_than_it_may_be_but_for_one_long_example(
    examples: list[tuple[str, Encoded]], most: int
) -> None:
    for pack in packs_of(examples, most):
        assert pack.length <= most or len(pack.targets) == 1


@given(named())
def test_what_the_turns_of_a_call_share_is_there_once(examples: list[tuple[str, Encoded]]) -> None:
    packs = packs_of(examples, 10_000)
    calls = [[one.ids for _, one in group] for _, group in groupby(examples, key=lambda one: one[0])]
    assert len(packs) == len(calls)
    for pack, prompts in zip(packs, calls, strict=True):
        beginnings = {ids[: at + 1] for ids in prompts for at in range(len(ids))}
        assert pack.length == len(beginnings)


def test_a_lone_example_is_a_plain_path() -> None:
    (pack,) = packs_of([("a", Encoded((5, 6, 7), 1))], 0)
    assert pack.is_path
    assert not joined([pack, pack]).is_path
