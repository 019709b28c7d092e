"""`salesmate eval copilot`: how well questions with known answers are answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from agents.copilot.desk import Desk, open_desk
from agents.evals.copilot_figures import CopilotFigures, Refusals, figures_of
from agents.evals.copilot_outcome import Outcome
from agents.evals.copilot_run import ask_all, desk_over
from agents.evals.question_set import Case, UnusableSetError, load_set
from agents.models.catalogue import resolve
from agents.models.chat import ChatModel
from agents.models.settings import ModelSettings
from ingestion.settings import Settings
from ingestion.sync import Progress

ON_SAMPLES = Path(__file__).parent / "questions.jsonl"


@click.command()
@click.option(
    "--set",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The questions, one JSON object a line (may be repeated); ours on the samples unless given.",
)
@click.option("--collection", metavar="NAME", help="Ask this collection, whatever the questions name.")
@click.option(
    "--documents",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Ask this folder's documents, indexed for the occasion.",
)
@click.option("--model", default="scripted", show_default=True, help="Who writes the answers.")
@click.option("--verbose", is_flag=True, help="List what came out wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def copilot(
    *,
    paths: tuple[Path, ...],
    collection: str | None,
    documents: Path | None,
    model: str,
    verbose: bool,
    as_json: bool,
) -> None:
    """Ask a set of questions with known answers; print how they were found, answered, cited and refused."""
    try:
        cases = [case for path in paths or (ON_SAMPLES,) for case in load_set(path)]
    except UnusableSetError as error:
        raise click.ClickException(str(error)) from None
    writer = None if model == "scripted" else resolve("copilot", ModelSettings(copilot_model=model)).model
    console = Console(stderr=True)

    def watch(plan: Sequence[Case]) -> Iterable[Case]:
        return track(plan, "Asking", console=console, transient=True, disable=as_json)

    with _desk(documents, collection, cases, writer, console) as (desk, asked):
        for name in {asked or collection or case.collection for case in cases}:
            desk.search.check_collection(name)
        outcomes = list(ask_all(desk, cases, asked or collection, watch))
    figures = figures_of(outcomes)
    wrong = [one for one in outcomes if not one.right or one.unsupported] if verbose else []
    if as_json:
        told = {"wrong": [_wrong_json(one) for one in wrong]} if verbose else {}
        click.echo(json.dumps(figures.to_json() | told, ensure_ascii=False))
    else:
        _print(figures, wrong)


@contextmanager
def _desk(
    documents: Path | None,
    collection: str | None,
    cases: Sequence[Case],
    writer: ChatModel | None,
    console: Console,
) -> Iterator[tuple[Desk, str | None]]:
    """The desk to ask, and the collection it was made with where it was made for this."""

    def show(progress: Progress) -> None:
        if progress.chunks and console.is_terminal:
            console.print(f"Reading {progress.done} of {progress.total}", end="\r")

    settings = Settings()
    if documents is None:
        with closing(open_desk(settings, model=writer, progress=show)) as desk:
            yield desk, None
        return
    named = {case.collection for case in cases if case.collection}
    name = collection or (named.pop() if len(named) == 1 else documents.resolve().name)
    with desk_over(documents, name, settings, writer, show) as (desk, report):
        for failure in report.failed:
            console.print(f"Left out {escape(failure.file)}: {escape(failure.reason)}")
        yield desk, name


def _wrong_json(one: Outcome) -> dict[str, object]:
    return {
        "id": one.case.id,
        "kind": one.case.kind,
        "question": one.case.question,
        "why": one.why_wrong,
        "answer": one.answer.answer,
        "queries": list(one.answer.queries),
        "cited": [f"{cited.document} p{cited.page}" for cited in one.answer.citations],
        "gold": [f"{place.document} p{place.page}" for place in one.case.gold],
        "must_contain": list(one.case.must_contain),
        "unsupported": list(one.unsupported),
    }


def _print(figures: CopilotFigures, wrong: Sequence[Outcome]) -> None:
    console = Console(highlight=False)
    if wrong:
        for one in wrong:
            _print_wrong(console, one)
        console.print()
    table = Table("Figure", "Value", show_header=False)
    for name, value in _rows(figures):
        table.add_row(name, value)
    console.print(table)
    kinds = Table("Kind", "questions", "right", "answered", "contains", "hit@5")
    for kind in figures.kinds:
        shares = (kind.right, kind.answered, kind.contains, kind.hit_at_5)
        kinds.add_row(kind.kind, str(kind.questions), *(f"{share:.0%}" for share in shares))
    console.print(kinds)
    times = Table("Milliseconds", *figures.p50)
    times.add_row("p50", *(f"{ms:g}" for ms in figures.p50.values()))
    times.add_row("p95", *(f"{ms:g}" for ms in figures.p95.values()))
    console.print(times)


def _rows(figures: CopilotFigures) -> Iterator[tuple[str, str]]:
    yield "questions", f"{figures.questions}, {figures.answerable} of them with an answer"
    yield (
        "retrieval nDCG@10, recall@10, hit@5",
        (f"{figures.ndcg_at_10:.3f}  {figures.recall_at_10:.3f}  {figures.hit_at_5:.3f}"),
    )
    yield "citation precision", f"{figures.citation_precision:.3f} of {figures.cited_sentences} sentences"
    yield "citations on a gold page", f"{figures.citations_on_gold:.3f}"
    yield "right answer with the right place", f"{figures.right:.3f}"
    yield "answer contains", f"{figures.contains:.3f}"
    yield "refused though there is an answer", f"{figures.refused:.3f}"
    yield "refusing what is not touched", _refusals(figures.untouched)
    yield "refusing near misses", _refusals(figures.near_miss)


def _refusals(one: Refusals) -> str:
    if not one.questions:
        return "no such questions"
    return f"F1 {one.f1:.3f} (precision {one.precision:.3f}, recall {one.recall:.3f}, n={one.questions})"


def _print_wrong(console: Console, one: Outcome) -> None:
    told = _wrong_json(one)
    console.print(f"[bold]{escape(one.case.id)}[/bold] {one.case.kind} {escape(one.case.question)}")
    if one.why_wrong:
        console.print(f"  [red]{escape(one.why_wrong)}[/red]")
    for sentence in one.unsupported:
        console.print(f"  [red]its quote does not bear:[/red] {escape(sentence)}")
    lines = [f"gold {told['gold']}"]
    if one.answer.answered:
        lines += [f"said {one.answer.answer}", f"cites {told['cited']}"]
    if told["queries"] != [one.case.question]:
        lines.append(f"looked up {told['queries']}")
    for line in lines:
        console.print(f"  {line}", markup=False)
