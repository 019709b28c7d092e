"""From what is typed to what is heard: cleaning, sentences, length, language."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.customer.listening.language import is_foreign
from agents.customer.listening.text import MAX_SENTENCES, TOO_LONG_WORDS, clean, read


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "…", "...", "?!", "- - -", "\u200b\u202e", "\x00\x07"])
def test_nothing_that_could_be_heard_is_silence(text: str) -> None:
    assert read(text).silence


@pytest.mark.parametrize("text", ["Hello?", "no", "ok.", "7", "👍", "…hm"])
def test_one_word_is_not_silence(text: str) -> None:
    assert not read(text).silence


def test_invisible_characters_are_not_heard() -> None:
    assert clean("What\u200b do\u202e you\x00 pay\ufeff?") == "What do you pay?"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hi Helen, it's Sam. How are you?", ("Hi Helen, it's Sam.", "How are you?")),
        (
            "It's Sam from Northgate, have you got a minute?",
            ("It's Sam from Northgate", "have you got a minute?"),
        ),
        ("Is that Mr. Osei? It's 0.75 % a year.", ("Is that Mr. Osei?", "It's 0.75 % a year.")),
        ("If we did that, would you sign?", ("If we did that, would you sign?",)),
        ("It's slow; who signs it off?", ("It's slow", "who signs it off?")),
    ],
)
def test_every_act_of_a_message_gets_its_own_sentence(text: str, sentences: tuple[str, ...]) -> None:
    assert read(text).sentences == sentences


def test_a_page_is_too_long_and_only_its_ends_are_heard() -> None:
    page = " ".join(f"This is sentence number {i} of a page." for i in range(200))
    message = read(page)
    assert message.too_long
    assert len(message.sentences) == MAX_SENTENCES
    assert "number 0 " in message.sentences[0]
    assert "number 199 " in message.sentences[-1]


def test_a_long_pitch_is_not_a_page() -> None:
    assert not read("word " * 80).too_long
    assert read("word " * TOO_LONG_WORDS).too_long


@pytest.mark.parametrize(
    "megabyte", ["word " * 200_000, "é" * 1_000_000, "\u202e" * 1_000_000, "?" * 1_000_000]
)
def test_a_megabyte_is_read_in_an_instant(megabyte: str) -> None:
    began = time.perf_counter()
    read(megabyte)
    assert time.perf_counter() - began < 0.5  # measured: 20 ms; the rest is a busy machine


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    message = read(text)
    assert len(message.sentences) <= MAX_SENTENCES
    assert message.words >= 0
    assert clean(message.text) == message.text


@pytest.mark.parametrize(
    "text",
    [
        "Olá, tudo bem? Gostaria de falar sobre os seus investimentos.",
        "Quanto você paga hoje?",
        "Hola, ¿cómo está usted?",
        "Quisiera hablar con usted sobre su cuenta.",
        "Bonjour, je voudrais parler avec vous.",
        "Combien payez-vous pour votre conseiller?",
        "Guten Tag, ich möchte mit Ihnen sprechen.",
        "Wer kümmert sich bei Ihnen um die Rechnungen?",
        "Buongiorno, vorrei parlare con lei del suo conto.",
        "Quanto spende per il suo consulente?",
        "Привет, как дела?",
        "你好，我想谈谈投资",
        "مرحبا كيف حالك",
    ],
)
def test_another_language_is_noticed(text: str) -> None:
    assert is_foreign(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour Helen, it's Sam from Northgate.",
        "Ciao Helen!",
        "Is that Mr da Silva? I'm calling about the account.",
        "Am I speaking to José de la Cruz?",
        "Hello, is Frau Müller in today?",
        "Is that per annum or per month?",
        "So, no plans to move on?",
        "The café in Málaga, was it?",
        "ok",
        "Danke, that helps.",
        "Hi Søren, Łukasz gave me your name, 田中 says hello.",
    ],
)
def test_names_and_a_borrowed_greeting_are_not_another_language(text: str) -> None:
    assert not is_foreign(text, "en")


def test_a_persona_who_speaks_portuguese_finds_english_foreign() -> None:
    assert is_foreign("Hello, have you got a minute for me?", "pt")
    assert not is_foreign("Olá, você tem um minuto para mim?", "pt")
