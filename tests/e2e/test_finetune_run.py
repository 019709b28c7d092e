"""One command from a file of calls to a verdict, and what it does the second time."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.machine import SALESMATE, Machine, Ran
from tests.local_weights import put_in_place, the_weights
from tests.proofs import only_in_full

SAMPLES = Path(__file__).parents[2] / "finetune" / "samples" / "calls.csv"
LONGEST_RUN_S = 1800
"""Half a minute of training, and an evaluation that lets two models speak."""
RECIPE = """
base: smollm2-135m
epochs: 1
most_minutes: 0.5
batch: 2
most_tokens: 512
validate_every: 50
validate_on: 4
lora: {rank: 4, alpha: 8, dropout: 0}
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "home")


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """The English samples, which need no translation."""
    with SAMPLES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["language"] == "en"][:20]
    path = tmp_path / "calls.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(machine: Machine, calls: Path, *more: str) -> Ran:
    folder = calls.parent
    given = ("--calls", str(calls), "--seller", "user", "--runs", str(folder / "runs"))
    return machine.run("finetune", "run", *given, *more)


def test_what_is_missing_for_training_is_said_and_what_was_done_before_is_kept(
    machine: Machine, calls: Path
) -> None:
    # Without the training packages, or with them and without weights: a machine has one or the other.
    first = run(machine, calls, "--no-redact")
    assert first.code == 1
    assert "prepare ..." in first.complaint
    assert first.complaint.splitlines()[-1].startswith("salesmate: ")
    assert "install" in first.complaint or "models pull" in first.complaint
    second = run(machine, calls, "--no-redact")
    assert second.code == 1
    assert "prepare: done before" in second.complaint
    assert second.complaint.splitlines()[-1] == first.complaint.splitlines()[-1]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--valid", "2"), "valid: input should be less than or equal to 0.5"),
        (("--recipe", "none.yaml"), "none.yaml cannot be read"),
        (("--gate", "none.yaml"), "none.yaml cannot be read"),
        (("--calls", "mispelt.csv"), "mispelt.csv does not exist. Check its spelling."),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_is_done(
    machine: Machine, calls: Path, more: tuple[str, ...], says: str
) -> None:
    refused = run(machine, calls, *more)
    assert refused.code == 1
    assert says in refused.complaint
    assert not (calls.parent / "runs").exists()


class TestWithTrainingPackages:
    """The real thing in small: real weights, trained for half a minute."""

    pytestmark = [*only_in_full]  # noqa: RUF012  # as pytest takes it

    @pytest.fixture
    def recipe(self, tmp_path: Path, machine: Machine, pytestconfig: pytest.Config) -> Path:
        pytest.importorskip("torch", reason="training packages are not installed: make prove installs them")
        put_in_place(the_weights(pytestconfig.cache.mkdir("models")), machine.home)
        path = tmp_path / "recipe.yaml"
        path.write_text(RECIPE)
        return path

    def run(self, machine: Machine, calls: Path, recipe: Path, *more: str) -> dict[str, Any]:
        given = ("--calls", str(calls), "--seller", "user", "--runs", str(calls.parent / "runs"))
        command = [SALESMATE, "finetune", "run", *given, "--recipe", str(recipe), "--quick", "--json", *more]
        done = subprocess.run(
            command, env=machine.environment, capture_output=True, timeout=LONGEST_RUN_S, check=False
        )
        assert done.stdout, done.stderr.decode()
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def test_a_run_does_what_changed_and_nothing_else(
        self, machine: Machine, calls: Path, recipe: Path
    ) -> None:
        first = self.run(machine, calls, recipe)
        assert first["did"] == ["prepare", "train", "evaluate", "gate"]
        folder = Path(first["folder"])
        for name in ("evaluation.json", "report.html", "report.md", "gate.json", "card.md"):
            assert (folder / name).stat().st_size
        assert self.run(machine, calls, recipe)["did"] == []

        stricter = calls.parent / "gate.yaml"
        stricter.write_text("checks:\n  - {figure: token_accuracy, must: above, bound: 0.99}\n")
        again = self.run(machine, calls, recipe, "--gate", str(stricter))
        assert (again["run"], again["did"], again["passed"]) == (first["run"], ["gate"], False)

        recipe.write_text(RECIPE + "seed: 1\n")
        other = self.run(machine, calls, recipe)
        assert other["run"] != first["run"]
        assert other["did"] == ["train", "evaluate", "gate"]

    def test_what_passes_the_gate_is_promoted_and_can_be_taken_back(
        self, machine: Machine, calls: Path, recipe: Path
    ) -> None:
        anything = calls.parent / "gate.yaml"
        anything.write_text("checks:\n  - {figure: token_accuracy, must: above, bound: 0}\n")
        told = self.run(machine, calls, recipe, "--gate", str(anything), "--promote")
        assert told["passed"]
        assert told["promoted"].startswith("customer@")
        status = json.loads(machine.run("finetune", "status", "--json").text)
        assert status["speaks"]["name"] == told["promoted"]
        call = machine.chat("Hello, it's Sam from Northgate.\n", "--json")
        assert call.of("started")[0]["speaker"] == told["promoted"]
        assert machine.run("finetune", "rollback").code == 0
        assert json.loads(machine.run("finetune", "status", "--json").text)["current"]["version"] is None
