"""Asking a whole set of questions, of the documents that are indexed or of a folder's."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from agents.copilot.desk import Desk
from agents.copilot.graph import CopilotState
from agents.evals.copilot_outcome import Outcome, ReadDocument, outcome_of
from agents.evals.question_set import Case
from agents.models.chat import ChatModel
from ingestion.document import Document
from ingestion.embed import default_embedder
from ingestion.errors import KnowledgeError
from ingestion.index.embedded import EmbeddedIndex
from ingestion.load import load
from ingestion.search import Search
from ingestion.settings import Settings
from ingestion.sync import ShowProgress, SyncReport, sync_folder

DOCUMENTS_KEPT = 64


@contextmanager
def desk_over(
    folder: Path, collection: str, settings: Settings, model: ChatModel | None, progress: ShowProgress | None
) -> Iterator[tuple[Desk, SyncReport]]:
    """A desk over this folder's documents alone, in an index that is gone afterwards."""
    embedder = default_embedder(settings.embeddings_folder)
    with tempfile.TemporaryDirectory(prefix="salesmate-eval-") as place:
        index = EmbeddedIndex(Path(place) / "knowledge.sqlite")
        try:
            report = sync_folder(folder, collection, index, embedder, progress=progress)
            yield Desk(Search(index, embedder, settings.alpha), embedder, model), report
        finally:
            index.close()


def ask_all(
    desk: Desk,
    cases: Sequence[Case],
    collection: str | None = None,
    watch: Callable[[Sequence[Case]], Iterable[Case]] = iter,
) -> Iterator[Outcome]:
    """Every question's outcome. `collection`, where given, is asked instead of each question's own.

    Raises what the search raises.
    """
    read_document = document_reader()
    # The model behind the vectors loads with the first text: no question's time.
    desk.embedder.embed(["How long does it take?"])
    with asyncio.Runner() as runner:
        for case in watch(cases):
            start: CopilotState = {
                "question": case.question,
                "collection": collection or case.collection,
                "recent": tuple(turn.turn() for turn in case.history),
            }
            end = runner.run(desk.consult(start))
            yield outcome_of(case, end["answer"], end.get("passages", ()), read_document)


def document_reader() -> ReadDocument:
    """Reads a cited file as it was read for the index; None for one that is not a file of this machine."""

    @lru_cache(DOCUMENTS_KEPT)
    def read(uri: str) -> Document | None:
        path = Path(unquote(urlsplit(uri).path))
        if not uri.startswith("file://"):
            return None
        try:
            return load(path.read_bytes(), name=path.name, uri=uri)
        except (OSError, KnowledgeError):
            return None

    return read
