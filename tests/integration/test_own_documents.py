"""A question that names no collection goes to one's own documents, and to the samples for want of others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import Index
from ingestion.sample_documents import ADDRESS, ensure_samples, see_to_samples
from ingestion.search import Search
from ingestion.settings import Settings
from tests.fakes.embedder import HashingEmbedder
from tests.integration.weaviate_backends import EMBEDDER, paper


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with closing(EmbeddedIndex(tmp_path / "knowledge.sqlite")) as opened:
        yield opened


def put(index: Index, name: str, collection: str, *, sample: bool = False) -> None:
    made = paper(name, f"The exit fee of {name}.", collection=collection)
    source = f"{ADDRESS}{collection}" if sample else "file:///papers"
    replace(made, entry=replace(made.entry, source=source)).into(index)


def found(index: Index, collection: str | None = None) -> set[str]:
    return {hit.document for hit in Search(index, EMBEDDER)("exit fee", collection)}


def test_samples_answer_only_while_there_is_nothing_else(index: Index) -> None:
    put(index, "sample", "northgate", sample=True)
    assert found(index) == {"sample"}
    put(index, "ours", "acme")
    put(index, "theirs", "brightwell")
    assert found(index) == {"ours", "theirs"}
    assert found(index, "northgate") == {"sample"}
    assert found(index, "acme") == {"ours"}


def test_ones_own_documents_are_searched_in_a_collection_called_like_a_sample(index: Index) -> None:
    put(index, "sample", "northgate", sample=True)
    put(index, "another-sample", "loomstack", sample=True)
    put(index, "ours", "northgate")
    assert "ours" in found(index)
    assert "another-sample" not in found(index)


def test_naming_a_sample_in_the_question_does_not_bring_it_in(index: Index) -> None:
    put(index, "sample", "northgate", sample=True)
    put(index, "ours", "acme")
    hits = Search(index, EMBEDDER)("what does the sample say of the exit fee")
    assert {hit.document for hit in hits} == {"ours"}


def test_switched_off_samples_are_taken_out_and_nothing_else_is(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = HashingEmbedder()
    ensure_samples(index, embedder)
    put(index, "ours", "northgate")
    monkeypatch.setenv("SALESMATE_SAMPLES", "off")
    see_to_samples(index, embedder, Settings())
    assert index.collections() == ("northgate",)
    assert list(index.documents("northgate")) == ["ours"]
    monkeypatch.setenv("SALESMATE_SAMPLES", "on")
    see_to_samples(index, embedder, Settings())
    assert "loomstack" in index.collections()
