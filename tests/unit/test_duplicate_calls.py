"""Calls that are there twice: the first is kept, and each other is told with the one that is kept."""

from __future__ import annotations

from random import Random

from finetune.calls import CallTurn, Place, RecordedCall
from finetune.duplicates import without_duplicates

WORDS = [f"word{n}" for n in range(400)]


def call(name: str, text: str) -> RecordedCall:
    words = text.split()
    half = len(words) // 2
    seller = CallTurn(speaker="seller", text=" ".join(words[:half]))
    customer = CallTurn(speaker="customer", text=" ".join(words[half:]))
    return RecordedCall(call=name, turns=(seller, customer))


def words(seed: int, count: int = 120) -> str:
    return " ".join(Random(seed).choices(WORDS, k=count))


def test_the_same_words_in_other_case_and_punctuation_are_there_twice() -> None:
    kept, rejected = without_duplicates([call("a", "Good day. No thanks!"), call("b", "good day no, thanks")])
    assert [one.call for one in kept] == ["a"]
    assert [row.reason for row in rejected] == ["Says the same as call a, which is kept."]


def test_a_call_with_a_few_other_words_is_there_twice() -> None:
    text = words(1)
    kept, rejected = without_duplicates(
        [call("a", text), call("b", text.replace("word7 ", "other ") + " bye")]
    )
    assert [one.call for one in kept] == ["a"]
    assert rejected[0].reason == "Says nearly the same as call a, which is kept."


def test_calls_that_begin_alike_are_two() -> None:
    opening = "Hi it is Sam from Northgate do you have a minute to talk about your savings "
    kept, rejected = without_duplicates(
        [call("a", opening + words(1, 60)), call("b", opening + words(2, 60))]
    )
    assert len(kept) == 2
    assert not rejected


def test_short_calls_are_two_when_their_words_differ() -> None:
    kept, _ = without_duplicates(
        [call("a", "hi no"), call("b", "hi yes"), call("c", "no hi"), call("d", "… !")]
    )
    assert [one.call for one in kept] == ["a", "b", "c", "d"]


def test_each_is_told_with_the_place_it_stands_at() -> None:
    calls = [call("a", "hi no"), call("b", "hi no")]
    (row,) = without_duplicates(calls, {"b": Place("calls.csv", 9)})[1]
    assert (row.source, row.line) == ("calls.csv", 9)
    (row,) = without_duplicates(calls)[1]
    assert row.line == 2


def test_every_planted_copy_among_many_is_found_and_nothing_else() -> None:
    originals = [call(f"o{n}", words(n)) for n in range(300)]
    copies = [call(f"c{n}", words(n).replace("word3 ", "", 1) + " thanks") for n in range(0, 300, 3)]
    kept, rejected = without_duplicates([*originals, *copies])
    assert [one.call for one in kept] == [one.call for one in originals]
    assert len(rejected) == len(copies)
