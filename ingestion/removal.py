"""Taking documents out of the index for good."""

from __future__ import annotations

import difflib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.errors import KnowledgeError
from ingestion.ledger import Ledger
from ingestion.report import SyncReport

if TYPE_CHECKING:
    from ingestion.index.protocol import Index, IndexedDocument


class UnknownDocumentError(KnowledgeError):
    """Nothing is known by the name that was given, or too much."""


def remove(
    index: Index, home: Path, workspace: str, *, document: str | None, collection: str | None
) -> tuple[SyncReport, list[IndexedDocument]]:
    """Remove one document, named by its name, id or address, or all of a collection.

    Raises UnknownDocumentError when there is none or more than one, CollectionBusyError and
    IndexUnavailableError.
    """
    collections = index.collections()
    if collection is not None and collection not in collections:
        raise UnknownDocumentError(
            f"There is no collection '{collection}'. Collections here: {', '.join(collections) or 'none'}."
        )
    among = [d for c in collections if collection in {None, c} for d in index.documents(c).values()]
    doomed = among if document is None else [_the_one(document, among)]
    report = SyncReport()
    for name in sorted({one.collection for one in doomed}):
        with closing(Ledger(home, workspace, name)) as ledger, ledger.held():
            for one in doomed:
                if one.collection == name:
                    index.remove(one.id)
                    report.removed += 1
            if document is None:
                ledger.forget()
    return report, doomed


def _the_one(wanted: str, among: list[IndexedDocument]) -> IndexedDocument:
    names = {wanted, Path(wanted).absolute().as_uri()}
    found = [one for one in among if names & {one.name, one.id, one.uri}]
    if len(found) == 1:
        return found[0]
    if found:
        where = ", ".join(sorted({one.collection for one in found}))
        raise UnknownDocumentError(
            f"'{wanted}' is in more than one collection ({where}). Say which with --collection."
        )
    near = difflib.get_close_matches(wanted, [one.name for one in among], 1)
    hint = f"Did you mean '{near[0]}'?" if near else "See `salesmate ingest status --collection NAME`."
    raise UnknownDocumentError(f"There is no document '{wanted}' in the index. {hint}")
