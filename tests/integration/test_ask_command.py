"""`salesmate ask` as scripts and people use it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.copilot.cli import ask
from ingestion.settings import Settings

pytest_plugins = ("tests.integration.sample_knowledge",)

QUESTION = "How long does an ISA transfer take?"


@pytest.fixture
def known(home: Path, sample_index: Path) -> Path:
    """A home folder in which the sample documents have been read."""
    home.mkdir()
    with (
        closing(sqlite3.connect(sample_index)) as made,
        closing(sqlite3.connect(Settings().knowledge_file)) as ours,
    ):
        made.backup(ours)
    return home


def test_json_is_one_object_and_nothing_else(known: Path) -> None:
    result = CliRunner().invoke(ask, [QUESTION, "--json", "--collection", "northgate"])
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["answered"]
    assert "15 working days" in answer["answer"]
    assert known.exists()


@pytest.mark.usefixtures("known")
def test_a_person_reads_the_answer_and_then_its_sources() -> None:
    lines = CliRunner().invoke(ask, [QUESTION]).stdout.splitlines()
    assert "15 working days" in lines[0]
    assert lines[2].lstrip().startswith("[1] Transfers policy, page 1")


@pytest.mark.usefixtures("known")
def test_a_refusal_is_an_answer_and_names_the_nearest_documents() -> None:
    result = CliRunner().invoke(ask, ["What is the office dress code?"])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == "Nearest documents:"


@pytest.mark.usefixtures("known")
def test_an_unknown_collection_is_a_failure_in_one_line() -> None:
    result = CliRunner().invoke(ask, [QUESTION, "--collection", "loomstak"])
    assert result.exit_code == 1
    assert "Did you mean 'loomstack'?" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_empty_question_is_a_usage_error() -> None:
    assert CliRunner().invoke(ask, ["  "]).exit_code == 2


def test_a_damaged_index_is_a_failure_in_one_line(home: Path) -> None:
    home.mkdir()
    Settings().knowledge_file.write_bytes(b"damaged" * 500)
    result = CliRunner().invoke(ask, [QUESTION])
    assert result.exit_code == 1
    assert "move it away" in result.stderr


def test_a_setting_out_of_range_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_ALPHA", "7")
    result = CliRunner().invoke(ask, [QUESTION])
    assert result.exit_code == 1
    assert "SALESMATE_ALPHA" in result.stderr
