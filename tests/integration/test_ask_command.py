"""`salesmate ask` as scripts and people use it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.copilot.cli import ask
from agents.copilot.hint_cli import hint
from agents.records.database import open_database
from agents.records.entries import Question
from agents.records.store import Records
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


def history_file(folder: Path, talk: object) -> str:
    path = folder / "talk.json"
    path.write_text(talk if isinstance(talk, str) else json.dumps(talk), encoding="utf-8")
    return str(path)


@pytest.mark.usefixtures("known")
def test_a_follow_up_is_understood_from_the_history(tmp_path: Path) -> None:
    talk = [
        {"role": "user", "text": "How long does an ISA transfer take?"},
        {"role": "assistant", "text": "15 working days [1]."},
    ]
    result = CliRunner().invoke(
        ask, ["and what does it cost?", "--json", "--history", history_file(tmp_path, talk)]
    )
    assert json.loads(result.stdout)["queries"] == ["what does the ISA transfer cost?"]
    piped = CliRunner().invoke(ask, ["and what does it cost?", "--json", "--history", "-"], json.dumps(talk))
    assert json.loads(piped.stdout)["queries"] == json.loads(result.stdout)["queries"]


@pytest.mark.parametrize(
    ("talk", "says"),
    [
        ("{", "not JSON"),
        ({"turns": []}, "It is not as agreed"),
        ([{"role": "boss", "text": "Hi"}], "[0].role is no role we know. Roles: rep, "),
        ([{"role": "rep"}], "[0].text is not as agreed"),
        ([{"role": "rep", "text": 7}], "[0].text is not as agreed"),
    ],
)
def test_a_history_that_is_none_is_a_usage_error_in_one_line(tmp_path: Path, talk: object, says: str) -> None:
    result = CliRunner().invoke(ask, [QUESTION, "--history", history_file(tmp_path, talk)])
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_history_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(ask, [QUESTION, "--history", str(tmp_path / "none.json")])
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


async def asked_before(home: Path) -> list[Question]:
    database = await open_database(str(home / "salesmate.sqlite"))
    try:
        return await Records(database).questions()
    finally:
        await database.close()


def test_what_was_asked_and_answered_is_kept_for_its_user(known: Path) -> None:
    CliRunner().invoke(ask, [QUESTION, "--collection", "northgate"])
    CliRunner().invoke(hint, ["--collection", "northgate"], call("How long does an ISA transfer take?"))
    hinted, asked = asyncio.run(asked_before(known))
    assert (asked.question, asked.answered) == (QUESTION, True)
    assert (hinted.question, hinted.queries) == ("?", ("How long does an ISA transfer take?",))


@pytest.mark.usefixtures("known")
def test_a_broken_database_does_not_cost_the_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SALESMATE_DATABASE_URL", f"sqlite:///{tmp_path}")
    result = CliRunner().invoke(ask, [QUESTION, "--json", "--collection", "northgate"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["answered"]


def call(*customer: str) -> str:
    return json.dumps({"turns": [{"role": "customer", "text": text} for text in customer]})


@pytest.mark.usefixtures("known")
def test_a_hint_answers_what_the_customer_asked_last() -> None:
    result = CliRunner().invoke(
        hint,
        ["--json", "--collection", "northgate"],
        call("Nice day.", "How long does an ISA transfer take?"),
    )
    notes = json.loads(result.stdout)["notes"]
    assert "15 working days" in notes[0]["text"]
    assert notes[0]["citations"][0]["document"] == "transfers-policy.md"


@pytest.mark.usefixtures("known")
def test_there_is_no_hint_on_small_talk() -> None:
    said = call("How long does an ISA transfer take?", "Lovely. And how was your weekend?")
    assert json.loads(CliRunner().invoke(hint, ["--json"], said).stdout) == {"notes": []}
    assert CliRunner().invoke(hint, [], said).stdout == "Nothing in the documents bears on that.\n"


@pytest.mark.parametrize("text", ["", "[]", '{"turns": [{"role": "nobody", "text": "Hi"}]}', '{"turns": 1}'])
def test_what_is_no_call_is_a_usage_error(text: str) -> None:
    result = CliRunner().invoke(hint, ["--json"], text)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.usefixtures("known")
def test_a_group_sees_what_everybody_sees_and_its_own() -> None:
    result = CliRunner().invoke(ask, [QUESTION, "--json", "--audience", "sales"])
    assert json.loads(result.stdout)["answered"]


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
