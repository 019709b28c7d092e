"""`salesmate ask`: a question to the company's documents, from the command line."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import click

from agents.copilot.counter import (
    audience_option,
    collection_option,
    opened,
    printed,
    read_file,
    shown_source,
)

if TYPE_CHECKING:
    from agents.copilot.result import CopilotAnswer


@click.command()
@click.argument("question")
@collection_option
@audience_option
@click.option(
    "--history",
    metavar="FILE",
    help='The talk so far, as a JSON list of {"role", "text"}, so that a follow-up is understood; - reads it'
    " from standard input. Roles: rep, customer, copilot.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def ask(
    question: str, collection: str | None, audiences: tuple[str, ...], history: str | None, *, as_json: bool
) -> None:
    """Answer QUESTION from the company's documents, each statement with its source."""
    from agents.copilot.history import UnusableHistoryError, read_history
    from agents.copilot.kept import answer_entry, keep_locally

    if not question.strip():
        raise click.UsageError("The question is empty.")
    try:
        talk = read_history(read_file(history)) if history else ()
    except UnusableHistoryError as error:
        raise click.BadParameter(f"{history}: {error}", param_hint="--history") from None
    with opened(collection, audiences) as desk:
        answer = asyncio.run(desk.ask(question, collection=collection, recent_turns=talk))
    printed(json.dumps(answer.to_json(), ensure_ascii=False) if as_json else _for_people(answer))
    asyncio.run(keep_locally(answer_entry(question, answer)))


def _for_people(answer: CopilotAnswer) -> str:
    if answer.answered:
        return "\n".join((answer.answer, "", *(shown_source(source) for source in answer.citations)))
    near = [f"  {place.title}, page {place.page}  {place.uri}" for place in answer.nearest]
    return "\n".join((answer.reason, *(("Nearest documents:", *near) if near else ())))
