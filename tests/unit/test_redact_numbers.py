"""Numbers as people read them out, and what stands in for them; no package beyond ours is needed for it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from finetune.redact.check_digits import is_card, is_cnpj, is_cpf
from finetune.redact.lexicon import lexicon, names, plain
from finetune.redact.numbers import read_runs
from finetune.redact.spelled import find_spelled, find_spoken_mail

pytest.importorskip("stdnum", reason="the packages for calls are not installed: make test installs them")

from finetune.redact.surrogates import Hash, are_surrogate, digits_for, pool_words


def digits(text: str, language: str) -> list[str]:
    return [run.digits for run in read_runs(plain(text), lexicon(language))]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("oh seven seven one two", ["07712"]),
        ("double two five nine, triple four", ["2259444"]),
        ("forty two, twenty-one", ["4221"]),
        ("one hundred and twenty three dot four", ["1234"]),
        ("07712 645 118", ["07712645118"]),
        ("seven seven, er, dash nine", ["779"]),
        ("nine four\nok, go on\nthree one", ["9431"]),
        ("nine four\nnine four\nthree one", ["9431", "94"]),
        ("nine four\nThat is a lot.\nthree one", ["94", "31"]),
    ],
)
def test_digits_are_read_as_they_are_said(said: str, read: list[str]) -> None:
    assert digits(said, "en") == read


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("um dois três, quatro cinco meia", ["123456"]),
        ("cento e vinte e três ponto quatrocentos e cinquenta e seis", ["123456"]),
        ("zero nove traço duzentos", ["09200"]),
        ("trinta e dois setenta e um dígito sete", ["32717"]),
    ],
)
def test_digits_are_read_as_they_are_said_in_portuguese(said: str, read: list[str]) -> None:
    assert digits(said, "pt") == read


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "fifteen thousand dollars, 40 seats, £1,250, 12%, 3/4/2026, 10:30, three months"),
        ("pt", "dois mil e quinhentos reais, R$ 1.890,00, 15%, 30 usuários, 14h30, em 12 vezes"),
    ],
)
def test_what_counts_something_is_no_number_of_anybody(language: str, said: str) -> None:
    assert digits(said, language) == []


@given(
    st.text("0123456789", min_size=1, max_size=18),
    st.sampled_from(["phone", "card", "account", "tax_number"]),
)
def test_what_stands_in_for_a_number_is_as_long_reserved_and_the_same_again(number: str, kind: str) -> None:
    for language in ("en", "pt"):
        made = digits_for(kind, number, language, Hash(1))
        assert len(made) == len(number)
        assert are_surrogate(made)
        assert made == digits_for(kind, number, language, Hash("1"))


@given(st.text("0123456789", min_size=10, max_size=18))
def test_what_stands_in_for_a_long_number_is_never_the_number(number: str) -> None:
    assume(not are_surrogate(number))
    assert digits_for("account", number, "en", Hash(1)) != number


def test_check_digits_tell_right_numbers_from_wrong_ones() -> None:
    assert is_cpf("52998224725")
    assert not is_cpf("52998224726")
    assert not is_cpf("11111111111")
    assert is_cnpj("11222333000181")
    assert not is_cnpj("11222333000182")
    assert is_card("4539148803436467")
    assert not is_card("4539148803436468")


def test_no_name_that_stands_in_is_one_that_people_commonly_have() -> None:
    assert not pool_words() & (names().first | names().surnames | names().also_words)


def test_the_words_that_are_read_are_the_words_that_are_said() -> None:
    for language in ("en", "pt"):
        words = lexicon(language)
        assert [words.digits[plain(word)] for word in words.said] == list("0123456789")


@pytest.mark.parametrize(
    ("language", "said", "word"),
    [
        ("en", "that's k-e-a-t-i-n-g", "keating"),
        ("en", "k for kilo, e for echo, r for romeo", "ker"),
        ("pt", "s de sapo, o de ovo, u de uva", "sou"),
        ("pt", "c a r l a", "carla"),
    ],
)
def test_a_word_spelled_out_is_read(language: str, said: str, word: str) -> None:
    assert [spelled.word for spelled in find_spelled(said, language, frozenset())] == [word]


def test_abbreviations_are_not_somebody_being_spelled() -> None:
    assert not list(find_spelled("our c-r-m and the s-a-a-s", "en", frozenset()))


@pytest.mark.parametrize(
    ("language", "said", "local", "domain"),
    [
        ("pt", "meu e-mail e carla ponto dias arroba gmail ponto com", "carla ponto dias", "gmail.com"),
        ("en", "my email is j smith eighty two at outlook dot com", "j smith eighty two", "outlook.com"),
        (
            "en",
            "it's priya dot natarajan at brightloom dot co dot uk",
            "priya dot natarajan",
            "brightloom.co.uk",
        ),
    ],
)
def test_a_mail_address_said_aloud_is_read(language: str, said: str, local: str, domain: str) -> None:
    (mail,) = find_spoken_mail(said, language, frozenset())
    assert (mail.local, mail.domain) == (local, domain)
