"""The indexes every contract test runs on: a file, the Weaviate double, a real Weaviate if one is named."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from ingestion.chunk import Chunk, document_id
from ingestion.embed import Vectors
from ingestion.index.choose import open_index
from ingestion.index.protocol import Index, IndexedDocument
from ingestion.index.weaviate import connect
from ingestion.index.weaviate_schema import CHUNKS, DOCUMENTS
from ingestion.index.workspace import safe_name
from ingestion.settings import Settings
from tests.fakes.embedder import HashingEmbedder
from tests.fakes.weaviate import Running

# Read when the tests are collected: no setting of the machine reaches a test itself.
REAL = Settings() if os.environ.get("SALESMATE_WEAVIATE_URL") else None
BACKENDS = [
    pytest.param("embedded", id="embedded"),
    pytest.param(
        "double", id="double", marks=pytest.mark.skipif(REAL is not None, reason="a real Weaviate is named")
    ),
    pytest.param(
        "server",
        id="server",
        marks=pytest.mark.skipif(REAL is None, reason="SALESMATE_WEAVIATE_URL names no Weaviate"),
    ),
]
EMBEDDER = HashingEmbedder()

OpenIndex = Callable[[str], Index]
"""Opens the index of a workspace; every call another instance, as another process would have."""


@contextmanager
def server_of(backend: str) -> Iterator[Settings | None]:
    """What leads to the server of a backend; None for the embedded one, which has none."""
    if backend == "double":
        with Running(api_key="a-key") as running:
            yield settings_for(running)
    else:
        yield REAL if backend == "server" else None


def settings_for(running: Running) -> Settings:
    """What a person would set to use the double."""
    fake = running.fake
    return Settings.model_validate(
        {"weaviate_url": fake.url, "weaviate_grpc_port": fake.grpc_port, "weaviate_api_key": fake.api_key}
    )


@contextmanager
def opening(settings: Settings) -> Iterator[OpenIndex]:
    """Indexes of workspaces that nobody else has, empty at first and gone afterwards."""
    mine, opened, workspaces = uuid.uuid4().hex[:8], list[Index](), set[str]()

    def open_one(workspace: str) -> Index:
        workspaces.add(f"{workspace} {mine}")
        opened.append(open_index(settings, f"{workspace} {mine}"))
        return opened[-1]

    yield open_one
    for index in opened:
        index.close()
    if settings.weaviate_url and workspaces:
        connection = connect(settings)
        with connection.asking() as client:
            for name in (DOCUMENTS, CHUNKS):
                client.collections.use(name).tenants.remove([safe_name(one) for one in workspaces])
        connection.close()


@dataclass(frozen=True)
class Paper:
    """A document ready to be indexed."""

    entry: IndexedDocument
    chunks: tuple[Chunk, ...]
    vectors: Vectors

    def into(self, index: Index) -> None:
        index.replace(self.entry, self.chunks, self.vectors)


def paper(
    name: str,
    *texts: str,
    collection: str = "firm",
    audience: tuple[str, ...] = (),
    title: str = "Fees",
    digest: str = "d1",
) -> Paper:
    """A paper with a chunk a text, one on each page."""
    entry = IndexedDocument(
        document_id(collection, name),
        *(collection, name, title, f"file:///papers/{name}", digest, date(2025, 4, 1), audience),
        *("file:///papers", len(texts), len(texts), datetime(2026, 5, 1, 9, 30, 15, 250, UTC)),
        ("page 9 is scanned",),
    )
    chunks = tuple(Chunk(number, "Fees > Exit", text, "") for number, text in enumerate(texts, start=1))
    return Paper(entry, chunks, EMBEDDER.embed([f"{title}\n{text}" for text in texts]))
