"""`salesmate finetune promote`, `rollback` and `status`: who speaks for the customer from now on."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from agents.records.model_versions import ModelVersion, ModelVersions, Promotion, Standing

T = TypeVar("T")
DB = click.option(
    "--db", "database_url", metavar="URL", help="The database, instead of SALESMATE_DATABASE_URL."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
BY = click.option("--by", metavar="NAME", help="Who does this, for the history.  [default: who is logged in]")
SHOWN = 10
"""Moves of the history that people are shown."""


@click.command()
@click.argument("what", metavar="RUN-FOLDER|VERSION")
@click.option(
    "--even-though", metavar="REASON", help="Promote what did not pass its gate; the reason is kept."
)
@click.option("--as", "served_as", metavar="MODEL", help="How you serve it yourself, such as server:NAME.")
@BY
@DB
@JSON
def promote(
    what: str,
    even_though: str | None,
    served_as: str | None,
    by: str | None,
    database_url: str | None,
    *,
    as_json: bool,
) -> None:
    """Let the model of a run, or a version that is registered, speak for the customer.

    Running bots take it for new calls within seconds. Calls that have begun keep the version they began with.
    """
    from finetune.promote import promote_run, promote_version, read_run, registered

    async def move(registry: ModelVersions) -> Standing:
        if served_as is None and await registered(registry, what):
            return await promote_version(registry, what, by=by or somebody(), even_though=even_though)
        candidate = await asyncio.to_thread(read_run, what, served_as)
        return await promote_run(registry, candidate, by=by or somebody(), even_though=even_though)

    _tell(with_registry(move, database_url), as_json=as_json)


@click.command()
@click.option("--because", "reason", metavar="REASON", help="Why, for the history.")
@BY
@DB
@JSON
def rollback(reason: str | None, by: str | None, database_url: str | None, *, as_json: bool) -> None:
    """Let speak again who spoke before the last promotion; once more, who spoke before that."""

    async def move(registry: ModelVersions) -> Standing:
        _, now = await registry.rollback(by or somebody(), reason)
        return now

    _tell(with_registry(move, database_url), as_json=as_json)


@click.command()
@DB
@JSON
def status(database_url: str | None, *, as_json: bool) -> None:
    """Say which version of the customer is promoted, what was before, and who speaks in new calls."""
    from finetune.promote import described

    async def look(registry: ModelVersions) -> tuple[Standing, list[ModelVersion], list[Promotion]]:
        return await registry.standing(), await registry.versions(), await registry.history()

    standing, versions, history = with_registry(look, database_url)
    speaker, why = _who_speaks(standing)
    if as_json:
        data = {
            "current": described(standing),
            "speaks": {"name": speaker, "why": why},
            "versions": [_version_json(one) for one in versions],
            "history": [_move_json(one) for one in history],
        }
        click.echo(json.dumps(data, ensure_ascii=False))
        return
    _print(standing)
    click.echo(f"New calls with these settings: {speaker} ({why}).")
    if history:
        click.echo("\nHistory, newest first:")
    for one in history[:SHOWN]:
        reason = f": {one.reason}" if one.reason else ""
        click.echo(f"  {one.promoted_at:%Y-%m-%d %H:%M} UTC  {_moved(one)}, by {one.by}{reason}")
    if len(history) > SHOWN:
        click.echo(f"  … and {len(history) - SHOWN} before; --json has them all.")
    others = [one for one in versions if standing.version is None or one.id != standing.version.id]
    if others:
        click.echo("\nOther versions: salesmate finetune promote VERSION lets one speak.")
    for version in others:
        click.echo(f"  {version.id}  {version.model}, from {version.run}")


def with_registry(work: Callable[[ModelVersions], Awaitable[T]], database_url: str | None) -> T:
    from agents.records.database import open_database
    from agents.records.model_versions import ModelVersions
    from agents.records.settings import RecordsSettings

    async def run() -> T:
        database = await open_database(database_url or RecordsSettings().database)
        try:
            return await work(ModelVersions(database))
        finally:
            await database.close()

    return asyncio.run(run())


def _who_speaks(standing: Standing) -> tuple[str, str]:
    """In processes with the settings of this one."""
    from agents.models.catalogue import resolve
    from agents.models.errors import ModelNotUsable
    from agents.models.settings import model_settings

    settings = model_settings()
    if standing.version and settings.named_for("customer") in ("", "auto"):
        return standing.version.name, "promoted"
    try:
        voice = resolve("customer", settings)
    except ModelNotUsable as error:
        return "nobody", str(error)
    return voice.name, voice.why


def _tell(standing: Standing, *, as_json: bool) -> None:
    from finetune.promote import described

    if as_json:
        click.echo(json.dumps(described(standing), ensure_ascii=False))
        return
    _print(standing)
    speaker, why = _who_speaks(standing)
    if standing.version is None:
        click.echo(f"New calls with these settings, within seconds: {speaker} ({why}).")
        click.echo("Calls that have begun go on as they are.")
        return
    if speaker != standing.version.name:
        click.echo(f"But with these settings {speaker} speaks: {why}. Unset SALESMATE_CUSTOMER_MODEL.")
    click.echo("New calls take it within seconds; calls that have begun go on as they are.")


def _print(standing: Standing) -> None:
    version, move = standing.version, standing.promotion
    if version is None or move is None:
        click.echo("No version of the customer is promoted.")
        return
    since = f"since {move.promoted_at:%Y-%m-%d %H:%M} UTC, by {move.by}"
    click.echo(f"{version.name} speaks for the customer {since}.")
    click.echo(f"  {version.model}, from {version.run}; licence: {version.licence}")
    if version.card:
        click.echo(f"  Model card: {version.card}")


def _moved(move: Promotion) -> str:
    version = move.version or "nothing promoted"
    return f"{version} promoted" if move.how == "promote" else f"back to {version}"


def _version_json(version: ModelVersion) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(version), "name": version.name, "created_at": version.created_at.isoformat()}


def _move_json(move: Promotion) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(move), "promoted_at": move.promoted_at.isoformat()}


def somebody() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name
        return "unknown"
