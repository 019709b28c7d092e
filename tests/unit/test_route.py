"""Who a message is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.route import Intent, intent_of, question_in


@pytest.mark.parametrize(
    "text",
    ["", "Hello?", "What does your copilot do?", "Copilot is what my brother flies.", "Is it me you want? ?"],
)
def test_plain_words_are_for_the_customer(text: str) -> None:
    assert intent_of(text) is Intent.SAY


@pytest.mark.parametrize(
    "text", ["?what is the fee", "? what is the fee", "copilot, what is the fee", "/copilot what is the fee"]
)
def test_a_question_mark_or_the_name_in_front_is_for_the_copilot(text: str) -> None:
    assert intent_of(text) is Intent.ASK
    assert question_in(text) == "what is the fee"


@pytest.mark.parametrize("text", ["?", " ? ", "??", "copilot,", "/copilot"])
def test_a_question_mark_alone_asks_for_a_hint(text: str) -> None:
    assert intent_of(text) is Intent.HINT


@given(st.text())
def test_every_text_is_for_somebody(text: str) -> None:
    assert intent_of(text) in (Intent.SAY, Intent.ASK, Intent.HINT)
