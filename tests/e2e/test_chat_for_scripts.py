"""`salesmate chat --json`, as others script against it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.machine import Machine, Ran, written

pytest_plugins = ("tests.integration.sample_knowledge",)


@pytest.fixture(scope="module")
def won(shared_machine: Machine) -> Ran:
    """A good call, with lines after the customer's goodbye."""
    return shared_machine.chat(written("good") + "Are you still there?\n/copilot what now?\n", "--json")


def test_a_call_is_json_lines_from_started_to_scorecard(won: Ran) -> None:
    assert won.code == 0
    kinds = [event["event"] for event in won.events]
    assert kinds[0] == "started"
    assert kinds[-2:] == ["ended", "scorecard"]
    assert set(kinds[1:-2]) == {"turn"}
    assert b"\x1b" not in won.out
    assert won.err == b""


def test_started_names_the_call_its_dice_and_the_public_half_of_the_customer(won: Ran) -> None:
    started = won.events[0]
    assert started["roleplay"].startswith("rp_")
    assert (started["speaker"], started["seed"], started["difficulty"]) == ("scripted", 7, "normal")
    assert started["persona"]["id"] == "helen-marsh"
    assert not {"facts", "objections", "private", "win", "dials"} & started["persona"].keys()
    assert "Dorothy" not in json.dumps(started)


def test_turns_are_numbered_and_alternate_from_the_customers_opening(won: Ran) -> None:
    turns = won.of("turn")
    assert [turn["n"] for turn in turns] == list(range(1, len(turns) + 1))
    assert [turn["speaker"] for turn in turns] == ["customer", "rep"] * (len(turns) // 2) + ["customer"]
    assert all(turn["ms"] >= 0 and turn["text"] for turn in turns)


def test_a_good_call_is_won(won: Ran) -> None:
    assert won.of("ended") == [
        {"event": "ended", "by": "customer", "reason": "satisfied", "outcome": "agreed"}
    ]
    card = won.of("scorecard")[0]
    assert card["passed"]
    assert 70 <= card["score"] <= 100


def test_lines_after_the_customers_goodbye_are_ignored(won: Ran) -> None:
    assert "Are you still there?" not in won.text
    assert not won.of("copilot")


def test_the_scorecard_quotes_the_reps_own_words_and_tells_what_stayed_hidden(won: Ran) -> None:
    card = won.of("scorecard")[0]
    said = {turn["n"]: turn["text"] for turn in won.of("turn") if turn["speaker"] == "rep"}
    assert {"id", "met", "turn", "quote"} <= card["checks"][0].keys()
    assert all(check["quote"] in said[check["turn"]] for check in card["checks"] if check["quote"])
    assert card["facts"].keys() == {"opened", "hidden"}
    assert "talk_share" in card["measures"]
    assert len(card["feedback"]["fixes"]) <= 2
    assert card["feedback"]["strength"]["text"]


def test_the_same_seed_and_lines_are_the_same_call(won: Ran, machine: Machine) -> None:
    # Of another order of every set, too.
    again = machine.chat(written("good"), "--json", PYTHONHASHSEED="7")
    assert [turn["text"] for turn in again.of("turn")] == [turn["text"] for turn in won.of("turn")]


def test_an_empty_line_is_silence_and_silence_is_hung_up_on(machine: Machine) -> None:
    ran = machine.chat(written("silent"), "--json")
    assert {turn["text"] for turn in ran.of("turn") if turn["speaker"] == "rep"} == {""}
    assert ran.of("ended")[0]["outcome"] == "hung_up"
    assert ran.of("scorecard")[0]["score"] < 20


@pytest.mark.parametrize("call", ["rude", "pushy"])
def test_a_rude_or_pushy_rep_is_left(machine: Machine, call: str) -> None:
    ran = machine.chat(written(call), "--json")
    assert ran.of("ended")[0]["by"] == "customer"
    assert ran.of("ended")[0]["outcome"] in ("hung_up", "no_sale")
    assert not ran.of("scorecard")[0]["passed"]


def test_the_end_of_input_ends_the_call_without_a_last_line_end(machine: Machine) -> None:
    ran = machine.chat("Good afternoon, Mrs Marsh.\r\nIt is Sam Carter from Northgate Wealth.", "--json")
    said = [turn["text"] for turn in ran.of("turn") if turn["speaker"] == "rep"]
    assert said == ["Good afternoon, Mrs Marsh.", "It is Sam Carter from Northgate Wealth."]
    assert ran.of("ended")[0]["by"] == "rep"
    assert ran.of("scorecard")


def test_no_input_at_all_still_ends_in_a_scorecard(machine: Machine) -> None:
    ran = machine.chat("", "--json")
    assert [event["event"] for event in ran.events] == ["started", "turn", "ended", "scorecard"]
    assert ran.of("scorecard")[0]["score"] == 0


def test_every_event_is_there_before_the_next_line_is_read(machine: Machine) -> None:
    with machine.start("chat", "--persona", "helen-marsh", "--json") as call:
        assert call.stdin
        assert call.stdout
        assert json.loads(call.stdout.readline())["event"] == "started"
        assert json.loads(call.stdout.readline())["speaker"] == "customer"
        for line in (b"Good afternoon, Mrs Marsh.\n", b"\n"):
            call.stdin.write(line)
            call.stdin.flush()
            assert json.loads(call.stdout.readline())["speaker"] == "rep"
            assert json.loads(call.stdout.readline())["speaker"] == "customer"
        call.stdin.close()
        assert json.loads(call.stdout.readline())["event"] == "ended"
        assert json.loads(call.stdout.readline())["event"] == "scorecard"
        assert call.wait(30) == 0


def test_the_copilot_answers_in_a_call_and_the_customer_hears_none_of_it(
    machine: Machine, sample_index: Path
) -> None:
    with (
        closing(sqlite3.connect(sample_index)) as made,
        closing(sqlite3.connect(machine.home / "knowledge.sqlite")) as ours,
    ):
        made.backup(ours)
    lines = (
        "?How long does an ISA transfer take?\n/copilot How long does an ISA transfer take?\n/hint\n?\n/end\n"
    )
    ran = machine.chat(lines, "--json")
    first, second = ran.of("copilot")
    assert "15 working days" in first["answer"]
    assert first["citations"][0]["quote"]
    assert second["answer"] == first["answer"]
    assert len(ran.of("hint")) == 2
    assert len(ran.of("turn")) == 1


def test_retry_in_a_pipe_goes_on_as_a_new_call_from_that_turn(machine: Machine) -> None:
    ran = machine.chat("Hello?\nMy name is Sam.\n/retry 3\n/retry 4\nI am with Northgate.\n", "--json")
    first, second = ran.of("started")
    assert (second["resumed"], second["turns"]) == (True, 3)
    assert second["roleplay"] != first["roleplay"]
    assert [turn["n"] for turn in ran.of("turn")] == [1, 2, 3, 4, 5, 4, 5]
    assert "2, 4" in ran.complaint  # turn 3 was the customer's
    assert len(ran.of("ended")) == 1


def test_a_command_that_does_not_exist_is_not_said_to_the_customer(machine: Machine) -> None:
    ran = machine.chat("/hnt\n/ month is what we charge\n/end\nmore\n", "--json")
    assert "Did you mean /hint?" in ran.complaint
    said = [turn["text"] for turn in ran.of("turn") if turn["speaker"] == "rep"]
    assert said == ["/ month is what we charge"]
