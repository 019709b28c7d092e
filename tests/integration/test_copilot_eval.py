"""`salesmate eval copilot` over a folder of documents and a set of questions of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.copilot.desk import Desk
from agents.evals.cli import evaluate
from agents.evals.copilot_figures import CopilotFigures, figures_of
from agents.evals.copilot_run import ask_all
from agents.evals.question_set import load_set
from ingestion.embed import default_embedder
from ingestion.index.embedded import EmbeddedIndex
from ingestion.search import Search
from tests.integration.sample_knowledge import CARRIER, PAPERS
from tests.proofs import FULL, takes_long

pytest_plugins = ("tests.integration.sample_knowledge",)

EVERY = 1 if FULL else 3
"""Each third question unless all are proved: the sets are sorted by kind, so each kind keeps its share."""
REPORT = Path(__file__).parents[1] / "data" / "copilot" / "report.jsonl"

PRICES = """# Prices

## Hire

| Item | Per day |
|---|---|
| Cement mixer | £24 |
| Floor sander | £31 |

The deposit on a cement mixer is £60.
"""
QUESTIONS: list[dict[str, object]] = [
    {
        "id": "sander",
        "kind": "table",
        "question": "What does a floor sander cost per day?",
        "answerable": True,
        "gold": [{"document": "prices.md", "page": 1}],
        "must_contain": ["£31"],
    },
    {"id": "cup", "kind": "untouched", "question": "Who won the cup final?", "answerable": False},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "hire-shop"
    folder.mkdir()
    (folder / "prices.md").write_text(PRICES, encoding="utf-8")
    return folder


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps(question) for question in QUESTIONS), encoding="utf-8")
    return path


def test_a_folder_is_asked_without_being_kept(folder: Path, questions: Path, home: Path) -> None:
    result = CliRunner().invoke(
        evaluate, ["copilot", "--set", str(questions), "--documents", str(folder), "--json", "--verbose"]
    )
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert (figures["questions"], figures["answerable"]) == (2, 1)
    assert (figures["right"], figures["hit_at_5"], figures["untouched"]["f1"]) == (1.0, 1.0, 1.0)
    assert figures["wrong"] == []
    assert not (home / "knowledge.sqlite").exists()


def test_people_read_a_table_and_what_went_wrong(folder: Path, questions: Path) -> None:
    wrong = dict(QUESTIONS[0], must_contain=["£99"])
    questions.write_text(json.dumps(wrong), encoding="utf-8")
    result = CliRunner().invoke(
        evaluate, ["copilot", "--set", str(questions), "--documents", str(folder), "--verbose"]
    )
    assert "lacks £99" in result.stdout
    assert "right answer with the right place" in result.stdout


def test_a_set_that_cannot_be_read_is_a_failure_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"question": "Q?"}', encoding="utf-8")
    result = CliRunner().invoke(evaluate, ["copilot", "--set", str(path)])
    assert result.exit_code == 1
    assert f"{path}:1: answerable" in result.stderr


def asked(index: Path, questions: Path) -> CopilotFigures:
    embedder = default_embedder()
    opened = EmbeddedIndex(index)
    figures = figures_of(
        list(ask_all(Desk(Search(opened, embedder), embedder), load_set(questions)[::EVERY]))
    )
    opened.close()
    print(f"\n{figures}")
    return figures


@pytest.mark.prove
def test_questions_kept_from_all_tuning_are_answered_from_the_right_page(sample_index: Path) -> None:
    """Without a model. Floors a little below what is measured on all of the set."""
    figures = asked(sample_index, REPORT)
    assert figures.right >= 0.65
    assert figures.citation_precision >= 0.95
    assert figures.hit_at_5 >= 0.9
    assert figures.untouched.f1 >= 0.65


@pytest.mark.prove
@takes_long
def test_a_carrier_s_papers_answer_its_reps(carrier_index: Path) -> None:
    """The weights have seen these questions: this tells that nothing was lost, not how well others fare."""
    figures = asked(carrier_index, PAPERS / CARRIER / "questions.jsonl")
    assert figures.right >= 0.65
    assert figures.citation_precision >= 0.95
    assert figures.hit_at_5 >= 0.9
    assert figures.untouched.f1 >= 0.65
