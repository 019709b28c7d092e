"""The Weaviate double over the wire, asked by Weaviate's own client and by hand."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest
import weaviate
from weaviate.classes.config import Configure, DataType, Property, Tokenization
from weaviate.classes.data import DataObject
from weaviate.classes.init import Auth
from weaviate.classes.query import Filter, HybridFusion, MetadataQuery, Sort
from weaviate.exceptions import (
    UnexpectedStatusCodeError,
    WeaviateInsertManyAllFailedError,
    WeaviateQueryError,
)

from tests.fakes.weaviate import Running

KEY = "a-key"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with Running(api_key=KEY) as running:
        yield running


def connected(running: Running, key: str = KEY) -> weaviate.WeaviateClient:
    host, port = running.fake.url.removeprefix("http://").split(":")
    return weaviate.connect_to_custom(
        http_host=host,
        http_port=int(port),
        http_secure=False,
        grpc_host=host,
        grpc_port=running.fake.grpc_port,
        grpc_secure=False,
        auth_credentials=Auth.api_key(key),
        skip_init_checks=True,
    )


@pytest.fixture
def client(running: Running) -> Iterator[weaviate.WeaviateClient]:
    running.fake.store.classes.clear()
    with connected(running) as client:
        client.collections.create(
            "Fee",
            properties=[
                Property(name="words", data_type=DataType.TEXT, tokenization=Tokenization.WHITESPACE),
                Property(name="page", data_type=DataType.INT),
                Property(name="groups", data_type=DataType.TEXT_ARRAY),
                Property(name="dated", data_type=DataType.DATE),
            ],
            vector_config=[Configure.Vectors.self_provided(name="text")],
            multi_tenancy_config=Configure.multi_tenancy(enabled=True),
        )
        client.collections.use("Fee").tenants.create("acme")
        yield client


def test_what_is_written_is_read_back(client: weaviate.WeaviateClient) -> None:
    fees = client.collections.use("Fee").with_tenant("acme")
    ids = [uuid.UUID(int=number) for number in range(1, 6)]
    fees.data.insert_many(
        [
            DataObject(
                {"words": f"fee {one.int}", "page": one.int, "groups": []}, uuid=one, vector={"text": [1, 0]}
            )
            for one in ids
        ]
    )
    assert [entry.uuid for entry in fees.iterator(cache_size=2)] == ids
    assert fees.query.fetch_objects_by_ids(ids[:2]).objects[1].properties["page"] == 2
    assert fees.aggregate.over_all(total_count=True).total_count == 5
    deleted = fees.data.delete_many(where=Filter.by_property("page").less_than(3))
    assert (deleted.matches, deleted.successful, deleted.failed) == (2, 2, 0)
    assert fees.data.delete_by_id(ids[4])
    assert not fees.data.delete_by_id(ids[4])
    assert len(fees) == 2


def test_a_hybrid_search_gives_scores(client: weaviate.WeaviateClient) -> None:
    fees = client.collections.use("Fee").with_tenant("acme")
    for number, vector in ((1, [1.0, 0.0]), (2, [0.0, 1.0])):
        words = "exit fee" if number == 1 else "staff"
        fees.data.insert({"words": words}, uuid=uuid.UUID(int=number), vector={"text": vector})
    result = fees.query.hybrid(
        "exit",
        vector=[0.0, 1.0],
        target_vector="text",
        alpha=0.25,
        fusion_type=HybridFusion.RELATIVE_SCORE,
        query_properties=["words"],
        limit=5,
        return_metadata=MetadataQuery(score=True),
    )
    assert [(entry.uuid.int, entry.metadata.score) for entry in result.objects] == [(1, 0.75), (2, 0.25)]


def test_what_the_server_refuses_is_refused(client: weaviate.WeaviateClient) -> None:
    fees = client.collections.use("Fee")
    with pytest.raises(WeaviateQueryError, match="multi-tenancy enabled, but request was without tenant"):
        fees.query.fetch_objects()
    with pytest.raises(WeaviateQueryError, match="tenant not found"):
        fees.with_tenant("other").query.fetch_objects()
    with pytest.raises(WeaviateQueryError, match="could not find class Nowhere in schema"):
        client.collections.use("Nowhere").query.fetch_objects()
    acme = fees.with_tenant("acme")
    with pytest.raises(WeaviateQueryError, match="no such prop with name 'nowhere'"):
        acme.query.fetch_objects(filters=Filter.by_property("nowhere").equal("x"))
    with pytest.raises(WeaviateQueryError, match="query maximum results exceeded"):
        acme.query.fetch_objects(limit=10_000, offset=1)
    with pytest.raises(WeaviateInsertManyAllFailedError, match="no such prop with name 'strange'"):
        acme.data.insert_many([{"strange": "x"}])
    with pytest.raises(UnexpectedStatusCodeError, match="class name Fee already exists"):
        client.collections.create("Fee")


def test_one_bad_object_does_not_stop_the_others(client: weaviate.WeaviateClient) -> None:
    fees = client.collections.use("Fee").with_tenant("acme")
    result = fees.data.insert_many([{"words": "one"}, {"page": 1.5}, {"words": "three"}])
    assert list(result.errors) == [1]
    assert "requires an integer" in result.errors[1].message
    assert len(fees) == 2


def test_what_the_double_does_not_serve_is_refused_and_not_passed_over(
    client: weaviate.WeaviateClient,
) -> None:
    fees = client.collections.use("Fee").with_tenant("acme")
    with pytest.raises(WeaviateQueryError, match="does not serve sort_by of SearchRequest"):
        fees.query.fetch_objects(sort=Sort.by_property("page"))
    with pytest.raises(WeaviateQueryError, match="does not serve near_vector of SearchRequest"):
        fees.query.near_vector([1.0, 0.0])
    with pytest.raises(WeaviateQueryError, match="does not serve autocut of SearchRequest"):
        fees.query.hybrid("fee", auto_limit=2)
    with pytest.raises(WeaviateQueryError, match="does not serve distance of MetadataRequest"):
        fees.query.fetch_objects(return_metadata=MetadataQuery(distance=True))


def test_a_wrong_key_is_refused_on_both_ports(running: Running, client: weaviate.WeaviateClient) -> None:
    for headers, says in (
        ({}, "anonymous access not enabled"),
        ({"Authorization": "Bearer x"}, "invalid api key"),
    ):
        answer = httpx.get(f"{running.fake.url}/v1/schema", headers=headers)
        assert (answer.status_code, says in answer.json()["message"]) == (401, True)
    with pytest.raises(UnexpectedStatusCodeError, match="401"):
        connected(running, "another")
    running.fake.api_key = "changed meanwhile"
    with pytest.raises(WeaviateQueryError, match="invalid api key"):
        client.collections.use("Fee").with_tenant("acme").query.fetch_objects()
    running.fake.api_key = KEY


def test_the_well_known_addresses_need_no_key(running: Running) -> None:
    codes = [
        httpx.get(f"{running.fake.url}/v1/.well-known/{name}").status_code
        for name in ("live", "ready", "openid-configuration")
    ]
    assert codes == [200, 200, 404]
