"""What the Weaviate double holds: classes, tenants and objects, each checked as the server checks it.

Messages are the server's own where its source was read (weaviate 1.3x: usecases/schema, usecases/objects,
adapters/repos/db). What the double does not know it refuses; it never ignores it.
"""

from __future__ import annotations

import re
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLASS_NAME = re.compile(r"[A-Z][_0-9A-Za-z]{0,254}")
PROPERTY_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,230}")
TENANT_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
RESERVED = {"id", "_id", "_additional"}
TYPES = {"text", "text[]", "int", "int[]", "number", "boolean", "date"}
TOKENIZATIONS = {"word", "lowercase", "whitespace", "field"}
CLASS_FIELDS = {
    *("class", "description", "properties", "vectorConfig", "invertedIndexConfig", "multiTenancyConfig"),
    *("replicationConfig", "shardingConfig"),
}
PROPERTY_FIELDS = {"name", "dataType", "tokenization", "indexFilterable", "indexSearchable", "description"}
# The last two are the client's own names, which the server's decoder drops.
PROPERTY_FIELDS |= {"indexRangeFilters", "moduleConfig", "skip_vectorization", "vectorize_property_name"}
HNSW = {
    "skip": False,
    "cleanupIntervalSeconds": 300,
    "maxConnections": 32,
    "efConstruction": 128,
    "ef": -1,
    "dynamicEfMin": 100,
    "dynamicEfMax": 500,
    "dynamicEfFactor": 8,
    "vectorCacheMaxObjects": 1_000_000_000_000,
    "flatSearchCutoff": 40000,
    "distance": "cosine",
    "skipDefaultQuantization": False,
}


class Refused(Exception):
    """The server says no: an HTTP status, and the sentence it gives."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.message, self.status = message, status


@dataclass(frozen=True)
class Stored:
    """An object. `number` is the server's inner id: a written object always gets a new, greater one."""

    id: str
    number: int
    properties: dict[str, Any]
    vectors: dict[str, NDArray[np.float32]]


@dataclass
class Kept:
    """A class with its tenants' objects; the tenant of a class without tenancy is the empty name."""

    definition: dict[str, Any]
    tenants: dict[str, dict[str, Stored]] = field(default_factory=dict)
    dimensions: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.definition["class"])

    @property
    def multi_tenant(self) -> bool:
        return bool(self.definition["multiTenancyConfig"]["enabled"])

    def property(self, name: str) -> dict[str, Any]:
        for one in self.definition["properties"]:
            if one["name"] == name:
                return dict(one)
        raise Refused(
            f"no such prop with name '{name}' found in class '{self.name}' in the schema. Check your schema"
            " files for which properties in this class are available"
        )

    def shard(self, tenant: str) -> dict[str, Stored]:
        if not self.multi_tenant:
            if tenant:
                raise Refused(f"class {self.name} has multi-tenancy disabled, but request was with tenant")
            return self.tenants.setdefault("", {})
        if not tenant:
            raise Refused(f"class {self.name} has multi-tenancy enabled, but request was without tenant")
        if tenant not in self.tenants:
            raise Refused(f'tenant not found: "{tenant}"')
        return self.tenants[tenant]


@dataclass
class Store:
    """All of it, behind one lock: a request sees and changes it as a whole."""

    classes: dict[str, Kept] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: int = 0

    def kept(self, name: str) -> Kept:
        if name not in self.classes:
            raise Refused(f"could not find class {name} in schema", 404)
        return self.classes[name]

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        definition = _definition(body)
        name = definition["class"]
        if name.lower() in {known.lower() for known in self.classes}:
            raise Refused(f"class name {name} already exists")
        self.classes[name] = Kept(definition)
        return definition

    def add_tenants(self, name: str, tenants: list[dict[str, Any]]) -> None:
        kept = self.kept(name)
        if not kept.multi_tenant:
            raise Refused(f"multi-tenancy is not enabled for class {name!r}")
        for index, tenant in enumerate(tenants):
            if not TENANT_NAME.fullmatch(tenant["name"]):
                raise Refused(f"tenant name at index {index}: '{tenant['name']}' is not a valid tenant name")
            if tenant.get("activityStatus", "HOT") not in {"HOT", "ACTIVE"}:
                raise Refused("the double keeps active tenants only")
        for tenant in tenants:
            kept.tenants.setdefault(tenant["name"], {})

    def put(
        self,
        kept: Kept,
        tenant: str,
        identity: str,
        properties: dict[str, Any],
        vectors: dict[str, NDArray[np.float32]],
    ) -> None:
        """Write over or anew."""
        shard = kept.shard(tenant)
        identity = uuid_of(identity)
        for name, value in properties.items():
            _check_value(kept, name, value)
        for name, vector in vectors.items():
            self._check_vector(kept, tenant, name, vector)
        self._numbers += 1
        shard.pop(identity, None)
        normal = {name: vector / (np.linalg.norm(vector) or 1) for name, vector in vectors.items()}
        shard[identity] = Stored(identity, self._numbers, properties, normal)

    def _check_vector(self, kept: Kept, tenant: str, name: str, vector: NDArray[np.float32]) -> None:
        if name not in kept.definition["vectorConfig"]:
            raise Refused(f"collection {kept.name} does not have a vector named '{name}'")
        known = kept.dimensions.setdefault((tenant, name), len(vector))
        if known != len(vector):
            raise Refused(
                f"new node has a vector with length {len(vector)}. Existing nodes have vectors with length"
                f" {known}"
            )


def uuid_of(text: str) -> str:
    """As the server writes ids. Raises Refused."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise Refused(f"invalid UUID: '{text}'") from None


def _definition(body: dict[str, Any]) -> dict[str, Any]:
    _only(body, CLASS_FIELDS, "class")
    name = str(body.get("class", ""))
    if not CLASS_NAME.fullmatch(name):
        raise Refused(f"'{name}' is not a valid class name")
    inverted = body.get("invertedIndexConfig", {})
    _only(inverted, {"bm25", "stopwords", "cleanupIntervalSeconds", "indexNullState"}, "invertedIndexConfig")
    bm25 = {"k1": 1.2, "b": 0.75, **inverted.get("bm25", {})}
    if bm25["k1"] < 0 or not 0 <= bm25["b"] <= 1:
        raise Refused("BM25.k1 must be >= 0 and BM25.b must be <= 0 and <= 1")
    stopwords = {"preset": "en", "additions": None, "removals": None, **inverted.get("stopwords", {})}
    if stopwords["preset"] not in {"en", "none"}:
        raise Refused(f"stopwordPreset '{stopwords['preset']}' does not exist")
    tenancy = {"enabled": False, "autoTenantCreation": False, "autoTenantActivation": False}
    return {
        "class": name,
        "description": body.get("description", ""),
        "properties": [_property(one) for one in body.get("properties", [])],
        "vectorConfig": {key: _vector(key, one) for key, one in body.get("vectorConfig", {}).items()},
        "invertedIndexConfig": {
            "bm25": bm25,
            "stopwords": stopwords,
            "cleanupIntervalSeconds": 60,
            "indexNullState": bool(inverted.get("indexNullState", False)),
        },
        "multiTenancyConfig": {**tenancy, **body.get("multiTenancyConfig", {})},
        "replicationConfig": {"factor": 1, "asyncEnabled": False},
        "shardingConfig": {},
    }


def _property(body: dict[str, Any]) -> dict[str, Any]:
    _only(body, PROPERTY_FIELDS, "property")
    name, kinds = str(body.get("name", "")), body.get("dataType", [])
    if not PROPERTY_NAME.fullmatch(name) or name in RESERVED:
        raise Refused(f"'{name}' is not a valid property name or is reserved")
    if len(kinds) != 1 or kinds[0] not in TYPES:
        raise Refused(f"property '{name}': invalid dataType: {kinds}")
    textual = kinds[0].startswith("text")
    if body.get("tokenization") and not textual:
        raise Refused(f"Tokenization is not allowed for data type '{kinds[0]}'")
    if textual and body.get("tokenization", "word") not in TOKENIZATIONS:
        raise Refused(f"tokenization '{body['tokenization']}' is not allowed for data type '{kinds[0]}'")
    if body.get("indexSearchable") and not textual:
        raise Refused("`indexSearchable` is allowed only for text/text[] data types")
    return {
        "name": name,
        "dataType": kinds,
        "description": body.get("description", ""),
        "indexFilterable": bool(body.get("indexFilterable", True)),
        "indexSearchable": bool(body.get("indexSearchable", textual)),
        "indexRangeFilters": False,
        **({"tokenization": body.get("tokenization", "word")} if textual else {}),
    }


def _vector(name: str, body: dict[str, Any]) -> dict[str, Any]:
    _only(body, {"vectorizer", "vectorIndexType", "vectorIndexConfig"}, f"vector {name}")
    if list(body.get("vectorizer", {})) != ["none"]:
        raise Refused(f"vectorizer: no module with name {list(body.get('vectorizer', {}))} present")
    kind = body.get("vectorIndexType", "hnsw")
    if kind not in {"hnsw", "flat"}:
        raise Refused(f"unrecognized or unsupported vectorIndexType {kind!r}")
    settings = body.get("vectorIndexConfig", {})
    _only(settings, set(HNSW), f"vector {name}'s vectorIndexConfig")
    if settings.get("distance", "cosine") != "cosine":
        raise Refused("the double knows the cosine distance only")
    return {
        "vectorizer": {"none": {}},
        "vectorIndexType": kind,
        "vectorIndexConfig": {**HNSW, **settings},
    }


def _only(body: dict[str, Any], known: set[str], where: str) -> None:
    strange = sorted(set(body) - known)
    if strange:
        raise Refused(f"the double does not know {', '.join(strange)} of a {where}")


def _check_value(kept: Kept, name: str, value: Any) -> None:
    kind = kept.property(name)["dataType"][0]
    wrong = f"invalid {kind} property '{name}' on class '{kept.name}': "
    if value is None:
        return
    if kind.endswith("[]"):
        if not isinstance(value, list):
            raise Refused(f"{wrong}not a {kind[:-2]} array, but {type(value).__name__}")
        for one in value:
            _check_one(kind[:-2], one, wrong)
    else:
        _check_one(kind, value, wrong)


def _check_one(kind: str, value: Any, wrong: str) -> None:
    if kind == "text" and not isinstance(value, str):
        raise Refused(f"{wrong}not a string, but {type(value).__name__}")
    if kind == "int" and (isinstance(value, bool) or not isinstance(value, int | float) or value % 1):
        raise Refused(f"{wrong}requires an integer, the given value is '{value}'")
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise Refused(f"{wrong}requires a float, the given value is '{value}'")
    if kind == "boolean" and not isinstance(value, bool):
        raise Refused(f"{wrong}requires a bool, the given value is '{value}'")
    if kind == "date" and not _is_rfc3339(value):
        raise Refused(
            f"{wrong}requires a string with a RFC3339 formatted date, but the given value is '{value}'"
        )


def _is_rfc3339(value: Any) -> bool:
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False
