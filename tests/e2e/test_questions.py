"""What was asked can be listed, and what helped becomes an evaluation set."""

from __future__ import annotations

import json
from pathlib import Path

from agents.evals.question_set import load_set
from tests.e2e.machine import Machine


def test_what_helped_becomes_a_set_of_questions(machine: Machine, tmp_path: Path) -> None:
    machine.chat("?How long does an ISA transfer take?\n/good\n?Who won the cup final?\n/end\n")
    listed = json.loads(machine.run("questions", "--json").text)
    assert [one["feedback"] for one in listed] == [None, "helpful"]
    kept = tmp_path / "set.jsonl"
    kept.write_bytes(machine.run("questions", "--jsonl").out)
    (case,) = load_set(kept)
    assert case.question == "How long does an ISA transfer take?"
    assert [(place.document, place.page) for place in case.gold] == [("transfers-policy.md", 1)]
    assert "helpful" in machine.run("questions").text


def test_before_anything_was_asked_it_says_how_to(machine: Machine) -> None:
    assert "salesmate ask" in machine.run("questions").text
