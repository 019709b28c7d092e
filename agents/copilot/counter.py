"""What `ask` and `hint` share on the command line: their options, opening the desk, reading and printing."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ingestion.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.copilot.desk import Desk
    from agents.copilot.result import Citation
    from ingestion.settings import Settings
    from ingestion.sync import Progress

LARGEST_INPUT = 5_000_000
"""Bytes: days of talk. More is a mistake, such as another file."""

collection_option = click.option(
    "--collection", metavar="NAME", help="Look only in this collection of documents."
)
audience_option = click.option(
    "--audience", "audiences", multiple=True, metavar="GROUP", help="See as a member of this group would."
)


@contextmanager
def opened(collection: str | None, audiences: tuple[str, ...]) -> Iterator[Desk]:
    """The desk with the copilot's model, closed at the end; what goes wrong becomes one line."""
    from agents.copilot.desk import open_desk
    from agents.models.catalogue import resolve
    from agents.models.errors import ModelNotUsable
    from agents.models.settings import ModelSettingsError, model_settings
    from ingestion.errors import KnowledgeError

    try:
        model = resolve("copilot", model_settings()).model
        desk = open_desk(_settings(), model=model, audiences=audiences or None, progress=_show_progress)
        try:
            desk.search.check_collection(collection)
            yield desk
        finally:
            desk.close()
    except (KnowledgeError, ModelNotUsable, ModelSettingsError) as error:
        raise click.ClickException(" ".join(str(error).split())) from error


def _settings() -> Settings:
    from pydantic import ValidationError

    from ingestion.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise click.ClickException(
            f"SALESMATE_{str(first['loc'][0]).upper()} is not usable: {first['msg']}."
        ) from None


def read_file(name: str) -> str:
    """A file's text, or standard input's for "-"."""
    try:
        with click.open_file(name, "rb") as file:
            content: bytes = file.read(LARGEST_INPUT + 1)
    except OSError as error:
        raise click.UsageError(f"{name} cannot be read: {error.strerror}.") from None
    where = "Standard input" if name == "-" else name
    if len(content) > LARGEST_INPUT:
        raise click.UsageError(
            f"{where} is larger than {LARGEST_INPUT:,} bytes; hand over the last turns only."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.UsageError(f"{where} is not UTF-8 text.") from None


def printed(text: str) -> None:
    """To standard output at once: what comes after is no business of whoever waits for it."""
    click.echo("\n".join(map(_harmless, text.split("\n"))) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def _harmless(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))] + printable(line)


def shown_source(source: Citation) -> str:
    """A citation as people read it."""
    heading = f", {source.heading}" if source.heading else ""
    return f"  [{source.n}] {source.title}, page {source.page}{heading}  {source.uri}"


def _show_progress(progress: Progress) -> None:
    """On stderr, and only where somebody watches: stdout belongs to the answer."""
    if progress.chunks and sys.stderr.isatty():
        done = progress.done == progress.total
        line = f"Reading {progress.collection} documents: {progress.done} of {progress.total}"
        click.echo(f"\r{line}", nl=done, err=True)
