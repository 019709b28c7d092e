"""`salesmate hint`: what is worth knowing in a running call, from the command line."""

from __future__ import annotations

import asyncio
import json

import click

from agents.copilot.counter import (
    audience_option,
    collection_option,
    opened,
    printed,
    read_file,
    shown_source,
)


@click.command()
@collection_option
@audience_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def hint(collection: str | None, audiences: tuple[str, ...], *, as_json: bool) -> None:
    """Say what is worth knowing about what the customer just said.

    Reads the call from standard input: {"turns": [{"role": "seller" or "customer", "text": "…"}, …]}
    """
    from agents.copilot.history import UnusableHistoryError, read_call
    from agents.copilot.kept import hint_entry, keep_locally

    try:
        talk = read_call(read_file("-"))
    except UnusableHistoryError as error:
        raise click.UsageError(f"Standard input: {error}") from None
    with opened(collection, audiences) as desk:
        found = asyncio.run(desk.hints(talk, collection=collection))
    if as_json:
        printed(json.dumps({"notes": [note.to_json() for note in found.notes]}, ensure_ascii=False))
    elif not found.notes:
        printed("Nothing in the documents bears on that.")
    for note in () if as_json else found.notes:
        printed("\n".join((note.text, *(shown_source(source) for source in note.citations))))
    asyncio.run(keep_locally(hint_entry(found)))
