"""`salesmate finetune evaluate`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from finetune.evaluate.evaluation import Evaluation
    from finetune.evaluate.run import Step, Watch
    from finetune.evaluate.sizes import Sizes

TRAIN = "train.jsonl"
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--model", required=True, help="The tuned model: local:…, server:…, openai:… or vertexai:….")
@click.option("--data", required=True, type=A_FILE, help="Held-out examples: valid.jsonl.")
@click.option("--against", help="The model to compare with.  [default: a local model without its adapter]")
@click.option("--train", type=A_FILE, help="The training split.  [default: train.jsonl beside the data]")
@click.option("--quick", is_flag=True, help="A rough look: fewer turns and calls.")
@click.option("--full", is_flag=True, help="All of the data; for a server or a GPU.")
@click.option("--calls", type=click.IntRange(0, 100_000), help="Simulated calls inside the engine.")
@click.option("--turns", type=click.IntRange(1, 100_000), help="Next turns that each model is let speak.")
@click.option(
    "--at-once", type=click.IntRange(1, 256), default=4, show_default=True, help="Requests at a time."
)
@click.option("--seed", default=0, show_default=True, help="Of everything that is drawn.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write the report there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(
    model: str,
    data: Path,
    against: str | None,
    train: Path | None,
    calls: int | None,
    turns: int | None,
    at_once: int,
    seed: int,
    out: Path | None,
    *,
    quick: bool,
    full: bool,
    as_json: bool,
) -> None:
    """Judge a tuned model against its base on held-out calls, and inside the engine."""
    from finetune.evaluate import run, written
    from finetune.evaluate.contestants import without_adapter

    beside = data.with_name(TRAIN)
    train = train or (beside if beside.is_file() else None)
    evaluation = run.evaluate(
        model,
        against or without_adapter(model),
        run.read_split(data),
        run.read_split(train) if train else None,
        _sizes(quick=quick, full=full, calls=calls, turns=turns),
        seed=seed,
        at_once=at_once,
        watch=watch_on_screen(quiet=as_json),
    )
    files = written.write(evaluation, out) if out else []
    if as_json:
        click.echo(evaluation.model_dump_json())
    else:
        _print(evaluation, files)


def _sizes(*, quick: bool, full: bool, calls: int | None, turns: int | None) -> Sizes:
    from finetune.evaluate.sizes import sizes_of

    if quick and full:
        raise click.UsageError("--quick and --full exclude each other.")
    sizes = sizes_of("quick" if quick else "full" if full else "usual")
    asked = {"calls": calls, "turns": turns}
    return sizes.model_copy(update={name: count for name, count in asked.items() if count is not None})


def watch_on_screen(*, quiet: bool) -> Watch:
    """Progress on the error stream, where people look and programs do not; in a log a line for each stage."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)

    @contextmanager
    def watch(title: str, pieces: int) -> Iterator[Step]:
        if quiet or not console.is_terminal:
            if not quiet:
                click.echo(f"{title} ({pieces}) ...", err=True)
            yield lambda: None
            return
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(title, total=pieces)
            yield lambda: progress.advance(task)

    return watch


def _print(evaluation: Evaluation, files: list[Path]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from finetune.evaluate.evaluation import SPEAKERS
    from finetune.evaluate.shown import NAMES, about, rows

    console = Console()
    for sentence in about(evaluation):
        console.print(Text(sentence))
    table = Table("Figure", *(NAMES[who] for who in SPEAKERS), "tuned against base", "")
    for row in rows(evaluation):
        table.add_row(*map(Text, [row.title, *row.cells, row.change, row.verdict]))
    console.print(table)
    for name, figure in evaluation.figures.items():
        if figure.missing:
            console.print(Text(f"{name}: {figure.missing}"))
    for file in files:
        console.print(Text(f"Wrote {file}."))
