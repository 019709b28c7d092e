"""`salesmate finetune train`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finetune.recipe import SHIPPED, read_recipe

if TYPE_CHECKING:
    from finetune.recipe import Recipe
    from finetune.train.loop import Seen, Watch
    from finetune.train.trained import Trained

LINE_EVERY_S = 60.0


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="What `prepare` wrote: train.jsonl and valid.jsonl.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where the adapter goes. A training that was interrupted there goes on.",
)
@click.option(
    "--recipe",
    "recipe",
    type=click.Path(dir_okay=False, path_type=Path),
    default=SHIPPED,
    metavar="FILE",
    help="How to train; the one that ships if not given.",
)
@click.option(
    "--base", metavar="NAME", help="A known name, a GGUF file, a folder, or a hub id; over the recipe's."
)
@click.option(
    "--most-minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="M",
    help="Stop after so many minutes, validation included; over the recipe's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print train.json, without the losses of each step.")
def train(
    *, data: Path, out: Path, recipe: Path, base: str | None, most_minutes: float | None, as_json: bool
) -> None:
    """Train an adapter for the customer on this machine, or tune Gemini if the recipe says so.

    Run the same command again to go on after an interruption.
    """
    given = {"base": base, "most_minutes": most_minutes}
    asked = read_recipe(recipe).model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    if asked.backend == "vertex":
        _tune(data, out, asked, as_json=as_json)
        return
    from finetune.train.lora import train as learn

    with shown() as watch:
        report = learn(data, out, asked, watch)
    if as_json:
        click.echo(report.model_dump_json(exclude={"losses"}))
    else:
        _say(report, out)


def _tune(data: Path, out: Path, asked: Recipe, *, as_json: bool) -> None:
    from finetune.train.vertex import train as tune

    with shown() as watch:
        tuned = tune(data, out, asked, watch)
    if as_json:
        click.echo(tuned.model_dump_json())
        return
    tokens = tuned.measures.billable_tokens
    paid = "" if tokens is None else f", {tokens:,} tokens billed"
    saved = f"{len(tuned.checkpoints)} checkpoints"
    click.echo(f"Tuned {tuned.base.name} on {tuned.data.train:,} examples{paid}; {saved}.")
    click.echo(f"The model is vertexai:{tuned.endpoint}")
    if tuned.options:
        click.echo(f"Serve it with SALESMATE_MODEL_OPTIONS='{json.dumps(tuned.options)}'")


@contextmanager
def shown() -> Iterator[Watch]:
    """A bar for a person, a line a minute for a log."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    from rich import progress as rich

    bar = rich.Progress(
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TextColumn("{task.fields[words]}", markup=False),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("loading", total=1.0, words="")
        said: dict[str, Any] = {"words": ""}

        def watch(seen: Seen) -> None:
            if seen.loss is not None:
                said["words"] = _in_words(seen)
            bar.update(task, description=seen.doing, completed=seen.share, **said)

        yield watch


def _lines() -> Watch:
    last, doing = time.monotonic(), ""

    def watch(seen: Seen) -> None:
        nonlocal last, doing
        if seen.step == 0 and seen.doing != doing:
            doing = seen.doing
            click.echo(doing, err=True)
        if seen.loss is not None and time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            click.echo(f"{seen.share:.0%}: {_in_words(seen)}", err=True)

    return watch


def _in_words(seen: Seen) -> str:
    parts = [f"step {seen.step}", f"loss {seen.loss:.2f}", f"right {seen.accuracy:.0%}"]
    if seen.rate is not None:
        parts.append(f"{seen.rate:.0f} tokens/s")
    if seen.seconds_left is not None:
        parts.append(f"{seen.seconds_left / 60:.0f} min left")
    return ", ".join(parts)


def _say(report: Trained, out: Path) -> None:
    found = report.figures
    click.echo(
        f"{found.steps} steps ({found.epochs:.2f} epochs) in {found.seconds / 60:.1f} minutes, "
        f"{found.tokens_per_second:.0f} tokens/s; stopped by {found.stopped_by}."
    )
    click.echo(
        f"On {report.data.validated_on} validation turns: "
        f"loss {found.loss_before:.3f} before, {found.loss:.3f} after; "
        f"token accuracy {found.accuracy_before:.1%} before, {found.accuracy:.1%} after."
    )
    if report.data.left_out:
        click.echo(
            f"{report.data.left_out} examples were left out, "
            f"being longer than {report.recipe.most_tokens} tokens."
        )
    if same := report.served_agreement:
        click.echo(
            f"Served, it says the same words on {same.same} of {same.prompts} prompts "
            f"({same.share:.0%} of tokens)."
        )
        if same.apart and same.base_apart:
            click.echo(
                f"How likely words are, served and trained, is {same.apart:.3f} nats apart on average; "
                f"{same.base_apart:.3f} for its base alone, which is rounding."
            )
    click.echo(
        report.not_served or f"Adapter: {out / 'adapter.gguf'} ({(report.adapter_bytes or 0) / 1e6:.1f} MB)."
    )
