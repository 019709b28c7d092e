"""`salesmate questions`: what the copilot was asked, and what came of it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from agents.copilot.kept import HINT
from bot.neutral import one_line

if TYPE_CHECKING:
    from agents.records.entries import Question


@click.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, metavar="N")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option(
    "--jsonl",
    "as_set",
    is_flag=True,
    help="Print what was found helpful as a set for `salesmate eval copilot --set`.",
)
@click.option("--db", "database_url", metavar="URL", help="The database, instead of SALESMATE_DATABASE_URL.")
def questions(*, limit: int, as_json: bool, as_set: bool, database_url: str | None) -> None:
    """List what you asked the copilot, newest first."""
    asked = asyncio.run(_latest(limit, database_url))
    if as_set:
        for one in asked:
            if one.feedback == "helpful" and one.question != HINT:
                click.echo(json.dumps(_case(one), ensure_ascii=False))
    elif as_json:
        click.echo(json.dumps([_question_json(one) for one in asked], ensure_ascii=False))
    elif not asked:
        click.echo('Nothing asked yet. Ask: salesmate ask "..."')
    else:
        for one in asked:
            click.echo(_line(one))


async def _latest(limit: int, database_url: str | None) -> list[Question]:
    from bot.records import open_records

    async with open_records(database_url) as records:
        return await records.questions(limit)


def _line(one: Question) -> str:
    came_of_it = "answered" if one.answered else "no answer"
    verdict = f"  {one.feedback}" if one.feedback else ""
    return f"{one.id}  {one.created_at:%Y-%m-%d %H:%M}  {came_of_it:<9}  {one_line(one.question)}{verdict}"


def _question_json(one: Question) -> dict[str, Any]:
    return {
        "id": one.id,
        "asked_at": one.created_at.isoformat(),
        "roleplay": one.roleplay,
        "question": one.question,
        "queries": list(one.queries),
        "answered": one.answered,
        "answer": one.answer,
        "citations": list(one.citations),
        "ms": one.ms,
        "feedback": one.feedback,
    }


def _case(one: Question) -> dict[str, Any]:
    """As the evaluation reads it, in the words that were looked up: they mean something without the talk."""
    places = dict.fromkeys((cited["document"], cited["page"]) for cited in one.citations)
    return {
        "id": one.id,
        "question": " ".join(one.queries) or one.question,
        "answerable": one.answered,
        "gold": [{"document": document, "page": page} for document, page in places],
    }
