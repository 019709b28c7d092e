"""Which calls are held out."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from finetune.split import Member, held_out


def members(ids: list[str], outcome: str | None = None, language: str = "en") -> list[Member]:
    return [Member(call, outcome, language, translated=language != "en") for call in ids]


IDS = st.lists(st.uuids().map(str), min_size=2, max_size=80, unique=True)


@given(IDS, IDS, st.sampled_from([0.05, 0.1, 0.3]), st.integers(0, 5))
def test_calls_that_are_added_move_none_of_those_before(
    old: list[str], new: list[str], share: float, seed: int
) -> None:
    before = held_out(members(old), share, seed)
    after = held_out(members(old + [call for call in new if call not in old]), share, seed)
    natural = {call for call in before if len(before) > 1}  # a set of few calls may have had to be helped
    assert natural <= after or len(old) * share < 1.5
    assert {call for call in after if call in old} <= before or len(old) * share < 1.5


def test_each_stratum_keeps_its_share() -> None:
    calls = [
        Member(f"{outcome}-{language}-{n}", outcome, language, translated=language != "en")
        for n in range(100)
        for outcome, language in (("sold", "en"), ("lost", "en"), ("lost", "pt"))
    ]
    for seed in range(20):
        out = held_out(calls, 0.1, seed)
        held = Counter(member.stratum for member in calls if member.call in out)
        assert all(8 <= held[member.stratum] <= 12 for member in calls), (seed, held)


def test_another_seed_is_another_split() -> None:
    calls = members([f"call-{n}" for n in range(200)])
    assert held_out(calls, 0.1, 0) == held_out(calls, 0.1, 0)
    assert held_out(calls, 0.1, 0) != held_out(calls, 0.1, 1)


@given(IDS, st.floats(0.01, 0.9))
def test_neither_side_is_empty(ids: list[str], share: float) -> None:
    assert 0 < len(held_out(members(ids), share, 0)) < len(ids)


def test_a_share_of_nothing_holds_nothing_out() -> None:
    assert held_out(members(["a", "b", "c"]), 0, 0) == set()


def test_amounts_make_no_strata_of_their_own() -> None:
    given_some = [
        Member("a", "donation 0.5", "en", translated=False),
        Member("b", "donation 20", "en", translated=False),
    ]
    assert len({member.stratum for member in given_some}) == 1
    assert Member("c", "donation 0.0", "en", translated=False).stratum != given_some[0].stratum
