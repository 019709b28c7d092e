"""Beside a call: asking the copilot, a hint, and saying what one thinks of an answer."""

from __future__ import annotations

from tests.e2e.machine import Machine


def test_an_answer_can_be_judged_and_nothing_can_be_judged_before_there_is_one(machine: Machine) -> None:
    lines = "/good\n?How long does an ISA transfer take?\n/good\n?\n/bad\n/end\n"
    ran = machine.chat(lines, "--json")
    assert ran.code == 0, ran.complaint
    (asked,), (hinted,) = ran.of("copilot"), ran.of("hint")
    assert asked["answered"]
    assert [(event["id"], event["verdict"]) for event in ran.of("feedback")] == [
        (asked["id"], "helpful"),
        (hinted["id"], "unhelpful"),
    ]
    assert "has not answered anything yet" in ran.complaint


def test_the_verdict_is_confirmed_in_plain_words(machine: Machine) -> None:
    ran = machine.chat("?How long does an ISA transfer take?\n/bad\n/end\n")
    assert "Noted: the copilot's answer did not help." in ran.text
