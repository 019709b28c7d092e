"""`salesmate finetune run`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from agents.records.model_versions import ModelVersions
    from finetune.pipeline import Outcome
    from finetune.promote import Candidate

A_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("plan", required=False, type=A_FILE)
@click.option("--calls", multiple=True, metavar="FILE", help="Recorded calls, as for `prepare`.")
@click.option("--valid-calls", multiple=True, metavar="FILE", help="Calls kept to judge on.")
@click.option("--seller", metavar="LABEL", help="Who sells in them: user, bot, or a label.")
@click.option("--translate", type=click.Choice(["offline", "google", "none"]), help="Into English.")
@click.option("--from", "language", metavar="CODE", help="Language of the calls that are not in English.")
@click.option("--redact/--no-redact", default=None, help="Put pseudonyms in place of personal data.")
@click.option("--valid", type=float, help="Share of the calls kept to judge on, at most 0.5.")
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

    PLAN is a YAML file of the same, with underscores (most_minutes, valid_calls) and `language` for --from;
    options go over it. An interrupted run goes on where it was. What was promoted once and taken back is not
    promoted again. Exits with 1 if it was to be promoted and did not pass its gate.
    """
    from finetune import pipeline
    from finetune.plan import read_plan
    from finetune.told import told

    given = {name: value for name, value in options.items() if value not in (None, ())}
    asked = read_plan(plan, given)
    outcome = pipeline.run(asked, told(quiet=as_json))
    promotion = _promote(outcome) if asked.promote and outcome.verdict.passed else None
    if as_json:
        click.echo(json.dumps(_described(outcome, promotion), ensure_ascii=False))
    else:
        _say(outcome, promotion)
    sys.exit(1 if asked.promote and not outcome.verdict.passed else 0)


@dataclass(frozen=True)
class Promotion:
    """What came of letting the run's model speak."""

    version: str
    speaks: bool
    """Else it was promoted before and taken back: by a person, which a nightly run does not undo."""


def _promote(outcome: Outcome) -> Promotion:
    """Raises what promoting raises."""
    from finetune.promote import read_run
    from finetune.promote_cli import with_registry

    candidate = read_run(str(outcome.folder))
    return with_registry(lambda registry: promote_once(registry, candidate), None)


async def promote_once(registry: ModelVersions, candidate: Candidate) -> Promotion:
    """Let the run's model speak, if it never did or still does. A version that is registered and was never
    promoted is one whose promotion was lost to a crash. Raises what promoting raises.
    """
    from finetune.promote import promote_run
    from finetune.promote_cli import somebody

    version = candidate.version
    name = f"{version.alias}@{version.id}"
    standing = (await registry.standing()).version
    before = any(move.how == "promote" and move.version == version.id for move in await registry.history())
    if before and (standing is None or standing.id != version.id):
        return Promotion(name, speaks=False)
    await promote_run(registry, candidate, by=somebody())
    return Promotion(name, speaks=True)


def _described(outcome: Outcome, promotion: Promotion | None) -> dict[str, Any]:
    """For people's programs."""
    return {
        "run": outcome.name,
        "folder": str(outcome.folder),
        "model": outcome.model,
        "options": outcome.options,
        "did": outcome.did,
        "passed": outcome.verdict.passed,
        "promoted": promotion.version if promotion and promotion.speaks else None,
        "taken_back": promotion.version if promotion and not promotion.speaks else None,
    }


def _say(outcome: Outcome, promotion: Promotion | None) -> None:
    verdict = outcome.verdict
    click.echo(f"Run {outcome.name}: {', '.join(outcome.did) or 'nothing had changed'}.")
    click.echo(f"The model is {outcome.model}")
    if outcome.options:
        click.echo(f"Serve it with SALESMATE_MODEL_OPTIONS='{json.dumps(outcome.options)}'")
    if promotion and promotion.speaks:
        click.echo(f"It passed the gate and speaks from now on, as {promotion.version}.")
    elif promotion:
        click.echo(
            "It passed the gate, but was promoted before and taken back; to let it speak again: "
            f"salesmate finetune promote {promotion.version}"
        )
    elif verdict.passed:
        click.echo(f"It passed the gate. To let it speak: salesmate finetune promote {outcome.folder}")
    else:
        failed = [check for check in verdict.checks if not check.passed]
        click.echo(f"It did not pass the gate, and is not promoted: {len(failed)} of {len(verdict.checks)}.")
        for check in failed:
            click.echo(f"  {check.name}: {check.why}")
    click.echo(f"Report: {outcome.folder / 'report.html'}")
