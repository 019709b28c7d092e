"""`salesmate eval retrieval`: words, meaning and both together, side by side on a public retrieval set."""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingestion.alpha_option import checked_alpha

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.alpha import Alpha
    from ingestion.evals.retrieval_set import RetrievalSet
    from ingestion.index.protocol import Index
    from ingestion.settings import Settings

READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--corpus", required=True, type=READABLE, help='JSON lines with "_id", "text" and maybe "title".'
)
@click.option("--queries", required=True, type=READABLE, help='JSON lines with "_id" and "text".')
@click.option(
    "--qrels", required=True, type=READABLE, help="Query id, corpus id and gain a line, parted by tabs."
)
@click.option(
    "--alpha",
    metavar="ALPHA",
    callback=checked_alpha,
    help="Weight of meaning in hybrid; otherwise as SALESMATE_ALPHA says.",
)
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Ask only so many of the questions.")
@click.option("--seed", default=0, show_default=True, help="Which of them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def retrieval(
    corpus: Path,
    queries: Path,
    qrels: Path,
    alpha: Alpha | None,
    sample: int | None,
    seed: int,
    *,
    as_json: bool,
) -> None:
    """Measure search on a public set: BM25, dense and hybrid side by side."""
    from ingestion.evals.retrieval_set import read_retrieval_set
    from ingestion.settings import Settings

    known = read_retrieval_set(corpus, queries, qrels)
    if sample is not None:
        known = known.sample(sample, seed)
    settings = Settings()
    weight = settings.alpha if alpha is None else alpha
    with _workspace(settings) as index:
        data = _measured(known, index, settings, weight, quiet=as_json)
    if as_json:
        click.echo(json.dumps(data))
    else:
        _print(data)


@contextmanager
def _workspace(settings: Settings) -> Iterator[Index]:
    """An empty index of the configured kind, which leaves nothing behind."""
    from ingestion.evals.retrieval import COLLECTION
    from ingestion.index.choose import open_index

    with tempfile.TemporaryDirectory(prefix="salesmate-eval-") as home:
        own = settings.model_copy(update={"home": Path(home)})
        index = open_index(own, f"eval-{secrets.token_hex(6)}")
        try:
            yield index
        finally:
            if settings.weaviate_url:  # a server keeps what is put into it
                for document in index.documents(COLLECTION).values():
                    index.remove(document.id)
            index.close()


def _measured(
    known: RetrievalSet, index: Index, settings: Settings, alpha: Alpha, *, quiet: bool
) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import track

    from ingestion.embed import default_embedder
    from ingestion.evals.retrieval import documents_of, figures_of, put_in, ways
    from ingestion.kept_vectors import KeptVectors

    console, start = Console(stderr=True), time.monotonic()
    embedder = default_embedder(settings.embeddings_folder)
    kept = KeptVectors(embedder, settings.embeddings_folder / "passages.sqlite")
    try:
        reading = track(known.corpus, "Indexing", console=console, transient=True, disable=quiet)
        chunks = sum(put_in(passage, index, kept) for passage in reading)
    finally:
        kept.close()
    indexed = time.monotonic()
    data: dict[str, Any] = {
        "questions": len(known.questions),
        "documents": len(known.corpus),
        "chunks": chunks,
        "index": "weaviate" if settings.weaviate_url else "embedded",
        "alpha": alpha,
    }
    for way, ask in ways(index, embedder, alpha).items():
        asking = track(known.questions, f"Asking {way}", console=console, transient=True, disable=quiet)
        rankings = [(documents_of(ask(question.text)), question) for question in asking]
        data[way] = figures_of(rankings).to_json()
    done = time.monotonic()
    data["seconds"] = {"indexing": round(indexed - start, 1), "asking": round(done - indexed, 1)}
    return data


def _print(data: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Search by", "nDCG@10", "recall@10", "hit@5")
    names = {
        "bm25": "words (BM25)",
        "dense": "meaning (dense)",
        "hybrid": f"both (hybrid, alpha {data['alpha']})",
    }
    for way, name in names.items():
        table.add_row(name, *(f"{figure:.3f}" for figure in data[way].values()))
    console = Console()
    console.print(table)
    took = data["seconds"]
    console.print(
        f"{data['questions']} questions, {data['documents']} documents in {data['chunks']} chunks,"
        f" {data['index']} index; {took['indexing']} s to index, {took['asking']} s to ask."
    )
