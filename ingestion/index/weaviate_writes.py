"""Writing to Weaviate in batches, every answer looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaviate.exceptions import WeaviateInsertManyAllFailedError

from ingestion.errors import IndexUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weaviate.collections.classes.filters import FilterReturn

BATCH = 100
"""Objects sent at once."""


def insert(store: Any, objects: Sequence[Any]) -> None:
    """Write objects, over those with the same id. Raises IndexUnavailableError if any is refused."""
    for start in range(0, len(objects), BATCH):
        batch = list(objects[start : start + BATCH])
        try:
            errors = [error.message for error in store.data.insert_many(batch).errors.values()]
        except WeaviateInsertManyAllFailedError as error:
            errors = [str(error)] * len(batch)
        if errors:
            reason = " ".join(errors[0].split())[:200]
            raise IndexUnavailableError(
                f"Weaviate refused {len(errors)} of {len(batch)} objects ({reason}); nothing was changed."
                " Try again."
            )


def delete(store: Any, where: FilterReturn) -> None:
    """Delete all that matches; the server takes a limited number at once."""
    while True:
        result = store.data.delete_many(where=where)
        if result.failed:
            raise IndexUnavailableError(
                f"Weaviate could not delete {result.failed} objects; no search shows them. Try again."
            )
        if result.matches == 0 or result.successful == 0:
            return
