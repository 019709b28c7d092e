"""A listed file into what goes into the index: read, compared with what is known, loaded, cut in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.chunk import chunks_of, document_id
from ingestion.document import digest_of
from ingestion.errors import KnowledgeError, SourceUnavailableError
from ingestion.index.protocol import IndexedDocument
from ingestion.ledger import Failure
from ingestion.load import load
from ingestion.naming import InvalidNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingestion.chunk import Chunk
    from ingestion.sources import Found, Source


@dataclass(frozen=True)
class Read:
    """A file that was read: `entry` is None if it is as the index knows it, or if `failure` says why not."""

    name: str
    entry: IndexedDocument | None = None
    chunks: tuple[Chunk, ...] = ()
    is_new: bool = False
    failure: Failure | None = None
    unavailable: SourceUnavailableError | None = None
    """Set beside `failure` where it was not the file's fault."""


@dataclass(frozen=True)
class Reading:
    """What it takes to turn a file into what goes into the index. Runs in the reader's thread."""

    source: Source
    collection: str
    made_by: str
    """The recipe and the embedder: another one changes every document."""
    known: Mapping[str, IndexedDocument]
    groups: tuple[str, ...] | None
    """Who may read every document; None leaves each as it is."""
    usual_audience: tuple[str, ...]
    """Who may read a new one where `groups` is None."""

    def read(self, file: tuple[str, Found]) -> Read:
        """One file under its name. Whatever is wrong with it is in what this returns."""
        name, found = file
        try:
            content = self.source.read(found)
            digest = f"{digest_of(content)}:{self.made_by}"
            before = self.known.get(name)
            owner = self._owner(before, found)
            audience = self._audience(before)
            state = (digest, found.uri, audience, owner)
            if before and (before.digest, before.uri, before.audience, before.source) == state:
                return Read(name)
            document = load(content, name=name, uri=found.uri)
            chunks = chunks_of(document)
        except (KnowledgeError, OSError) as error:
            away = error if isinstance(error, SourceUnavailableError) else None
            return Read(name, failure=Failure(name, str(error)), unavailable=away)
        entry = IndexedDocument(
            *(document_id(self.collection, name), self.collection, name, document.title, found.uri, digest),
            *(document.dated, audience, owner, len(document.pages), len(chunks), None),
            document.warnings,
        )
        return Read(name, entry, chunks, is_new=before is None)

    def _audience(self, before: IndexedDocument | None) -> tuple[str, ...]:
        if self.groups is not None:
            return self.groups
        return before.audience if before else self.usual_audience

    def _owner(self, before: IndexedDocument | None, found: Found) -> str:
        """A file that two sources hold belongs to the wider one: that one will see it vanish."""
        if before is None or before.uri != found.uri or self.source.holds(before.source):
            return self.source.address
        return before.source or self.source.address


def usual_audience(known: Iterable[IndexedDocument], address: str) -> tuple[str, ...]:
    """Who may read what comes from here or from a folder above.

    Nobody gains access because a run forgot to name the groups.
    """
    before = {
        document.audience
        for document in known
        if document.source and f"{address}/".startswith(f"{document.source.rstrip('/')}/")
    }
    if len(before) > 1:
        raise InvalidNameError(
            f"The documents of {address} have different audiences, so it is not clear who may read new ones."
            " Say --audience GROUP, or --audience everybody."
        )
    return before.pop() if before else ()
