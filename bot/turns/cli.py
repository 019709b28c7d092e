"""`salesmate turns`: what waits to be answered and what was given up. It never shows what was said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.neutral import one_line

if TYPE_CHECKING:
    from bot.turns.backlog import Entry
    from bot.turns.queue import Queue

T = TypeVar("T")
database_option = click.option(
    "--db", "database_url", metavar="URL", help="The database, instead of SALESMATE_DATABASE_URL."
)
numbers = click.argument("numbers", type=int, nargs=-1, required=True, metavar="ID...")


@click.group()
def turns() -> None:
    """Look after turns that wait or were given up."""


@turns.command("list")
@click.option("--dead", is_flag=True, help="Only what was given up.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, metavar="N")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@database_option
def list_(*, dead: bool, limit: int, as_json: bool, database_url: str | None) -> None:
    """List turns that wait, run, or were given up, oldest first."""
    statuses = ("dead",) if dead else ("queued", "running", "answered", "dead")
    found = _with_queue(database_url, lambda queue: queue.entries(statuses, limit))
    if as_json:
        click.echo(json.dumps([_entry_json(one) for one in found], ensure_ascii=False))
    elif not found:
        click.echo("No turn was given up." if dead else "Nothing waits, and no turn was given up.")
    else:
        for one in found:
            click.echo(_line(one))


@turns.command()
@numbers
@database_option
def retry(*, numbers: tuple[int, ...], database_url: str | None) -> None:
    """Work turns again that were given up."""
    again = _with_queue(database_url, lambda queue: queue.retry(numbers))
    for number in numbers:
        if number in again:
            click.echo(f"Turn {number} waits again, as turn {again[number]}.")
    _complain(numbers, again, "is not one that was given up")


@turns.command()
@numbers
@database_option
def drop(*, numbers: tuple[int, ...], database_url: str | None) -> None:
    """Drop turns that wait or were given up; nobody is told."""
    gone = _with_queue(database_url, lambda queue: queue.drop(numbers))
    for number in gone:
        click.echo(f"Turn {number} is dropped.")
    _complain(numbers, gone, "neither waits nor was it given up")


def _complain(numbers: tuple[int, ...], done: Any, why: str) -> None:
    if wrong := [str(number) for number in numbers if number not in done]:
        raise click.ClickException(f"Turn {', '.join(wrong)} {why}. See: salesmate turns list")


def _with_queue(database_url: str | None, do: Callable[[Queue], Awaitable[T]]) -> T:
    async def run() -> T:
        from agents.records.database import open_database
        from agents.records.settings import RecordsSettings
        from bot.turns.queue import open_queue

        database = await open_database(database_url or RecordsSettings().database)
        try:
            return await do(open_queue(database))
        finally:
            await database.close()

    return asyncio.run(run())


def _line(one: Entry) -> str:
    error = f"  {one_line(one.error)}" if one.error else ""
    where = one_line(one.conversation)
    return f"{one.id}  {_age(one.age_s)}  {one.kind:<10} {one.status:<8} {one.attempts}x  {where}{error}"


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:4.0f} s"
    return f"{seconds / 60:4.0f} min" if seconds < 7200 else f"{seconds / 3600:4.0f} h"


def _entry_json(one: Entry) -> dict[str, Any]:
    return asdict(one) | {"received_at": one.received_at.isoformat(), "age_s": round(one.age_s, 3)}
