"""No yes without the rep's own words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.coach.evidence import supported, verified
from agents.coach.quote import LONGEST_QUOTE, quote
from agents.coach.rules import NOT_SHOWN, Finding
from agents.customer.acts import Act
from agents.customer.listening.text import read
from tests.unit.made_calls import customer, excellent_call, made_call, rep


def test_a_quote_of_the_reps_own_words_stands() -> None:
    finding = Finding(True, 4, "you left a reply card")
    assert supported(excellent_call(), finding) == finding


def test_the_customers_words_are_no_evidence() -> None:
    assert supported(excellent_call(), Finding(True, 7, "Dorothy wanted company")) == NOT_SHOWN


def test_a_quote_from_another_turn_is_no_evidence() -> None:
    assert supported(excellent_call(), Finding(True, 2, "you left a reply card")) == NOT_SHOWN


def test_a_turn_that_is_not_there_is_no_evidence() -> None:
    assert supported(excellent_call(), Finding(True, 400, "you left a reply card")) == NOT_SHOWN
    assert supported(excellent_call(), Finding(True, None, "you left a reply card")) == NOT_SHOWN


def test_a_changed_word_or_case_is_no_evidence() -> None:
    assert supported(excellent_call(), Finding(True, 4, "You left a reply card")) == NOT_SHOWN


def test_one_word_proves_nothing() -> None:
    assert supported(excellent_call(), Finding(True, 4, "you")) == NOT_SHOWN
    yes = made_call(customer("Hello?", Act.OPEN), rep("Northgate"))
    assert verified(yes, Finding(True, 2, "Northgate"))


def test_a_no_keeps_no_quote_that_was_never_said() -> None:
    assert supported(excellent_call(), Finding(False, 4, "sign today or lose it")) == NOT_SHOWN


@given(n=st.integers(-2, 40), said=st.text(max_size=40), met=st.booleans())
def test_a_quote_that_is_not_in_the_turn_never_survives(n: int, said: str, *, met: bool) -> None:
    call = excellent_call()
    finding = supported(call, Finding(met, n, said))
    if finding.quote is not None:
        turn = call.turn(n)
        assert turn is not None
        assert turn.speaker == "rep"
        assert finding.quote in turn.text
    elif finding.met:
        raise AssertionError("a yes without a quote")


@given(st.text(max_size=400))
def test_any_sentence_as_heard_is_quoted_as_it_stands(text: str) -> None:
    for sentence in read(text).sentences:
        said = quote(text, sentence)
        assert said in text
        assert len(said) <= LONGEST_QUOTE


def test_quotes_keep_the_typography_that_listening_takes_away() -> None:
    text = "Good day.  It’s Sam\u200b, from “Northgate”. Is this a bad moment?"
    heard = read(text).sentences[1]
    assert heard == 'It\'s Sam, from "Northgate".'
    assert quote(text, heard) == "It’s Sam\u200b, from “Northgate”."


def test_half_a_sentence_is_quoted_whole() -> None:
    text = "Thank you. Does he ring you, or is it up to you? I see."
    assert quote(text, "or is it up to you?") == "Does he ring you, or is it up to you?"
