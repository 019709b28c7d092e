"""`salesmate ingest` stopped, killed, doubled and watched, with the real embedder."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.e2e.machine import SALESMATE, Machine
from tests.e2e.papers import hits, last_line, wait_for_documents, write_many

PAPERS = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_many(tmp_path / "papers", PAPERS)


def contents(machine: Machine) -> list[dict[str, Any]]:
    """Every document as the status shows it, but for when; and what a search finds."""
    ran = machine.run("ingest", "status", "--collection", "papers", "--json")
    files = last_line(ran)["collections"][0]["files"]
    records = [{key: value for key, value in file.items() if key != "indexed_at"} for file in files]
    return records + hits(machine, "fee", "--collection", "papers", "--k", "1000")


def clean_contents(folder: Path, home: Path) -> list[dict[str, Any]]:
    clean = Machine(home)
    assert clean.run("ingest", str(folder)).code == 0
    return contents(clean)


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_finishes_its_document_says_what_it_did_and_resumes(
    machine: Machine, folder: Path, blow: signal.Signals
) -> None:
    running = machine.start("ingest", str(folder), "--json")
    wait_for_documents(machine.home, 3)
    running.send_signal(blow)
    out, _ = running.communicate()
    done = json.loads(out)
    assert running.returncode == 130
    assert 3 <= done["documents"] < PAPERS
    rest = last_line(machine.run("ingest", str(folder), "--json"))
    assert (rest["unchanged"], rest["documents"]) == (done["documents"], PAPERS - done["documents"])


def test_a_killed_run_is_finished_by_the_next(machine: Machine, folder: Path, tmp_path: Path) -> None:
    for after in (5, 15):
        running = machine.start("ingest", str(folder), "--json")
        wait_for_documents(machine.home, after)
        running.kill()
        running.communicate()
    assert last_line(machine.run("ingest", str(folder), "--json"))["unchanged"] >= 15
    assert contents(machine) == clean_contents(folder, tmp_path / "clean")


def test_two_runs_at_once_end_as_one(machine: Machine, folder: Path, tmp_path: Path) -> None:
    both = [
        subprocess.Popen(
            [SALESMATE, "ingest", str(folder), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=machine.environment,
        )
        for _ in range(2)
    ]
    said = [json.loads(one.communicate()[0]) for one in both]
    for one, words in zip(both, said, strict=True):
        # The second waits a little; on a slow machine it says who is at work instead.
        assert one.returncode == 0 or "Another run is at work" in words["failed"][0]["reason"]
    assert sum(words["documents"] for words in said) == PAPERS
    assert contents(machine) == clean_contents(folder, tmp_path / "clean")


def test_who_watches_sees_a_bar_with_rates_and_the_time_left(machine: Machine, folder: Path) -> None:
    screen = pexpect.spawn(
        SALESMATE,
        ["ingest", str(folder)],
        env={**machine.environment, "TERM": "xterm", "COLUMNS": "160"},
        dimensions=(24, 160),
        encoding="utf-8",
        timeout=60,
    )
    screen.expect(re.compile(r"\d+ of 40 documents, [\d.]+ documents/s, [\d.]+ pages/s, \d+:\d\d left"))
    screen.expect(re.compile(r"papers: 40 documents indexed"))
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0


def test_scripts_get_one_object_and_nothing_else(machine: Machine, folder: Path) -> None:
    ran = machine.run("ingest", str(folder), "--json")
    assert last_line(ran)["documents"] == PAPERS
    assert b"\x1b" not in ran.err
