"""`salesmate ingest`: documents into the index, what is in it, and out of it again."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.embed import Embedder
    from ingestion.index.protocol import Index
    from ingestion.report import SyncReport
    from ingestion.settings import Settings
    from ingestion.sources import Source

ADD = "add"
EVERYBODY = "everybody"


class SourcesOrCommand(click.Group):
    """A group whose first word, where it is none of its commands, is a SOURCE to ingest."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [ADD, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in super().list_commands(ctx) if name != ADD]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "[OPTIONS] SOURCE...")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.commands[ADD].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


def _name(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    from ingestion.naming import InvalidNameError, checked_name

    try:
        return None if value is None else checked_name(value, param.name or "")
    except InvalidNameError as error:
        raise click.UsageError(str(error), ctx) from error


def _groups(ctx: click.Context, _: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    from ingestion.naming import InvalidNameError, checked_group

    try:
        groups = tuple(checked_group(group) for group in value)
    except InvalidNameError as error:
        raise click.UsageError(str(error), ctx) from error
    if EVERYBODY in groups and len(groups) > 1:
        raise click.UsageError("--audience everybody leaves no room for other groups.", ctx)
    return () if groups == (EVERYBODY,) else groups or None


_collection = click.option("--collection", metavar="NAME", callback=_name, help="The collection's name.")
_workspace = click.option(
    "--workspace",
    metavar="NAME",
    default="local",
    show_default=True,
    callback=_name,
    help="Whose documents: each workspace has an index of its own.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


@click.group(cls=SourcesOrCommand)
def ingest() -> None:
    """Read documents into the index that answers come from.

    A SOURCE is a folder, a file or an address (https://, gs://, s3://). Only what is new or changed is read
    into the index; stop it at any time and run it again. A folder named like a command needs ./ before it.
    """


@ingest.command(ADD)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "--collection",
    metavar="NAME",
    callback=_name,
    help="Where to put the documents; otherwise the folder's name.",
)
@click.option(
    "--audience",
    "audience",
    multiple=True,
    metavar="GROUP",
    callback=_groups,
    help="Who may read them; may be repeated. 'everybody' opens them again; otherwise as before.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done and touch nothing.")
@click.option("--prune", is_flag=True, help="Remove documents whose file has gone from its SOURCE.")
@_workspace
@_json
def add(
    sources: tuple[str, ...],
    collection: str | None,
    audience: tuple[str, ...] | None,
    workspace: str,
    *,
    dry_run: bool,
    prune: bool,
    as_json: bool,
) -> None:
    """Read documents into the index that answers come from."""
    from ingestion.embed import default_embedder
    from ingestion.errors import IndexUnavailableError, KnowledgeError
    from ingestion.kept_vectors import KeptVectors
    from ingestion.ledger import Failure
    from ingestion.report import SyncReport
    from ingestion.run import Run, in_words
    from ingestion.settings import Settings

    settings = Settings()
    whole = SyncReport()
    with ExitStack() as open_until_done:
        index = open_until_done.enter_context(_opened(settings, workspace, only_if_there=dry_run))
        embedder: Embedder = default_embedder(settings.embeddings_folder)
        if not dry_run:
            kept = settings.embeddings_folder / "passages.sqlite"
            embedder = open_until_done.enter_context(closing(KeptVectors(embedder, kept)))
        run = Run(settings, workspace, index, embedder, audience, dry_run=dry_run, prune=prune)
        for address in sources:
            report = SyncReport()
            name = collection or address
            try:
                source, name = _source(address, collection)
                run(source, name, report)
            except IndexUnavailableError:
                raise
            except KnowledgeError as error:
                report.failed.append(Failure(address, str(error)))
            whole.add(report)
            if not as_json:
                click.echo(in_words(name, report, dry_run=dry_run))
            if whole.stopped:
                break
    if as_json:
        click.echo(json.dumps(whole.to_json(), ensure_ascii=False))
    _leave(whole)


@ingest.command()
@_collection
@_workspace
@_json
def status(collection: str | None, workspace: str, *, as_json: bool) -> None:
    """Show what is in the index; with --collection, each document of it."""
    from ingestion import status as report
    from ingestion.settings import Settings

    settings = Settings()
    with _opened(settings, workspace, only_if_there=True) as index:
        found = report.collections_in(index, settings.home, workspace)
    place = report.place_of(settings, workspace)
    if collection is not None:
        names = ", ".join(one.name for one in found) or "none"
        found = [one for one in found if one.name == collection]
        if not found:
            raise click.ClickException(f"There is no collection '{collection}'. Collections here: {names}.")
    documents = collection is not None
    if as_json:
        click.echo(json.dumps(report.to_json(place, found, documents=documents), ensure_ascii=False))
    else:
        click.echo(report.for_people(place, found, documents=documents))


@ingest.command()
@click.argument("document", required=False)
@_collection
@_workspace
@_json
def remove(document: str | None, collection: str | None, workspace: str, *, as_json: bool) -> None:
    """Remove DOCUMENT, or all of a --collection.

    DOCUMENT is its name, its id or its address, as `status --collection NAME --json` shows them.
    """
    from ingestion.printable import printable
    from ingestion.removal import remove as remove_documents
    from ingestion.sample_documents import is_sample
    from ingestion.settings import Settings

    if document is None and collection is None:
        raise click.UsageError("Say what to remove: a DOCUMENT, or --collection NAME for all of it.")
    settings = Settings()
    with _opened(settings, workspace, only_if_there=True) as index:
        report, removed = remove_documents(
            index, settings.home, workspace, document=document, collection=collection
        )
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
        return
    what = f"{report.removed} documents of {collection}" if document is None else removed[0].name
    samples = any(is_sample(one) for one in removed)
    again = (
        "Samples are put back at the next question" if samples else "Ingesting its source again puts it back"
    )
    click.echo(f"Removed {printable(what)}. {again}, while its file is there.")


@contextmanager
def _opened(settings: Settings, workspace: str, *, only_if_there: bool) -> Iterator[Index]:
    """The index, closed afterwards. `only_if_there`: none is made, an empty one stands in."""
    from ingestion.index.choose import open_index
    from ingestion.index.nothing import NothingIndexed
    from ingestion.status import index_file

    absent = not settings.weaviate_url and not index_file(settings, workspace).exists()
    with closing(NothingIndexed() if only_if_there and absent else open_index(settings, workspace)) as index:
        yield index


def _source(address: str, collection: str | None) -> tuple[Source, str]:
    from ingestion.naming import default_collection
    from ingestion.sources import open_source

    if "://" not in address and "::" not in address:
        # One spelling for one folder: what is known from it is looked up by its address.
        address = os.path.normpath(Path(address).expanduser().absolute())
    source = open_source(address)
    if collection is not None:
        return source, collection
    one_file = any(found.uri == source.address for found in source.files()[:1])
    return source, default_collection(source.address, one_file=one_file)


def _leave(report: SyncReport) -> None:
    """With the exit code that says how it went: 130 stopped, 1 something failed."""
    if report.stopped:
        raise click.Abort
    if report.failed:
        count = len(report.failed)
        what = "1 file or source" if count == 1 else f"{count} files or sources"
        raise click.ClickException(f"{what} could not be indexed, the rest was dealt with. See 'failed'.")
