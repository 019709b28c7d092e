"""`salesmate finetune train`: what a person sees of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from finetune.cli import finetune


def test_help_says_how_to_go_on_after_an_interruption() -> None:
    said = CliRunner().invoke(finetune, ["train", "--help"])
    assert said.exit_code == 0
    assert "Run the same command again to go on" in " ".join(said.output.split())


def test_training_says_what_came_of_it(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training packages are not installed: make prove installs them")
    pytest.importorskip("peft", reason="training packages are not installed: make prove installs them")
    from tests.tiny_llama import made_examples, tiny_base, write_data

    data = write_data(tmp_path / "data", made_examples(8), made_examples(4, seed=1))
    base, out = tiny_base(tmp_path / "base"), tmp_path / "out"
    asked = ["train", "--data", str(data), "--out", str(out), "--base", str(base), "--most-minutes", "1"]
    said = CliRunner().invoke(finetune, asked)
    assert said.exit_code == 0, said.output
    assert "54 steps (2.00 epochs)" in said.output
    assert "On 4 validation turns: loss" in said.output
    assert "Adapter:" in said.output
    told = CliRunner().invoke(finetune, [*asked, "--json"])
    figures = json.loads(told.stdout)["figures"]
    assert figures["steps"] == 54
