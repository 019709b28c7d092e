"""`salesmate ask`: a question to the company's documents, from the command line."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from agents.copilot.result import CopilotAnswer
    from ingestion.sync import Progress


@click.command()
@click.argument("question")
@click.option("--collection", metavar="NAME", help="Look only in this collection of documents.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def ask(question: str, collection: str | None, as_json: bool) -> None:  # noqa: FBT001 - click names its flags
    """Answer QUESTION from the company's documents, each statement with its source."""
    from pydantic import ValidationError

    from agents.copilot.desk import open_desk
    from agents.models.catalogue import resolve
    from agents.models.errors import ModelNotUsable
    from agents.models.settings import ModelSettingsError, model_settings
    from ingestion.errors import KnowledgeError
    from ingestion.settings import Settings

    if not question.strip():
        raise click.UsageError("The question is empty.")
    try:
        model = resolve("copilot", model_settings()).model
        desk = open_desk(Settings(), model=model, progress=_show_progress)
        desk.check_collection(collection)
        answer = asyncio.run(desk.ask(question, collection=collection))
    except (KnowledgeError, ModelNotUsable, ModelSettingsError, ValidationError) as error:
        raise click.ClickException(_one_line(error)) from error
    click.echo(json.dumps(answer.to_json(), ensure_ascii=False) if as_json else _for_people(answer))


def _show_progress(progress: Progress) -> None:
    """On stderr, and only where somebody watches: stdout belongs to the answer."""
    if progress.chunks and sys.stderr.isatty():
        done = progress.done == progress.total
        line = f"Reading {progress.collection} documents: {progress.done} of {progress.total}"
        click.echo(f"\r{line}", nl=done, err=True)


def _for_people(answer: CopilotAnswer) -> str:
    if not answer.answered:
        near = [f"  {place.title}, page {place.page}  {place.uri}" for place in answer.nearest]
        return "\n".join((answer.reason, *(("Nearest documents:", *near) if near else ())))
    sources = [
        f"  [{source.n}] {source.title}, page {source.page}"
        + (f", {source.heading}" if source.heading else "")
        + f"  {source.uri}"
        for source in answer.citations
    ]
    return "\n".join((answer.answer, "", *sources))


def _one_line(error: Exception) -> str:
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        first = error.errors()[0]
        name = "SALESMATE_" + "_".join(str(part) for part in first["loc"]).upper()
        return f"{name} is not usable: {first['msg']}."
    return " ".join(str(error).split())
