"""`salesmate transcripts`: the calls of a rep, listed, read and exported."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.e2e.machine import Machine

LINES = "Good afternoon, Mrs Marsh, it is Sam from Northgate.\n=1+1 \x1b[31m<b>bold</b>\n\n"


@pytest.fixture(scope="module")
def called(shared_machine: Machine) -> str:
    """The id of a short call, after which another was only begun."""
    roleplay: str = shared_machine.chat(LINES, "--json").events[0]["roleplay"]
    shared_machine.chat("/quit\n", "--visibility", "manager")
    return roleplay


def test_the_list_is_newest_first_with_what_became_of_each_call(shared_machine: Machine, called: str) -> None:
    running, ended = json.loads(shared_machine.run("transcripts", "list", "--json").text)
    assert (running["status"], running["visibility"], running["score"]) == ("running", "manager", None)
    assert (ended["id"], ended["status"], ended["turns"]) == (called, "ended", 7)
    lines = shared_machine.run("transcripts", "list").text.splitlines()
    assert [line.split()[0] for line in lines] == [running["id"], called]


def test_show_reads_as_a_dialogue_with_the_verdict(shared_machine: Machine, called: str) -> None:
    text = shared_machine.run("transcripts", "show", called).text
    assert "2  You: Good afternoon, Mrs Marsh, it is Sam from Northgate." in text
    assert "6  You: (silence)" in text
    assert "4  You: =1+1 <b>bold</b>" in text
    assert "Score " in text


@pytest.mark.parametrize("form", ["json", "md", "csv", "html"])
def test_every_format_is_written_to_a_file_as_it_is_printed(
    shared_machine: Machine, called: str, form: str, tmp_path: Path
) -> None:
    file = tmp_path / f"call.{form}"
    printed = shared_machine.run("transcripts", "export", called, "--format", form)
    saved = shared_machine.run("transcripts", "export", called, "--format", form, "--output", str(file))
    assert (saved.code, saved.out) == (0, b"")
    assert file.read_bytes() == printed.out
    assert b"Northgate" in printed.out


def test_the_csv_cannot_run_as_a_formula_and_the_json_is_whole(shared_machine: Machine, called: str) -> None:
    exported_csv = shared_machine.run("transcripts", "export", called, "--format", "csv").text
    rows = list(csv.DictReader(io.StringIO(exported_csv)))
    assert rows[3]["text"].startswith("'=")
    exported = json.loads(shared_machine.run("transcripts", "show", called, "--json").text)
    assert exported["turns"][3]["text"] == "=1+1 \x1b[31m<b>bold</b>"
    assert "state" not in exported["turns"][3]


def test_an_unknown_call_and_a_folder_in_the_way_are_said_in_one_line(
    shared_machine: Machine, called: str, tmp_path: Path
) -> None:
    unknown = shared_machine.run("transcripts", "show", "rp_nobody")
    assert (unknown.code, len(unknown.complaint.splitlines())) == (1, 1)
    nowhere = str(tmp_path / "no" / "such" / "call.md")
    unwritable = shared_machine.run("transcripts", "export", called, "--output", nowhere)
    assert (unwritable.code, len(unwritable.complaint.splitlines())) == (1, 1)
    assert shared_machine.run("transcripts", "export", called, "--format", "pdf").code == 2
