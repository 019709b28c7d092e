"""`salesmate finetune run`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from finetune.pipeline import Outcome

A_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("plan", required=False, type=A_FILE)
@click.option("--calls", multiple=True, metavar="FILE", help="Recorded calls, as for `prepare`.")
@click.option("--valid-calls", multiple=True, metavar="FILE", help="Calls kept to judge on.")
@click.option("--seller", metavar="LABEL", help="Who sells in them: user, bot, or a label.")
@click.option("--translate", type=click.Choice(["offline", "google", "none"]), help="Into English.")
@click.option("--from", "language", metavar="CODE", help="Language of the calls that are not in English.")
@click.option("--redact/--no-redact", default=None, help="Put pseudonyms in place of personal data.")
@click.option("--valid", type=float, help="Share of the calls kept to judge on.")
@click.option("--seed", type=int, help="Of everything that is drawn.")
@click.option("--rehearsed", type=int, help="Mix so many examples of rehearsed calls in.")
@click.option("--recipe", type=A_FILE, help="How to train.  [default: the one that ships]")
@click.option("--most-minutes", type=float, metavar="M", help="Train for so long at most.")
@click.option("--gate", type=A_FILE, help="What must be shown.  [default: the one that ships]")
@click.option("--quick/--usual", "quick", default=None, help="Judge on fewer turns and calls.")
@click.option("--runs", metavar="FOLDER", help="Where runs are kept, here or gs://….  [default: runs]")
@click.option("--promote/--no-promote", default=None, help="Let the new customer speak if it passes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def run(plan: Path | None, *, as_json: bool, **options: Any) -> None:
    """Prepare, train, evaluate and gate: what changed, and nothing else.

    PLAN is a YAML file with the same names; options go over it. An interrupted run goes on where it was.
    Exits with 1 if it was to be promoted and did not pass its gate.
    """
    from finetune import pipeline
    from finetune.plan import read_plan
    from finetune.told import told

    given = {name: value for name, value in options.items() if value not in (None, ())}
    asked = read_plan(plan, given)
    outcome = pipeline.run(asked, told(quiet=as_json))
    promoted = _promote(outcome) if asked.promote and outcome.verdict.passed else None
    if as_json:
        click.echo(
            json.dumps(
                {
                    "run": outcome.name,
                    "folder": str(outcome.folder),
                    "model": outcome.model,
                    "did": outcome.did,
                    "passed": outcome.verdict.passed,
                    "promoted": promoted,
                },
                ensure_ascii=False,
            )
        )
    else:
        _say(outcome, promoted)
    sys.exit(1 if asked.promote and not promoted else 0)


def _promote(outcome: Outcome) -> str:
    """The name of the version that speaks from now on. Raises what promoting raises."""
    from finetune.promote import promote_run, read_run
    from finetune.promote_cli import somebody, with_registry

    candidate = read_run(str(outcome.folder))
    standing = with_registry(lambda registry: promote_run(registry, candidate, by=somebody()), None)
    return standing.version.name if standing.version else ""


def _say(outcome: Outcome, promoted: str | None) -> None:
    verdict = outcome.verdict
    click.echo(f"Run {outcome.name}: {', '.join(outcome.did) or 'nothing had changed'}.")
    click.echo(f"The model is {outcome.model}")
    if promoted:
        click.echo(f"It passed the gate and speaks from now on, as {promoted}.")
    elif verdict.passed:
        click.echo(f"It passed the gate. To let it speak: salesmate finetune promote {outcome.folder}")
    else:
        failed = [check for check in verdict.checks if not check.passed]
        click.echo(f"It did not pass the gate, and is not promoted: {len(failed)} of {len(verdict.checks)}.")
        for check in failed:
            click.echo(f"  {check.name}: {check.why}")
    click.echo(f"Report: {outcome.folder / 'report.html'}")
