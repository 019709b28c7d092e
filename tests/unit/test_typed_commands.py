"""What a typed line means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.terminal.commands import Ask, Command, Mistyped, Plain, Retry, Say, parse, parse_after


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Good morning.", Say("Good morning.")),
        ("", Say("")),
        ("What is your fee?", Say("What is your fee?")),
        ("/ month is what we charge", Say("/ month is what we charge")),
        ("/1 or /2 of it", Say("/1 or /2 of it")),
        ("?", Plain("hint")),
        ("/hint", Plain("hint")),
        ("/copilot", Plain("hint")),
        ("?what is the fee", Ask("what is the fee")),
        ("/copilot what is the fee", Ask("what is the fee")),
        ("copilot, what is the fee", Ask("what is the fee")),
        ("/END", Plain("end")),
        ("  /help  ", Plain("help")),
        ("/retry 4", Retry(4)),
        ("/retry turn 4", Retry(4)),
        ("/retry", Retry(None)),
    ],
)
def test_words_are_for_the_customer_and_commands_for_us(typed: str, meant: Command) -> None:
    assert parse(typed) == meant


@pytest.mark.parametrize(
    ("typed", "says"), [("/rety 3", "/retry"), ("/zzz", "/help"), ("/retry x", "/retry N")]
)
def test_a_mistyped_command_is_explained_and_not_said(typed: str, says: str) -> None:
    meant = parse(typed)
    assert isinstance(meant, Mistyped)
    assert says in meant.sentence


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("4", Retry(4)),
        ("retry 4", Retry(4)),
        ("r 4", Retry(4)),
        ("n", Plain("new")),
        ("q", Plain("quit")),
        ("/quit", Plain("quit")),
        ("", Say("")),
        ("nobody", Say("nobody")),
        ("?what is the fee", Ask("what is the fee")),
    ],
)
def test_after_a_call_a_letter_is_enough(typed: str, meant: Command) -> None:
    assert parse_after(typed) == meant


@given(st.text())
def test_any_text_means_something(text: str) -> None:
    assert isinstance(parse(text), Command)
    assert isinstance(parse_after(text), Command)
