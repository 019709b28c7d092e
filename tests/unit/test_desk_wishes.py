"""What somebody who writes at the top level of her messages wants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.customer.state import Difficulty
from bot.desk.wish import wish_of

CARDS = (
    {"id": "helen-marsh", "name": "Helen Marsh"},
    {"id": "dana-whitfield", "name": "Dana Whitfield"},
    {"id": "dana-cole", "name": "Dana Cole"},
)


@pytest.mark.parametrize(
    ("text", "persona"),
    [
        ("Rehearse with Helen Marsh", "helen-marsh"),
        ("helen marsh!", "helen-marsh"),
        ("helen-marsh", "helen-marsh"),
        ("Rehearse with Helen, please", "helen-marsh"),
        ("practise a call with Dana Cole", "dana-cole"),
        ("role-play with Dana", ""),
        ("Rehearse with Helen Marsh or Dana Cole", ""),
        ("I met Helen today", ""),
        ("Marshmallows are nice", ""),
        ("", ""),
    ],
)
def test_a_customer_is_named_by_her_whole_name_or_by_part_of_it_where_a_call_is_wanted(
    text: str, persona: str
) -> None:
    assert wish_of(text, CARDS).persona == persona


@pytest.mark.parametrize("text", ["Start a call", "rehearse", "role play", "roleplay please", "practice"])
def test_a_call_is_wanted(text: str) -> None:
    assert wish_of(text, CARDS).wants_call


@pytest.mark.parametrize("text", ["We started late.", "recall the product", "What is the fee?"])
def test_no_call_is_wanted(text: str) -> None:
    assert not wish_of(text, CARDS).wants_call


def test_a_difficulty_may_be_named() -> None:
    assert wish_of("rehearse with Helen Marsh, hard", CARDS).difficulty is Difficulty.HARD
    assert wish_of("rehearse with Helen Marsh", CARDS).difficulty is Difficulty.NORMAL


@pytest.mark.parametrize("text", ["hi", "Hello!", "hey there", "Help", "good morning"])
def test_a_greeting_is_one(text: str) -> None:
    assert wish_of(text, CARDS).greets


@given(st.text())
def test_any_words_are_read_without_an_error(text: str) -> None:
    assert wish_of(text, CARDS).persona in ("", "helen-marsh", "dana-whitfield", "dana-cole")
