"""`salesmate finetune prepare` as people use it, on a small file of their own."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sysconfig
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from agents.customer.prompt import END_OF_CALL
from finetune.calls import RecordedCall
from finetune.example import Example
from tests.proofs import takes_long

SALESMATE = Path(sysconfig.get_path("scripts")) / "salesmate"
FILES = (
    "calls.jsonl",
    "train.jsonl",
    "valid.jsonl",
    "train.gemini.jsonl",
    "valid.gemini.jsonl",
    "report.json",
)
TRADES = (
    "roof",
    "piano",
    "lawn",
    "fish tank",
    "bakery oven",
    "bicycle",
    "violin",
    "greenhouse",
    "stable",
    "sauna",
)


def turns_about(trade: str, number: int) -> list[str]:
    return [
        f"bot: Hello, who is calling about the {trade}?",
        f"user: This is Nadia Brandt of Polhill Care, we look after any {trade}. Got a minute?",
        f"bot: A minute, yes. We have had the {trade} since it was {number} years old.",
        f"user: A yearly check is {40 + number} pounds. Write to nadia.brandt@polhill.example.",
        f"bot: That is too dear for a {trade}. I would have to ask my brother.",
        "user: Quite understood. I will send you one page and ring on Friday.",
        f"bot: Fine, send it to {number} Mill Lane then. Goodbye.",
    ]


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    path = tmp_path / "calls.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "transcription", "outcome"])
        for number, trade in enumerate(TRADES, start=2):
            rows.writerow(
                [f"call-{number}", repr(turns_about(trade, number)), "sold" if number % 2 else "lost"]
            )
        rows.writerow(["empty", "", "lost"])
        rows.writerow(["again", repr(turns_about(TRADES[0], 2)), "lost"])
    return path


def prepare(calls: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        str(SALESMATE),
        "finetune",
        "prepare",
        "--calls",
        str(calls),
        "--seller",
        "user",
        "--out",
        str(out),
    ]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False, env=os.environ)


def test_calls_become_data_sets(calls: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = prepare(calls, out, "--valid", "0.2", "--json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report == json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert (report["rows_read"], report["kept"]) == (12, 10)
    assert [row["line"] for row in report["rejected"]] == [12, 13]
    assert all(row["reason"].endswith(".") for row in report["rejected"])
    assert report["languages"] == {"en": 10}
    assert report["cost"]["total"] is None
    assert report["gemini"]["problems"] == []
    assert sum(report["labels"].values()) == report["train"]["examples"] + report["valid"]["examples"] == 40

    kept = [RecordedCall.model_validate_json(line) for line in (out / "calls.jsonl").open(encoding="utf-8")]
    assert [turn.speaker for turn in kept[0].turns] == ["customer", "seller"] * 3 + ["customer"]
    train, valid = (
        [Example.model_validate_json(line) for line in (out / f"{side}.jsonl").open(encoding="utf-8")]
        for side in ("train", "valid")
    )
    assert valid
    assert not {one.call for one in train} & {one.call for one in valid}
    assert sum(one.target.endswith(END_OF_CALL) for one in train + valid) == 10
    gemini = [json.loads(line) for line in (out / "train.gemini.jsonl").open(encoding="utf-8")]
    assert [one["contents"][-1]["parts"][0]["text"] for one in gemini] == [one.target for one in train]

    # Nothing personal is left, and nothing of what was said is in the report.
    assert report["redactions"]
    for name in FILES:
        assert "Nadia" not in (out / name).read_text(encoding="utf-8")
        assert "polhill.example" not in (out / name).read_text(encoding="utf-8")
    assert "greenhouse" not in (out / "report.json").read_text(encoding="utf-8")


def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("id,transcription\none,\n", encoding="utf-8")
    nothing = prepare(empty, tmp_path / "out")
    assert nothing.returncode == 1
    assert nothing.stderr.startswith("salesmate: None of 1 rows can be used. The first, ")
    assert "line 2" in nothing.stderr
    assert len(nothing.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "memory://data"], "would be gone when the command ends"),
        (["--out", ""], "--out is empty"),
        (["--from", "Portuguese"], "give a language's code, such as pt"),
        (["--from", "en"], "calls that are not in English"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_before_anything_is_read(
    options: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from finetune.cli import finetune

    monkeypatch.chdir(tmp_path)
    rest = ["prepare", "--calls", "none.csv", "--seller", "user", "--out", "out"]
    done = CliRunner().invoke(finetune, [*rest, *options])
    assert done.exit_code == 2
    assert said in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.prove
@takes_long
def test_the_calls_that_ship_are_redacted_translated_and_split(tmp_path: Path) -> None:
    done = prepare(Path(str(files("finetune"))) / "samples" / "calls.csv", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["kept"] == report["rows_read"] >= 60
    assert report["translated"] == report["languages"]["pt"] >= 12
    assert report["redactions"]["name"] > 50
    assert report["gemini"]["problems"] == []
    for kind in ("train", "valid"):
        assert report[kind]["examples"] > report[kind]["calls"] > 1
