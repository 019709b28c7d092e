"""`salesmate finetune gate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from finetune.gate import Verdict

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--thresholds",
    type=A_FILE,
    help="What must be shown.  [default: the shipped gate.yaml; for a model on a server or on Vertex AI, "
    "which tells no odds of given words, gate-served.yaml]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def gate(run: Path, thresholds: Path | None, *, as_json: bool) -> None:
    """Say whether the model of RUN may be promoted; exit 1 if not.

    RUN is a run's folder or its evaluation.json. Writes gate.json and the model card card.md beside it.
    """
    from finetune import card
    from finetune.evaluate.evaluation import read_evaluation
    from finetune.gate import judge, read_thresholds, shipped_for, write_verdict

    folder = run if run.is_dir() else run.parent
    evaluation = read_evaluation(run)
    verdict = judge(evaluation, read_thresholds(thresholds or shipped_for(evaluation.model)))
    files = [write_verdict(verdict, folder), card.write_card(folder, evaluation, verdict)]
    if as_json:
        click.echo(verdict.model_dump_json())
    else:
        _print(verdict, files)
    sys.exit(0 if verdict.passed else 1)


def _print(verdict: Verdict, files: list[Path]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table("", "Check", "Value", "Bound", "Why")
    for check in verdict.checks:
        value = "–" if check.value is None else f"{check.value:.4g}"
        bound = "–" if check.bound is None else f"{check.bound:g}"
        mark = Text("passed", "green") if check.passed else Text("failed", "red")
        table.add_row(mark, *map(Text, [check.name, value, bound, check.why]))
    console.print(table)
    failed = sum(not check.passed for check in verdict.checks)
    name = verdict.model
    told = f"{name} may be promoted." if verdict.passed else f"{name} stays out: {failed} checks failed."
    console.print(Text(told))
    for file in files:
        console.print(Text(f"Wrote {file}."))
