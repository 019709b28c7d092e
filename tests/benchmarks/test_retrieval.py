"""Figures of `make bench`: what is found, ours and the prototype's way, on the same questions."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from ingestion.embed import Embedder, default_embedder
from ingestion.evals.retrieval import COLLECTION, documents_of, figures_of, put_in, ways
from ingestion.evals.retrieval_set import Question, read_retrieval_set
from ingestion.index.choose import open_index
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import Index
from ingestion.kept_vectors import KeptVectors
from ingestion.load import documents_in, load
from ingestion.sample_documents import ensure_samples, sample_folders
from ingestion.search import Search
from tests.benchmarks.prototype import read
from tests.integration.weaviate_backends import REAL, server_of

pytestmark = pytest.mark.bench

TATQA = Path(os.environ.get("TATQA", Path(__file__).parents[3] / "shared" / "data" / "retrieval" / "tatqa"))
SAMPLE = 500
SAMPLE_ON_BOTH = 200
QUESTIONS = Path(__file__).parents[1] / "data" / "copilot"
VECTORS = Path(tempfile.gettempdir()) / "salesmate-test-vectors" / "passages.sqlite"
"""Passages are embedded once per machine: four minutes the first time."""
ALPHAS = (0.25, 0.5, 0.75)


@pytest.fixture
def kept() -> Iterator[Embedder]:
    opened = KeptVectors(default_embedder(), VECTORS)
    yield opened
    opened.close()


@pytest.mark.skipif(
    not TATQA.exists(), reason="the TAT-QA retrieval set is not there; name its folder in TATQA"
)
def test_tables_and_text_of_annual_reports(tmp_path: Path, kept: Embedder) -> None:
    known = read_retrieval_set(TATQA / "corpus.jsonl", TATQA / "queries.jsonl", TATQA / "qrels.tsv")
    sample = known.sample(SAMPLE, seed=0).questions
    index, embedder = EmbeddedIndex(tmp_path / "knowledge.sqlite"), default_embedder()
    for passage in known.corpus:
        put_in(passage, index, kept)
    prototype = read([(passage.id, passage.text) for passage in known.corpus], kept)
    asks: dict[str, Callable[[str], list[str]]] = {
        "prototype": lambda text: prototype.search(embedder.embed([text])),
        "prototype without its cut-off": lambda text: prototype.search(embedder.embed([text]), -1),
    }
    for name, ask in ways(index, embedder, "auto").items():
        asks[f"ours, {name}"] = lambda text, ask=ask: documents_of(ask(text))  # type: ignore[misc]
    for alpha in ALPHAS:
        ask = ways(index, embedder, alpha)["hybrid"]
        asks[f"ours, hybrid {alpha}"] = lambda text, ask=ask: documents_of(ask(text))  # type: ignore[misc]
    print(f"\nTAT-QA, {len(sample)} of {len(known.questions)} questions, {len(known.corpus)} documents")
    for name, found in asks.items():
        show(name, [(found(one.text), one) for one in sample])


@pytest.mark.skipif(
    not TATQA.exists(), reason="the TAT-QA retrieval set is not there; name its folder in TATQA"
)
def test_both_indexes_find_the_same(tmp_path: Path, kept: Embedder) -> None:
    known = read_retrieval_set(TATQA / "corpus.jsonl", TATQA / "queries.jsonl", TATQA / "qrels.tsv")
    sample = known.sample(SAMPLE_ON_BOTH, seed=0).questions
    found: dict[str, dict[str, dict[str, float]]] = {}
    with server_of("server" if REAL else "double") as settings:
        assert settings is not None
        indexes: dict[str, Index] = {
            "embedded": EmbeddedIndex(tmp_path / "knowledge.sqlite"),
            "weaviate": open_index(settings, f"bench-{uuid.uuid4().hex[:6]}"),
        }
        for name, index in indexes.items():
            for passage in known.corpus:
                put_in(passage, index, kept)
            found[name] = {
                way: figures_of([(documents_of(ask(one.text)), one) for one in sample]).to_json()
                for way, ask in ways(index, default_embedder(), "auto").items()
            }
            for document in index.documents(COLLECTION).values() if name == "weaviate" else ():
                index.remove(document.id)
            index.close()
    print(f"\nTAT-QA, {len(sample)} questions, on both indexes")
    for name, ways_found in found.items():
        print(
            f"  {name}: "
            + "; ".join(f"{way} {figures['ndcg@10']:.3f}" for way, figures in ways_found.items())
        )
    rounded = [
        {way: {key: round(value, 3) for key, value in figures.items()} for way, figures in ways_found.items()}
        for ways_found in found.values()
    ]
    assert rounded[0] == rounded[1]


@pytest.mark.parametrize("half", ["tune", "report"])
def test_the_sample_documents(tmp_path: Path, kept: Embedder, half: str) -> None:
    index, embedder = EmbeddedIndex(tmp_path / "knowledge.sqlite"), default_embedder()
    ensure_samples(index, embedder)
    prototypes = {folder.name: read(pages_of(folder), kept) for folder in sample_folders()}
    lines = (QUESTIONS / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if case["answerable"] and not case["history"]]
    search = Search(index, embedder)
    asks: dict[str, Callable[[str, str], list[str]]] = {
        "prototype": lambda firm, text: prototypes[firm].search(embedder.embed([text])),
        "prototype without its cut-off": lambda firm, text: prototypes[firm].search(
            embedder.embed([text]), -1
        ),
        "ours": lambda firm, text: places_of(search, text, firm, None),
        **{f"ours, alpha {alpha}": fixed(search, alpha) for alpha in (0.0, *ALPHAS, 1.0)},
    }
    print(f"\nSample documents, {half}: {len(cases)} questions; document and page among the first five")
    for name, ask in asks.items():
        show(name, [(ask(case["firm"], case["question"]), wanted(case)) for case in cases])


def show(name: str, rankings: list[tuple[list[str], Question]]) -> None:
    figures = figures_of(rankings).to_json()
    empty = mean(not found for found, _ in rankings)
    print(f"  {name}: " + ", ".join(f"{key} {figure:.3f}" for key, figure in figures.items()), end="")
    print(f", nothing found {empty:.0%}" if empty else "")


def fixed(search: Search, alpha: float) -> Callable[[str, str], list[str]]:
    return lambda firm, text: places_of(search, text, firm, alpha)


def places_of(search: Search, text: str, firm: str, alpha: float | None) -> list[str]:
    return list(dict.fromkeys(f"{hit.document}:{hit.page}" for hit in search(text, firm, 30, alpha)))


def pages_of(folder: Path) -> list[tuple[str, str]]:
    paths = documents_in(folder)
    read_files = [load(path.read_bytes(), name=path.relative_to(folder).as_posix(), uri="") for path in paths]
    return [(f"{one.name}:{page.number}", page.text) for one in read_files for page in one.pages]


def wanted(case: dict[str, Any]) -> Question:
    """Any of the places named is right."""
    places = {f"{gold['document']}:{gold['page']}": 1.0 for gold in case["gold"]}
    return Question(case["id"], case["question"], places)
