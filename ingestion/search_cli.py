"""`salesmate search`: what the documents hold on a question, from the command line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from ingestion.alpha_option import checked_alpha
from ingestion.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.alpha import Alpha
    from ingestion.index.protocol import Hit
    from ingestion.sync import Progress

SHOWN = ("document", "title", "page", "heading", "text", "score", "uri", "chunk")
SNIPPET_CHARACTERS = 220


@click.command()
@click.argument("query")
@click.option("--collection", metavar="NAME", help="Look only in this collection of documents.")
@click.option(
    "--k", default=10, show_default=True, type=click.IntRange(1, 1000), help="At most so many hits."
)
@click.option(
    "--alpha",
    metavar="ALPHA",
    callback=checked_alpha,
    help="Weight of meaning against words, 0 to 1 or auto; otherwise as SALESMATE_ALPHA says.",
)
@click.option(
    "--audience", "audiences", multiple=True, metavar="GROUP", help="See as a member of this group would."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list and nothing else.")
def search(
    query: str,
    collection: str | None,
    k: int,
    alpha: Alpha | None,
    audiences: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Find the passages of the company's documents nearest to QUERY."""
    from ingestion.embed import default_embedder
    from ingestion.index.choose import open_index
    from ingestion.rerank import open_reranker
    from ingestion.sample_documents import see_to_samples
    from ingestion.search import Search
    from ingestion.settings import Settings

    if not query.strip():
        raise click.UsageError("The query is empty.")
    settings = Settings()
    index = open_index(settings)
    try:
        embedder = default_embedder(settings.embeddings_folder)
        see_to_samples(index, embedder, settings, _show_progress)
        find = Search(index, embedder, settings.alpha, audiences or None, open_reranker(settings))
        find.check_collection(collection)
        hits = find(query, collection, k, alpha)
    finally:
        index.close()
    if as_json:
        click.echo(
            json.dumps([{name: getattr(hit, name) for name in SHOWN} for hit in hits], ensure_ascii=False)
        )
    else:
        click.echo(_for_people(query, hits))


def _show_progress(progress: Progress) -> None:
    """On stderr, and only where somebody watches: stdout belongs to the hits."""
    if progress.chunks and sys.stderr.isatty():
        line = f"Reading {progress.collection} documents: {progress.done} of {progress.total}"
        click.echo(f"\r{line}", nl=progress.done == progress.total, err=True)


def _for_people(query: str, hits: Sequence[Hit]) -> str:
    if not hits:
        return "Nothing found."
    blocks = []
    for rank, hit in enumerate(hits, 1):
        place = f"{printable(hit.title)}, page {hit.page}" + (
            f", {printable(hit.heading)}" if hit.heading else ""
        )
        blocks.append(
            f"{rank:>2}. {click.style(place, bold=True)}  ({hit.score:.2f})\n"
            f"    {_snippet(hit.text, query)}\n"
            f"    {click.style(printable(hit.uri), dim=True)}"
        )
    return "\n".join(blocks)


def _snippet(text: str, query: str) -> str:
    """The stretch of the text that holds most of the query's words, without marks and breaks."""
    from ingestion.words import stems

    words = [word for word in printable(text).replace("|", " ").split() if word.strip("#*-:>")]
    wanted = set(stems(query))
    holds = [bool(wanted.intersection(stems(word))) for word in words]
    best, most, start, length, count = (0, 0), -1, 0, 0, 0
    for end, word in enumerate(words):
        length += len(word) + 1
        count += holds[end]
        while length > SNIPPET_CHARACTERS and start < end:
            length -= len(words[start]) + 1
            count -= holds[start]
            start += 1
        if count > most:
            best, most = (start, end + 1), count
    first, last = best
    while last < len(words) and len(" ".join(words[first : last + 1])) <= SNIPPET_CHARACTERS:
        last += 1
    cut = " ".join(words[first:last])
    return f"{'… ' if first else ''}{cut}{' …' if last < len(words) else ''}"
