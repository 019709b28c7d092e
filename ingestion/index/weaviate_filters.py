"""Conditions on Weaviate's objects: whose they are, and who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weaviate.classes.query import Filter

from ingestion.index.weaviate_rows import EVERYBODY, reader

if TYPE_CHECKING:
    from weaviate.collections.classes.filters import FilterReturn

    from ingestion.index.protocol import Scope


def within(scope: Scope) -> list[FilterReturn]:
    """What a search may look at."""
    conditions: list[FilterReturn] = []
    if scope.collection is not None:
        conditions.append(Filter.by_property("collection").equal(scope.collection))
    if scope.collections is not None:
        conditions.append(Filter.by_property("collection").contains_any(sorted(scope.collections)))
    if scope.audiences is not None:
        readers = [EVERYBODY, *map(reader, sorted(scope.audiences))]
        conditions.append(Filter.by_property("readers").contains_any(readers))
    if scope.documents is not None:
        conditions.append(Filter.by_property("document").contains_any(sorted(scope.documents)))
    return conditions


def all_of(conditions: list[FilterReturn]) -> FilterReturn | None:
    """Every one of them; None where there is none."""
    return Filter.all_of(conditions) if conditions else None


def of(document: str) -> FilterReturn:
    """The chunks of a document, in every version."""
    return Filter.by_property("document").equal(document)


def is_version(version: str) -> FilterReturn:
    """The chunks of a version."""
    return Filter.by_property("version").equal(version)


def not_version(version: str) -> FilterReturn:
    """The chunks of every other version."""
    return Filter.by_property("version").not_equal(version)
