"""The Weaviate double's gRPC service, on the messages that the client publishes.

A field that the double does not serve is refused with INVALID_ARGUMENT, never passed over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import grpc  # type: ignore[import-untyped]
import numpy as np
from google.protobuf.json_format import MessageToDict
from weaviate.proto.v1 import (
    aggregate_pb2,
    base_search_pb2,
    batch_delete_pb2,
    batch_pb2,
    health_weaviate_pb2,
    properties_pb2,
    search_get_pb2,
    tenants_pb2,
    weaviate_pb2_grpc,
)

from tests.fakes.weaviate_filters import passing
from tests.fakes.weaviate_ranking import bm25, closeness, longest, relative_score
from tests.fakes.weaviate_store import Kept, Refused, Stored, uuid_of

if TYPE_CHECKING:
    from tests.fakes.weaviate import FakeWeaviate

SEARCH = {
    *("collection", "tenant", "properties", "metadata", "limit", "offset", "after", "filters"),
    *("hybrid_search", "uses_123_api", "uses_125_api", "uses_127_api"),
}
HYBRID = {
    *("query", "properties", "alpha", "alpha_param", "use_alpha_param", "fusion_type", "vector_bytes"),
    *("target_vectors", "targets"),
}
METADATA = {"uuid", "score"}
DEFAULT_LIMIT, MAXIMUM_RESULTS = 10, 10_000


class Service(weaviate_pb2_grpc.WeaviateServicer):
    """What the client calls. Each request holds the store's lock: it is answered as of one moment."""

    def __init__(self, fake: FakeWeaviate) -> None:
        self._fake = fake

    def Search(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        if request.HasField("hybrid_search"):
            self._fake.hybrids.append(request.hybrid_search)
        return self._answer(context, lambda: search(self._kept(request), request))

    def Aggregate(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._answer(context, lambda: aggregate(self._kept(request), request))

    def BatchObjects(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._answer(context, lambda: self._batch(request))

    def BatchDelete(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._answer(context, lambda: delete(self._kept(request), request))

    def TenantsGet(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._answer(context, lambda: tenants(self._kept(request), request))

    def _kept(self, request: Any) -> Kept:
        return self._fake.store.kept(request.collection)

    def _answer(self, context: Any, work: Callable[[], Any]) -> Any:
        fake = self._fake
        fake.calls += 1
        time.sleep(fake.slow)
        given = dict(context.invocation_metadata()).get("authorization", "")
        if fake.api_key is not None and given != f"Bearer {fake.api_key}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "unauthorized: invalid api key")
        if fake.drops > 0:
            fake.drops -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "connection reset by peer")
        try:
            with fake.store.lock:
                return work()
        except Refused as refused:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refused))

    def _batch(self, request: Any) -> Any:
        """Every object on its own: one that is refused does not stop the others."""
        _known(request, {"objects"})
        reply = batch_pb2.BatchObjectsReply()
        for index, sent in enumerate(request.objects):
            if self._fake.refuses and self._fake.refuses(sent.collection, index):
                reply.errors.add(index=index, error="the disk is full")
                continue
            try:
                self._put(sent)
            except Refused as refused:
                reply.errors.add(index=index, error=str(refused))
        return reply

    def _put(self, sent: Any) -> None:
        _known(sent, {"uuid", "properties", "collection", "tenant", "vectors"})
        vectors = {one.name: np.frombuffer(one.vector_bytes, "<f4") for one in sent.vectors}
        kept = self._fake.store.kept(sent.collection)
        self._fake.store.put(kept, sent.tenant, sent.uuid, _properties(sent.properties), vectors)


def health(request: Any, context: Any) -> Any:
    """The health check that the client makes."""
    return health_weaviate_pb2.WeaviateHealthCheckResponse(
        status=health_weaviate_pb2.WeaviateHealthCheckResponse.SERVING
    )


def health_handler() -> Any:
    """`grpc.health.v1.Health`, in the client's own messages."""
    check = grpc.unary_unary_rpc_method_handler(
        health,
        request_deserializer=health_weaviate_pb2.WeaviateHealthCheckRequest.FromString,
        response_serializer=health_weaviate_pb2.WeaviateHealthCheckResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check})


def search(kept: Kept, request: Any) -> Any:
    """Hybrid search, or plain fetching in the order of ids."""
    _known(request, SEARCH)
    _known(request.metadata, METADATA)
    limit = request.limit or DEFAULT_LIMIT
    if limit + request.offset > MAXIMUM_RESULTS:
        raise Refused(
            "query maximum results exceeded: the total limit calculated from the provided offset"
            f" '{request.offset}' and limit '{limit}' exceeds the configured value for QUERY_MAXIMUM_RESULTS"
            f" '{MAXIMUM_RESULTS}'"
        )
    shard = kept.shard(request.tenant)
    allowed = set(shard)
    if request.HasField("filters"):
        allowed = passing(kept, shard.values(), request.filters)
    if request.HasField("hybrid_search"):
        ranked = _hybrid(kept, shard, request.hybrid_search, allowed, limit + request.offset)
    else:
        ranked = [(identity, 0.0) for identity in sorted(allowed)]
    if request.after:
        if request.HasField("filters") or request.offset or request.HasField("hybrid_search"):
            raise Refused("where cannot be set with after and limit parameters")
        ranked = [(one, score) for one, score in ranked if one > uuid_of(request.after)]
    reply = search_get_pb2.SearchReply()
    for identity, score in ranked[request.offset : request.offset + limit]:
        _add(reply, kept, shard[identity], score, request)
    return reply


def _hybrid(
    kept: Kept, shard: dict[str, Stored], asked: Any, allowed: set[str], limit: int
) -> list[tuple[str, float]]:
    _known(asked, HYBRID)
    _known(asked.targets, {"target_vectors"})
    if asked.fusion_type == base_search_pb2.Hybrid.FUSION_TYPE_RANKED:
        raise Refused("the double fuses by relative score only")
    alpha = asked.alpha_param if asked.use_alpha_param else asked.alpha
    if not 0 <= alpha <= 1:
        raise Refused(f"alpha should be between 0.0 and 1.0, got {alpha}")
    lists: list[tuple[list[tuple[str, float]], float]] = []
    if alpha > 0:
        targets = list(asked.targets.target_vectors or asked.target_vectors)
        if len(targets) != 1 or targets[0] not in kept.definition["vectorConfig"]:
            raise Refused(f"class {kept.name} does not have named vector {targets} configured")
        near = closeness(shard.values(), targets[0], np.frombuffer(asked.vector_bytes, "<f4"), allowed)
        lists.append((longest(near, shard.values(), limit), alpha))
    if alpha < 1:
        words = bm25(kept, shard.values(), asked.query, list(asked.properties), allowed)
        lists.append((longest(words, shard.values(), limit), 1 - alpha))
    return relative_score(lists)


def _add(reply: Any, kept: Kept, stored: Stored, score: float, request: Any) -> None:
    _known(request.properties, {"non_ref_properties", "return_all_nonref_properties"})
    result = reply.results.add()
    names = list(request.properties.non_ref_properties)
    if request.properties.return_all_nonref_properties or not request.HasField("properties"):
        names = [one["name"] for one in kept.definition["properties"]]
    result.properties.target_collection = kept.name
    # Present even when nothing was asked for, as the server sends it.
    result.properties.non_ref_props.SetInParent()
    for name in names:
        value = stored.properties.get(name)
        result.properties.non_ref_props.fields[name].CopyFrom(_value(kept.property(name), value))
    result.metadata.id = stored.id
    result.metadata.id_as_bytes = bytes.fromhex(stored.id.replace("-", ""))
    if request.metadata.score:
        result.metadata.score, result.metadata.score_present = score, True


def _value(known: dict[str, Any], value: Any) -> Any:
    kind = known["dataType"][0]
    if value is None:
        return properties_pb2.Value(null_value="NULL_VALUE")
    if kind == "text[]":
        return properties_pb2.Value(
            list_value=properties_pb2.ListValue(text_values=properties_pb2.TextValues(values=value))
        )
    if kind.endswith("[]"):
        raise Refused(f"the double does not return {kind}")
    if kind == "int":
        return properties_pb2.Value(int_value=int(value))
    names = {"text": "text_value", "date": "date_value", "boolean": "bool_value", "number": "number_value"}
    return properties_pb2.Value(**{names[kind]: value})


def aggregate(kept: Kept, request: Any) -> Any:
    """How many objects pass."""
    _known(request, {"collection", "tenant", "objects_count", "filters"})
    shard = kept.shard(request.tenant)
    found = passing(kept, shard.values(), request.filters) if request.HasField("filters") else set(shard)
    single = aggregate_pb2.AggregateReply.Single(objects_count=len(found))
    return aggregate_pb2.AggregateReply(single_result=single)


def delete(kept: Kept, request: Any) -> Any:
    """Delete what passes, at most QUERY_MAXIMUM_RESULTS at once."""
    _known(request, {"collection", "tenant", "filters"})
    if not request.HasField("filters"):
        raise Refused("no filters in batch delete request")
    shard = kept.shard(request.tenant)
    found = sorted(passing(kept, shard.values(), request.filters))[:MAXIMUM_RESULTS]
    for identity in found:
        del shard[identity]
    return batch_delete_pb2.BatchDeleteReply(matches=len(found), successful=len(found))


def tenants(kept: Kept, request: Any) -> Any:
    """The tenants of a class, or those named."""
    if not kept.multi_tenant:
        raise Refused(f"multi-tenancy is not enabled for class {kept.name!r}")
    asked = set(request.names.values) or set(kept.tenants)
    active = tenants_pb2.TENANT_ACTIVITY_STATUS_HOT
    found = [
        tenants_pb2.Tenant(name=name, activity_status=active) for name in sorted(asked & set(kept.tenants))
    ]
    return tenants_pb2.TenantsGetReply(tenants=found)


def _properties(sent: Any) -> dict[str, Any]:
    _known(sent, {"non_ref_properties", "text_array_properties", "int_array_properties", "empty_list_props"})
    found: dict[str, Any] = dict(MessageToDict(sent.non_ref_properties))
    for one in (*sent.text_array_properties, *sent.int_array_properties):
        found[one.prop_name] = list(one.values)
    return {**found, **{name: [] for name in sent.empty_list_props}}


def _known(message: Any, served: set[str]) -> None:
    strange = [field.name for field, _ in message.ListFields() if field.name not in served]
    if strange:
        raise Refused(f"the double does not serve {', '.join(strange)} of {message.DESCRIPTOR.name}")
