"""`salesmate finetune prepare`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from finetune.recipe import SHIPPED, read_recipe


@click.command()
@click.option(
    "--calls",
    "calls",
    multiple=True,
    required=True,
    metavar="FILE",
    help="Recorded calls: a path, an address, or a pattern such as 'calls/*.vtt'. May be repeated.",
)
@click.option(
    "--seller",
    required=True,
    metavar="LABEL",
    help="Who sells: user, bot, or the label that stands before the seller's turns.",
)
@click.option(
    "--out",
    required=True,
    metavar="FOLDER",
    help="Where the data sets go; a folder or an address such as gs://bucket/folder.",
)
@click.option(
    "--valid-calls",
    multiple=True,
    metavar="FILE",
    help="Calls to judge on, where the data come split. Nothing of --calls is held out then.",
)
@click.option(
    "--translate",
    type=click.Choice(["offline", "google", "none"]),
    default="offline",
    show_default=True,
    help="How calls in other languages are put into English.",
)
@click.option(
    "--from",
    "language",
    metavar="CODE",
    help="Language of the calls that are not in English, such as pt; found out call by call if not given.",
)
@click.option(
    "--redact/--no-redact",
    default=True,
    show_default=True,
    help="Put pseudonyms in place of personal data, before translation.",
)
@click.option(
    "--valid",
    type=click.FloatRange(0, 0.5),
    default=0.1,
    show_default=True,
    help="Share of the calls held out to judge on.",
)
@click.option(
    "--seed", default=0, show_default=True, help="Another seed, another split and other pseudonyms."
)
@click.option(
    "--recipe",
    "recipe",
    type=click.Path(path_type=Path),
    default=SHIPPED,
    help="The training recipe, for the estimate of cost.",
)
@click.option(
    "--price",
    type=click.FloatRange(min=0),
    help="What a million training tokens cost; without it no amount is estimated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def prepare(
    *,
    calls: tuple[str, ...],
    seller: str,
    out: str,
    valid_calls: tuple[str, ...],
    translate: str,
    language: str | None,
    redact: bool,
    valid: float,
    seed: int,
    recipe: Path,
    price: float | None,
    as_json: bool,
) -> None:
    """Make data sets out of recorded calls.

    Reads them, drops doubles, redacts, translates, splits by call, and writes calls.jsonl, train.jsonl and
    valid.jsonl, the same for Gemini, and report.json into the folder.
    """
    from finetune.kept import Asked
    from finetune.prepare import prepare as prepared

    language = _code(language)
    _will_last(out)
    asked = Asked(
        calls=calls,
        seller=seller,
        out=out,
        valid_calls=valid_calls,
        translate=translate,
        language=language,
        redact=redact,
        valid=valid,
        seed=seed,
        recipe=read_recipe(recipe),
        price_per_million_tokens=price,
    )
    began = time.monotonic()
    report = prepared(asked, watched)
    if as_json:
        click.echo(report.model_dump_json())
        return
    _show(report, out, time.monotonic() - began)


def _code(language: str | None) -> str | None:
    from finetune.plan import language_code

    try:
        return None if language is None else language_code(language)
    except ValueError as error:
        raise click.UsageError(f"--from: {error}.") from None


def _will_last(out: str) -> None:
    if not out.strip():
        raise click.UsageError("--out is empty; name a folder, or an address such as gs://bucket/folder.")
    if out.startswith("memory:"):
        raise click.UsageError(f"{out} would be gone when the command ends; name a folder or a bucket.")


def watched(items: Sequence[Any], doing: str) -> Iterable[Any]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(items, doing, console=console, transient=True, disable=not console.is_terminal)


def _show(report: Any, out: str, seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    sets = Table("Set", "calls", "examples", "customer tokens", "prompt tokens, median (most)")
    for name, one in (("train", report.train), ("valid", report.valid)):
        prompt = f"{one.tokens.prompt.p50} ({one.tokens.prompt.most})"
        sets.add_row(name, str(one.calls), str(one.examples), str(one.tokens.customer.total), prompt)
    console.print(sets)
    console.print(
        f"{report.rows_read} rows read, {report.kept} kept. Tokens by {report.train.tokens.counted_by}."
    )
    for row in report.rejected[:10]:
        console.print(Text(f"Left out: {row.source} line {row.line}: {row.reason}"))
    if len(report.rejected) > 10:
        console.print(f"… and {len(report.rejected) - 10} more, see report.json.")
    if report.redactions:
        console.print("Redacted: " + ", ".join(f"{n} {kind}" for kind, n in report.redactions.items()) + ".")
    if report.translated:
        console.print(
            f"{report.translated} calls translated; {len(report.translation_faults)} sentences to look at."
        )
    if report.cost.total is not None:
        console.print(f"Tuning on this is estimated at {report.cost.total:g} by the rate given.")
    for problem in report.gemini.problems:
        console.print(Text(f"Vertex AI would refuse: {problem}"))
    console.print(Text(f"Written to {out} in {seconds:.1f} s."))
