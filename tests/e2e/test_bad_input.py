"""Whatever is pasted, typed or configured: the call goes on, or one line says what to do."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.machine import Machine, Ran


def complains(ran: Ran, code: int) -> str:
    """The one line on stderr of a command that failed with that code."""
    assert ran.code == code
    assert ran.out == b""
    (line,) = ran.complaint.splitlines()
    assert line.startswith("salesmate: ")
    return line


def test_bytes_that_are_no_text_and_controls_do_not_reach_the_terminal(machine: Machine) -> None:
    hostile = b"\xff\xfe caf\xe9 \x00\x07 \x1b[31mred\x1b]0;title\x07 \xc2\x9b2J \xe2\x80\xae abc\r\n"
    plain = machine.chat(hostile)
    assert plain.code == 0
    printed = plain.text.replace("\n", "")
    assert not [char for char in printed if ord(char) < 32 or 127 <= ord(char) < 160 or char == "\u202e"]
    assert "red" in plain.text
    as_json = machine.chat(hostile, "--json")
    assert len(as_json.out.decode().splitlines()) == len(as_json.events)
    rep = next(turn for turn in as_json.of("turn") if turn["speaker"] == "rep")
    assert "\x1b[31mred" in rep["text"]  # data is data; only its printing is made safe
    assert b"\x1b" not in as_json.out


def test_a_pasted_megabyte_is_one_turn(machine: Machine) -> None:
    page = "Northgate Wealth offers a Second Look. " * 26_900
    ran = machine.chat(f"{page}\nSorry about that.\n", "--json")
    assert ran.code == 0
    said = [turn["text"] for turn in ran.of("turn") if turn["speaker"] == "rep"]
    assert len(said[0]) > 1_000_000
    assert max(turn["ms"] for turn in ran.of("turn")) < 30_000
    assert "(1," in machine.chat(page).text  # shortened where a person reads it


def test_other_scripts_and_emoji_come_back_unchanged(machine: Machine) -> None:
    said = ["مرحبا، كيف حالك؟", "👩‍👩‍👧‍👦 👍🏽", "日本語のテキスト", "e\u0301 \u2028 line"]
    ran = machine.chat("\n".join(said), "--json")
    assert [turn["text"] for turn in ran.of("turn") if turn["speaker"] == "rep"] == said


def test_an_unknown_persona_suggests_the_nearest(machine: Machine) -> None:
    ran = machine.run("chat", "--persona", "helen-mash\x1b[31m")
    assert "Did you mean 'helen-marsh'?" in complains(ran, 2)
    assert "\x1b" not in ran.complaint


@pytest.mark.parametrize(
    "options",
    [("--difficulty", "brutal"), ("--seed", "x"), ("--seed", "1" * 30), ("--nonsense",), ("more", "words")],
)
def test_a_wrong_option_is_one_line_and_exit_2(machine: Machine, options: tuple[str, ...]) -> None:
    complains(machine.run("chat", *options), 2)


def test_a_file_that_is_no_database(machine: Machine, tmp_path: Path) -> None:
    junk = tmp_path / "junk.sqlite"
    junk.write_bytes(b"not a database at all" * 100)
    assert "junk.sqlite" in complains(machine.run("chat", "--json", "--db", str(junk)), 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    machine = Machine(folder / "home", {"SALESMATE_HOME": str(folder / "other")})
    folder.chmod(0o500)
    try:
        assert "cannot be written" in complains(machine.run("chat", "--json"), 1)
    finally:
        folder.chmod(0o700)


def test_a_folder_where_nothing_can_be_made(machine: Machine) -> None:
    ran = machine.run("chat", "--json", SALESMATE_HOME="/proc/salesmate")
    assert "cannot be written" in complains(ran, 1)


def test_a_database_of_a_newer_salesmate_is_left_alone(machine: Machine) -> None:
    assert machine.run("db", "upgrade").code == 0
    with closing(sqlite3.connect(machine.home / "salesmate.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    assert "newer" in complains(machine.run("chat", "--json"), 1)


def test_a_server_that_is_not_there_is_named_without_its_password(machine: Machine) -> None:
    ran = machine.run("chat", "--json", "--db", "postgresql://sam:secret@127.0.0.1:9/calls")
    assert "secret" not in complains(ran, 1)


def test_the_address_of_the_database_may_lie_in_a_file(machine: Machine, tmp_path: Path) -> None:
    address = tmp_path / "address"
    address.write_text(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}\n")
    assert machine.run("transcripts", "list", SALESMATE_DATABASE_URL_FILE=str(address)).code == 0
    assert (tmp_path / "elsewhere.sqlite").exists()
    missing = machine.run("transcripts", "list", SALESMATE_DATABASE_URL_FILE=str(tmp_path / "nowhere"))
    assert "SALESMATE_DATABASE_URL_FILE" in complains(missing, 1)


def test_a_setting_that_cannot_be_used_is_named(machine: Machine) -> None:
    assert "SALESMATE_ALPHA" in complains(machine.run("transcripts", "list", SALESMATE_ALPHA="much"), 1)


def test_a_reader_who_goes_away_is_no_error_worth_a_trace(machine: Machine) -> None:
    with machine.start("chat", "--json") as call:
        assert call.stdin
        assert call.stdout
        call.stdout.readline()
        call.stdout.close()
        call.stdin.write(b"Hello?\n" * 5)
        call.stdin.close()
        assert call.wait(60) == 1
