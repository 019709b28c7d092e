"""The Weaviate double's filters: which objects of a shard a `Filters` message leaves.

After adapters/handlers/grpc/v1/filters.go and adapters/repos/db/inverted of the server.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from typing import Any

from weaviate.proto.v1 import base_pb2

from tests.fakes.weaviate_store import Kept, Refused, Stored, uuid_of

Filters = base_pb2.Filters
COMPARE: dict[int, Callable[[Any, Any], bool]] = {
    Filters.OPERATOR_GREATER_THAN: operator.gt,
    Filters.OPERATOR_GREATER_THAN_EQUAL: operator.ge,
    Filters.OPERATOR_LESS_THAN: operator.lt,
    Filters.OPERATOR_LESS_THAN_EQUAL: operator.le,
}
CONTAINS = {
    Filters.OPERATOR_CONTAINS_ANY,
    Filters.OPERATOR_CONTAINS_ALL,
    Filters.OPERATOR_CONTAINS_NONE,
}


def tokens(text: str, tokenization: str) -> list[str]:
    """As entities/tokenizer: word splits at all that is no letter or digit, field trims only."""
    if tokenization == "field":
        return [text.strip()] if text.strip() else []
    if tokenization == "whitespace":
        return text.split()
    if tokenization == "lowercase":
        return text.lower().split()
    return [part for part in re.split(r"[\W_]+", text.lower()) if part]


def passing(kept: Kept, objects: Iterable[Stored], where: Any) -> set[str]:
    """The ids of the objects that pass. Raises Refused for a filter the server would not take."""
    every = {stored.id: stored for stored in objects}
    if where.operator in {Filters.OPERATOR_AND, Filters.OPERATOR_OR, Filters.OPERATOR_NOT}:
        parts = [passing(kept, every.values(), part) for part in where.filters]
        if not parts:
            raise Refused("filter operands are empty")
        if where.operator == Filters.OPERATOR_NOT:
            return set(every) - parts[0]
        return set.intersection(*parts) if where.operator == Filters.OPERATOR_AND else set.union(*parts)
    if where.on or where.target.WhichOneof("target") != "property":
        raise Refused("the double filters by a property of the class itself only")
    value = _value(where)
    if where.target.property == "_id":
        return _by_id(every, where.operator, value)
    return _by_property(kept, every, where, value)


def _by_id(every: dict[str, Stored], how: int, value: Any) -> set[str]:
    if how == Filters.OPERATOR_CONTAINS_ANY and isinstance(value, list):
        return set(every) & {uuid_of(one) for one in value}
    if how in {Filters.OPERATOR_EQUAL, Filters.OPERATOR_NOT_EQUAL} and isinstance(value, str):
        same = set(every) & {uuid_of(value)}
        return same if how == Filters.OPERATOR_EQUAL else set(every) - same
    raise Refused("the double filters ids by equality and ContainsAny only")


def _by_property(kept: Kept, every: dict[str, Stored], where: Any, value: Any) -> set[str]:
    name = where.target.property
    known = kept.property(name)
    if where.operator == Filters.OPERATOR_IS_NULL:
        if not kept.definition["invertedIndexConfig"]["indexNullState"]:
            raise Refused(
                "Nullstate must be indexed to be filterable! Add `indexNullState: true` to the"
                " invertedIndexConfig"
            )
        null = {one.id for one in every.values() if one.properties.get(name) in (None, [])}
        return null if value else set(every) - null
    if not known["indexFilterable"]:
        raise Refused(
            f"Filtering by property '{name}' requires inverted index. Is `indexFilterable` option of property"
            f" '{name}' enabled? Set it to `true` or leave empty"
        )
    return _matching(known, every, where.operator, value)


def _matching(known: dict[str, Any], every: dict[str, Stored], how: int, value: Any) -> set[str]:
    kind = known["dataType"][0].removesuffix("[]")
    wanted = value if isinstance(value, list) else [value]
    if (how in CONTAINS) != isinstance(value, list) or not all(_fits(kind, one) for one in wanted):
        raise Refused(f"value type of the filter does not fit property '{known['name']}' of type {kind}")
    held = {one.id: _terms(known, one.properties.get(known["name"])) for one in every.values()}
    if how in COMPARE:
        if kind not in {"int", "number"}:
            raise Refused("the double compares numbers only")
        return {key for key, terms in held.items() if any(COMPARE[how](term, value) for term in terms)}
    each = [_equal(known, held, one) for one in wanted]
    if how in {Filters.OPERATOR_EQUAL, Filters.OPERATOR_CONTAINS_ANY}:
        return set[str]().union(*each)
    if how in {Filters.OPERATOR_NOT_EQUAL, Filters.OPERATOR_CONTAINS_NONE}:
        return set(held) - set[str]().union(*each)
    if how == Filters.OPERATOR_CONTAINS_ALL:
        return set.intersection(*each)
    raise Refused(f"unknown filter operator {Filters.Operator.Name(how)}")


def _equal(known: dict[str, Any], held: dict[str, set[Any]], value: Any) -> set[str]:
    terms = _terms(known, value)
    if not terms:
        raise Refused(f"invalid search term, only stopwords or empty: {value!r}")
    return {key for key, mine in held.items() if terms <= mine}


def _terms(known: dict[str, Any], value: Any) -> set[Any]:
    values = value if isinstance(value, list) else [] if value is None else [value]
    if known["dataType"][0].startswith("text"):
        return {token for one in values for token in tokens(one, known["tokenization"])}
    return set(values)


def _fits(kind: str, value: Any) -> bool:
    if kind in {"text", "date"}:
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _value(where: Any) -> Any:
    which = where.WhichOneof("test_value")
    if which is None or which == "value_geo":
        raise Refused(f"unknown value type {which}")
    value = getattr(where, which)
    return list(value.values) if which.endswith("_array") else value
