"""`salesmate db`: the database itself."""

from __future__ import annotations

import asyncio

import click


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@click.option("--db", "database_url", metavar="URL", help="The database, instead of SALESMATE_DATABASE_URL.")
def upgrade(database_url: str | None) -> None:
    """Bring the database to the schema of this SalesMate, creating it where there is none."""
    from agents.records import database
    from agents.records.address import describe, normalise_url
    from agents.records.schema import HEAD
    from agents.records.settings import RecordsSettings

    address = database_url or RecordsSettings().database
    before = asyncio.run(database.upgrade(address))
    where = describe(normalise_url(address))
    if before == HEAD:
        click.echo(f"{where} is up to date (schema {HEAD}).")
    else:
        click.echo(f"{where} went from {f'schema {before}' if before else 'empty'} to schema {HEAD}.")
