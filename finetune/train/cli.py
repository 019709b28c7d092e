"""`salesmate finetune train`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from finetune.recipe import SHIPPED, RecipeError, read_recipe

if TYPE_CHECKING:
    from finetune.train.loop import Seen, Watch
    from finetune.train.trained import Trained


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
    """Train an adapter for the customer on this machine.

    Run the same command again to go on after an interruption.
    """
    given = {"base": base, "most_minutes": most_minutes}
    asked = read_recipe(recipe).model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    if asked.backend != "lora":
        raise RecipeError(
            f"{recipe} asks for the backend {asked.backend}, which does not train on this machine."
        )
    from finetune.train.lora import train as learn

    with shown() as watch:
        report = learn(data, out, asked, watch)
    if as_json:
        click.echo(report.model_dump_json(exclude={"losses"}))
    else:
        _say(report, out)


@contextmanager
def shown() -> Iterator[Watch]:
    from rich import progress as rich
    from rich.console import Console

    console = Console(stderr=True)
    bar = rich.Progress(
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TextColumn("{task.fields[words]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("loading", total=1.0, words="")
        said: dict[str, Any] = {"words": ""}

        def watch(seen: Seen) -> None:
            if seen.loss is not None:
                said["words"] = _in_words(seen)
            bar.update(task, description=seen.doing, completed=seen.share, **said)

        yield watch


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
    click.echo(
        report.not_served or f"Adapter: {out / 'adapter.gguf'} ({(report.adapter_bytes or 0) / 1e6:.1f} MB)."
    )
