"""`salesmate chat` with its lines from a file, for people: what `make demo < lines.txt` prints."""

from __future__ import annotations

import time

from tests.e2e.machine import Machine, written


def test_a_good_call_reads_as_a_dialogue_and_ends_in_a_scorecard(machine: Machine) -> None:
    ran = machine.chat(written("good"))
    assert ran.code == 0
    lines = ran.text.splitlines()
    assert lines[0] == "Helen Marsh, Retired headteacher, Private investor, Ilkley"
    assert any(line.startswith("Goal: ") for line in lines)
    assert any(line.startswith("You: Good afternoon, have I reached Mrs Marsh?") for line in lines)
    assert "Helen Marsh: Hello, yes. And you are?" in lines
    assert any("The customer agreed to the next step." in line for line in lines)
    assert any(line.startswith("Score ") and ", passed" in line for line in lines)
    assert "What to do differently" in lines
    assert not [line for line in lines if line != line.rstrip()]
    assert b"\x1b" not in ran.out


def test_without_a_persona_and_without_a_terminal_it_is_helen_marsh(machine: Machine) -> None:
    ran = machine.run("chat", lines="/end\n")
    assert ran.text.startswith("Helen Marsh")
    assert "seed" in ran.text


def test_output_is_utf8_whatever_the_locale(machine: Machine) -> None:
    said = "Guten Tag, Frau Märsch 😀 مرحبا"
    for locale in ({"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}):
        ran = machine.chat(f"{said}\n", **locale)
        assert f"You: {said}" in ran.text


def test_leaving_while_the_ears_are_still_being_loaded_is_no_crash(machine: Machine) -> None:
    (machine.home / "embeddings").unlink()  # the first call on a machine loads for seconds
    with machine.start("chat", "--persona", "tomas-berg", "--json") as call:
        assert call.stdin
        assert call.stdout
        call.stdout.readline()
        call.stdout.readline()
        time.sleep(1.5)
        call.stdin.write(b"/quit\n")
        call.stdin.close()
        assert call.wait(30) == 0


def test_help_lists_the_commands_and_costs_no_turn(machine: Machine) -> None:
    ran = machine.chat("/help\n/quit\n")
    assert "/retry N" in ran.complaint
    assert "salesmate chat --resume rp_" in ran.complaint
    assert "Score" not in ran.text
