"""What is printed cannot steer a terminal."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.neutral import neutral, one_line
from bot.terminal.plain import json_line

STEERING = ["\x1b[31m", "\x1b]0;t\x07", "\x9b2J", "\u202e", "\r", "\x1bP", "\ud800"]
HOSTILE = st.lists(st.one_of(st.text(), st.sampled_from(STEERING))).map("".join)


@given(HOSTILE)
def test_nothing_is_left_that_a_terminal_would_obey(text: str) -> None:
    shown = neutral(text)
    assert not [char for char in shown if char != "\n" and (ord(char) < 32 or 127 <= ord(char) < 160)]
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(shown)
    shown.encode("utf-8")


@given(HOSTILE)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@given(st.text(st.characters(categories=("L", "N", "P", "S", "M"))))
def test_letters_digits_marks_and_emoji_are_left_alone(text: str) -> None:
    assert neutral(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never closed", "\ufffd]0;never closed"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("bell\x07", "bell\ufffd"),
        ("مرحبا 👩‍👩‍👧‍👦", "مرحبا 👩‍👩‍👧‍👦"),
    ],
)
def test_sequences_go_and_words_stay(text: str, shown: str) -> None:
    assert neutral(text) == shown


@given(HOSTILE)
def test_a_json_line_is_one_line_that_says_the_same(text: str) -> None:
    line = json_line({"text": text})
    assert len(line.splitlines()) == 1
    assert not [char for char in line if ord(char) < 32 or 127 <= ord(char) < 160]
    assert json.loads(line) == {"text": text}


def test_beginnings_that_are_never_closed_cost_no_more_than_other_text() -> None:
    for opened in ("\x9d", "\x90", "\x1b]", "\x1b[0;", "\x9d\x1b"):
        began = time.perf_counter()
        neutral(opened * 20_000)
        assert time.perf_counter() - began < 10  # looked at again from each beginning, it took half a minute
