"""The persona of a recorded call: like the others, telling of her manner, and without a word of hers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.customer.persona import Persona
from agents.customer.persona_rules import problems_of
from finetune.calls import CallTurn, RecordedCall
from finetune.casting import cast, casting, function_words, manner_figures, template, words_of
from tests.unit.made_recordings import recorded_calls


def call_of(*said: str, seller: str = "And what do you think?") -> RecordedCall:
    turns: list[CallTurn] = []
    for text in said:
        turns += [CallTurn(speaker="seller", text=seller), CallTurn(speaker="customer", text=text)]
    return RecordedCall(call="one", turns=tuple(turns))


TERSE = call_of("ok", "no", "not now", "bye")
TALKER = call_of(
    "Well, thank you for asking! We moved here in spring and I have been so happy with the garden since.",
    "Could you tell me how it is done? My neighbour, a careful man, says that it takes all summer.",
    "Thank you! I will talk it over with my family at the weekend, and then we shall write to you about it.",
)


def test_the_general_persona_keeps_every_rule_of_personas() -> None:
    assert problems_of(template()) == []


@given(recorded_calls())
def test_whoever_is_cast_is_a_persona_that_serving_takes(call: RecordedCall) -> None:
    assert problems_of(Persona.model_validate(cast(call).model_dump())) == []


@given(recorded_calls())
def test_the_same_call_is_always_cast_the_same(call: RecordedCall) -> None:
    assert cast(call, seed=1) == cast(call, seed=1)


def test_people_who_talk_differently_have_different_manners() -> None:
    assert cast(TERSE).private.style != cast(TALKER).private.style
    assert "few words" in cast(TERSE).private.style
    assert "polite" in cast(TALKER).private.style.lower()


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=12), min_size=1, max_size=8))
def test_her_manner_holds_no_word_of_hers(words: list[str]) -> None:
    text = " ".join(words)
    style = cast(call_of(text)).private.style
    assert not (set(words_of(style)) & set(words_of(text))) - function_words()


@pytest.mark.parametrize("manner", list(casting().manners))
def test_not_even_a_word_that_describes_her(manner: str) -> None:
    for level in casting().manners[manner]:
        for wording in level.say:
            call = call_of(*[f"{wording} {wording}"] * 3)
            style = cast(call).private.style
            if style != template().private.style:  # where every wording is hers, nothing is said of her
                assert not (set(words_of(style)) & set(words_of(wording))) - function_words()


def test_the_situation_comes_from_the_seller_alone() -> None:
    asked = call_of("Fine.", "Fine.", seller="I ring about our charity: would you like to donate?")
    told = call_of("I am with a charity, and I donate.", "My charity is the best charity.")
    assert "good cause" in cast(asked).private.situation
    assert "good cause" not in cast(told).private.situation


def test_a_call_in_another_language_says_so() -> None:
    assert "Portuguese" in cast(TERSE, language="pt").private.style
    assert "another language" in cast(TERSE, language="sv").private.style


def test_figures_of_manner_are_shares_of_her_turns() -> None:
    figures = manner_figures(["why?", "no", "Thanks a lot!", "I don't know."])
    assert figures["asking"] == 0.25
    assert figures["capitals"] == 0.5
    assert figures["stops"] == 0.25
    assert figures["excited"] == 0.25
    assert figures["polite"] == 0.25
    assert manner_figures(["…"]) == {}


@pytest.mark.parametrize(
    ("first_words", "name"),
    [
        ("Hello, is that Karen Whitlock?", "Karen Whitlock"),
        ("Hi Jordan, it's Mel from Forge Gym.", "Jordan"),
        ("Mr Petrov, good morning, it's Amelia.", "Mr Petrov"),
        ("Am I through to Ms Duarte?", "Ms Duarte"),
    ],
)
def test_she_has_the_name_that_the_seller_calls_her_by(first_words: str, name: str) -> None:
    turns = (CallTurn(speaker="seller", text=first_words), CallTurn(speaker="customer", text="Yes."))
    assert cast(RecordedCall(call="a", turns=turns)).name == name


@pytest.mark.parametrize("first_words", ["Hi there, is this the canteen?", "Hello sir.", "Hello, it's Wes."])
def test_where_she_is_not_called_by_name_one_is_drawn(first_words: str) -> None:
    turns = (CallTurn(speaker="seller", text=first_words), CallTurn(speaker="customer", text="Yes."))
    assert cast(RecordedCall(call="a", turns=turns)).name in casting().names
