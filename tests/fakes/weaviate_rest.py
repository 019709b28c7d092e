"""The Weaviate double's REST: what the client asks of it, with the server's statuses and error bodies."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.weaviate_store import Refused, uuid_of

if TYPE_CHECKING:
    from tests.fakes.weaviate import FakeWeaviate

Answer = Callable[["FakeWeaviate", Request, Any], Response]


def application(fake: FakeWeaviate) -> Starlette:
    """The routes, each checked for the key and the faults that are switched on."""
    table: list[tuple[str, str, Answer]] = [
        ("GET", "/v1/meta", _meta),
        ("GET", "/v1/schema", _schema),
        ("POST", "/v1/schema", _create),
        ("GET", "/v1/schema/{name}", _class),
        ("DELETE", "/v1/schema/{name}", _drop),
        ("GET", "/v1/schema/{name}/tenants", _tenants),
        ("POST", "/v1/schema/{name}/tenants", _add_tenants),
        ("DELETE", "/v1/schema/{name}/tenants", _drop_tenants),
        ("GET", "/v1/schema/{name}/tenants/{tenant}", _tenant),
        ("POST", "/v1/objects", _new_object),
        ("GET", "/v1/objects/{name}/{id}", _object),
        ("PUT", "/v1/objects/{name}/{id}", _put_object),
        ("DELETE", "/v1/objects/{name}/{id}", _delete_object),
    ]
    routes = [Route(path, _guarded(fake, answer), methods=[method]) for method, path, answer in table]
    routes += [Route(f"/v1/.well-known/{path}", lambda _: Response()) for path in ("live", "ready")]
    routes.append(Route("/v1/.well-known/openid-configuration", lambda _: Response(status_code=404)))
    return Starlette(routes=routes)


def _guarded(fake: FakeWeaviate, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            _authorise(fake, request)
            content = await request.body()
            body = json.loads(content) if content else None
            with fake.store.lock:
                return answer(fake, request, body)
        except json.JSONDecodeError as error:
            return _error(400, f'parsing body body from "" failed, because {error}')
        except Refused as refused:
            if refused.status == 404 and not str(refused):
                return Response(status_code=404)
            return _error(refused.status, str(refused))

    return endpoint


def _authorise(fake: FakeWeaviate, request: Request) -> None:
    given = request.headers.get("authorization", "")
    if fake.api_key is None:
        return
    if not given.startswith("Bearer "):
        raise Refused(
            "anonymous access not enabled. Please authenticate through one of the available methods:"
            " [API-keys]",
            401,
        )
    if given.removeprefix("Bearer ") != fake.api_key:
        raise Refused("unauthorized: invalid api key", 401)


def _error(status: int, message: str) -> Response:
    if status == 401:
        return JSONResponse({"code": status, "message": message}, status)
    return JSONResponse({"error": [{"message": message}]}, status)


def _meta(fake: FakeWeaviate, _: Request, __: Any) -> Response:
    return JSONResponse({"hostname": fake.url, "version": fake.version, "modules": {}})


def _schema(fake: FakeWeaviate, _: Request, __: Any) -> Response:
    return JSONResponse({"classes": [kept.definition for kept in fake.store.classes.values()]})


def _create(fake: FakeWeaviate, _: Request, body: Any) -> Response:
    return JSONResponse(fake.store.create(body))


def _class(fake: FakeWeaviate, request: Request, _: Any) -> Response:
    name = request.path_params["name"]
    if name not in fake.store.classes:
        raise Refused("", 404)
    return JSONResponse(fake.store.classes[name].definition)


def _drop(fake: FakeWeaviate, request: Request, _: Any) -> Response:
    fake.store.classes.pop(request.path_params["name"], None)
    return Response()


def _tenants(fake: FakeWeaviate, request: Request, _: Any) -> Response:
    kept = fake.store.kept(request.path_params["name"])
    return JSONResponse([{"name": name, "activityStatus": "HOT"} for name in kept.tenants])


def _add_tenants(fake: FakeWeaviate, request: Request, body: Any) -> Response:
    fake.store.add_tenants(request.path_params["name"], body)
    return JSONResponse(body)


def _drop_tenants(fake: FakeWeaviate, request: Request, body: Any) -> Response:
    for name in body:
        fake.store.kept(request.path_params["name"]).tenants.pop(name, None)
    return Response()


def _tenant(fake: FakeWeaviate, request: Request, _: Any) -> Response:
    kept, tenant = fake.store.kept(request.path_params["name"]), request.path_params["tenant"]
    if tenant not in kept.tenants:
        raise Refused("", 404)
    return JSONResponse({"name": tenant, "activityStatus": "HOT"})


def _new_object(fake: FakeWeaviate, _: Request, body: Any) -> Response:
    kept = fake.store.kept(body["class"])
    if uuid_of(body["id"]) in kept.shard(body.get("tenant", "")):
        raise Refused(f"id '{body['id']}' already exists")
    return _write(fake, body["class"], body["id"], body)


def _put_object(fake: FakeWeaviate, request: Request, body: Any) -> Response:
    kept = fake.store.kept(request.path_params["name"])
    identity = uuid_of(request.path_params["id"])
    if identity not in kept.shard(body.get("tenant", "")):
        raise Refused(f"no object with id '{identity}'", 404)
    return _write(fake, kept.name, identity, body)


def _write(fake: FakeWeaviate, name: str, identity: str, body: Any) -> Response:
    vectors = {key: np.array(vector, np.float32) for key, vector in body.get("vectors", {}).items()}
    kept = fake.store.kept(name)
    fake.store.put(kept, body.get("tenant", ""), identity, body.get("properties", {}), vectors)
    return JSONResponse(body)


def _object(fake: FakeWeaviate, request: Request, _: Any) -> Response:
    kept = fake.store.kept(request.path_params["name"])
    stored = kept.shard(request.query_params.get("tenant", "")).get(uuid_of(request.path_params["id"]))
    if stored is None:
        raise Refused("", 404)
    return JSONResponse({"class": kept.name, "id": stored.id, "properties": stored.properties})


def _delete_object(fake: FakeWeaviate, request: Request, _: Any) -> Response:
    kept = fake.store.kept(request.path_params["name"])
    shard = kept.shard(request.query_params.get("tenant", ""))
    if shard.pop(uuid_of(request.path_params["id"]), None) is None:
        raise Refused("", 404)
    return Response(status_code=204)
