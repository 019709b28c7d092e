"""Long text is cut where it hurts least, and nothing of it is lost."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.slack.limits import size
from bot.slack.splitting import clipped, pieces
from tests.unit.hostile_text import TEXT

ROOMS = st.integers(12, 400)
LONG = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LONG
@given(TEXT, ROOMS)
def test_pieces_fit_and_together_are_the_text(text: str, room: int) -> None:
    cut = list(pieces(text, room))
    assert all(0 < size(piece) <= room for piece in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


@LONG
@given(TEXT, ROOMS)
def test_what_is_clipped_fits_and_begins_like_the_text(text: str, room: int) -> None:
    short = clipped(text, room)
    assert size(short) <= room
    assert short == text.strip() or text.strip().startswith(short.removesuffix(" …"))


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("One two.\n\nThree four five.", 20, ["One two.", "Three four five."]),
        ("One two\nThree four five", 18, ["One two", "Three four five"]),
        ("One two. Three four five.", 18, ["One two.", "Three four five."]),
        ("one two three four", 10, ["one two", "three four"]),
        ("onetwothree", 6, ["onetwo", "three"]),
    ],
)
def test_it_cuts_between_paragraphs_lines_sentences_words_letters(
    text: str, room: int, cut: list[str]
) -> None:
    assert list(pieces(text, room)) == cut


def test_a_citation_stays_with_its_sentence() -> None:
    text = "The fee is 2 %. [1][2] It falls later. [3]"
    assert list(pieces(text, 26)) == ["The fee is 2 %. [1][2]", "It falls later. [3]"]


@given(st.integers(0, 40))
def test_a_citation_mark_is_not_cut_through(before: int) -> None:
    cut = list(pieces("x" * before + "[12]" + "y" * 40, 20))
    assert any("[12]" in piece for piece in cut)


@pytest.mark.parametrize("letter", ["e\u0301", "👍🏽", "👩‍👩‍👧", "🇬🇧", "각"])
@pytest.mark.parametrize("before", range(12))
def test_what_is_seen_as_one_letter_stays_whole(letter: str, before: int) -> None:
    text = "x" * before + letter * 20
    for piece in pieces(text, 24):
        rest = piece.lstrip("x")
        assert rest == letter * (len(rest) // len(letter))


def test_a_heap_of_marks_is_cut_all_the_same() -> None:
    assert all(size(piece) <= 100 for piece in pieces("e" + "\u0301" * 5_000, 100))


@pytest.mark.parametrize("letter", ["&", "<", ">"])
def test_an_escape_counts_in_full_and_is_never_cut(letter: str) -> None:
    assert next(len(piece) for piece in pieces(letter * 10, 20)) == 20 // size(letter)


def test_a_very_long_text_takes_no_time() -> None:
    assert sum(map(len, pieces("word " * 100_000, 3_000))) > 400_000


@pytest.mark.parametrize("filling", [" ", "\n", " \n", ". ", "\u00a0"])
def test_what_is_filled_with_blanks_costs_no_more_than_other_text(filling: str) -> None:
    text = "a" + filling * 40_000 + "[1"
    began = time.perf_counter()
    assert "".join("".join(pieces(text, 3_000)).split()) == "".join(text.split())
    assert time.perf_counter() - began < 10  # tried again from each blank, it took half a minute
