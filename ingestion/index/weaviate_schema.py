"""The two Weaviate collections: documents and their chunks, a tenant a workspace, every setting named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from weaviate.classes.config import (
    Configure,
    DataType,
    Property,
    StopwordsPreset,
    Tokenization,
    VectorDistances,
)
from weaviate.exceptions import UnexpectedStatusCodeError

from ingestion.errors import IndexUnavailableError
from ingestion.index.bm25 import K1, B

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weaviate import WeaviateClient

DOCUMENTS, CHUNKS = "SalesMateDocument", "SalesMateChunk"
VECTOR = "text"
"""The name of a chunk's only vector; documents have none."""
SCHEMA_VERSION = 1


def _text(name: str, *, filterable: bool = False) -> Property:
    return _property(name, DataType.TEXT, filterable=filterable)


def _property(name: str, kind: DataType, *, filterable: bool = False) -> Property:
    textual = kind in {DataType.TEXT, DataType.TEXT_ARRAY}
    return Property(
        name=name,
        data_type=kind,
        index_filterable=filterable,
        index_searchable=False if textual else None,
        tokenization=Tokenization.FIELD if textual else None,
    )


DOCUMENT_PROPERTIES = (
    _text("version"),
    _text("stamp"),
    _text("collection", filterable=True),
    *(_text(name) for name in ("name", "title", "uri", "digest", "source")),
    _property("dated", DataType.DATE),
    _property("audience", DataType.TEXT_ARRAY),
    _property("pages", DataType.INT),
    _property("chunks", DataType.INT),
    _property("indexed_at", DataType.DATE),
    _property("warnings", DataType.TEXT_ARRAY),
)
CHUNK_PROPERTIES = (
    *(_text(name, filterable=True) for name in ("document", "version", "collection")),
    _property("readers", DataType.TEXT_ARRAY, filterable=True),
    _property("ordinal", DataType.INT, filterable=True),
    _property("written", DataType.INT, filterable=True),
    _property("page", DataType.INT),
    *(_text(name) for name in ("chunk", "heading", "text", "table_header")),
    # The only words that BM25 counts: analysed already, so the server splits them at blanks and no more.
    Property(
        name="terms",
        data_type=DataType.TEXT,
        tokenization=Tokenization.WHITESPACE,
        index_searchable=True,
        index_filterable=False,
    ),
)


def make_ready(client: WeaviateClient, tenant: str) -> None:
    """See that both collections and the tenant are there; what another process makes meanwhile is fine.

    Raises IndexUnavailableError when a newer SalesMate, or somebody else, made them.
    """
    for name, properties in ((DOCUMENTS, DOCUMENT_PROPERTIES), (CHUNKS, CHUNK_PROPERTIES)):
        if not client.collections.exists(name):
            _create(client, name, properties)
        _check_version(client, name)
        tenants = client.collections.use(name).tenants
        if tenants.get_by_name(tenant) is None:
            tenants.create(tenant)


def _create(client: WeaviateClient, name: str, properties: Sequence[Property]) -> None:
    # Uncompressed also where the server compresses by default: cosines are then exact.
    exact = Configure.VectorIndex.hnsw(
        distance_metric=VectorDistances.COSINE, quantizer=Configure.VectorIndex.Quantizer.none()
    )
    index = exact if name == CHUNKS else Configure.VectorIndex.none()
    try:
        client.collections.create(
            name,
            description=f"{_ours(name)} {SCHEMA_VERSION}",
            properties=list(properties),
            vector_config=[Configure.Vectors.self_provided(name=VECTOR, vector_index_config=index)],
            inverted_index_config=Configure.inverted_index(
                bm25_b=B, bm25_k1=K1, stopwords_preset=StopwordsPreset.NONE
            ),
            multi_tenancy_config=Configure.multi_tenancy(
                enabled=True, auto_tenant_creation=False, auto_tenant_activation=True
            ),
        )
    except UnexpectedStatusCodeError:
        if not client.collections.exists(name):
            raise


def _check_version(client: WeaviateClient, name: str) -> None:
    description = client.collections.use(name).config.get(simple=True).description or ""
    found = re.fullmatch(re.escape(_ours(name)) + r" (\d+)", description)
    if found is None:
        raise IndexUnavailableError(
            f"Weaviate has a collection {name} that SalesMate did not make. Give it a server of its own."
        )
    if int(found[1]) > SCHEMA_VERSION:
        raise IndexUnavailableError(
            f"The index in Weaviate was made by a newer SalesMate (version {found[1]}, this one knows"
            f" {SCHEMA_VERSION}). Update SalesMate."
        )


def _ours(name: str) -> str:
    kept = "chunks" if name == CHUNKS else "documents"
    return f"SalesMate keeps its {kept} here. Version"
