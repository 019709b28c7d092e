"""The composition root: settings in, a working SalesMate out. The only place that knows every part."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import lru_cache
from typing import TYPE_CHECKING

from agents.customer.listen import Listener
from agents.customer.model_listener import ModelListener
from agents.customer.persona import Persona
from agents.models.catalogue import resolve
from agents.models.chat import ChatModel
from agents.models.settings import model_settings
from agents.parts import Parts
from agents.records.store import Records
from bot.records import open_records
from bot.salesmate import SalesMate
from ingestion.embed import CachedEmbedder, default_embedder
from ingestion.index.protocol import Hit
from ingestion.settings import Settings

if TYPE_CHECKING:
    from agents.copilot.desk import Desk
    from ingestion.sync import Progress

Tell = Callable[[str], None]
"""Shown to a person who waits for something that happens once, such as the first reading of documents."""

PERSONAS_HEARD = 64
"""Listeners kept in memory; each holds the vectors of one persona's exemplars, about half a megabyte."""


class KnowledgeBase:
    """The search behind the copilot, opened when somebody first asks.

    Whoever sits at this machine may read every document of its workspace: the files are theirs, or the key
    of the server that has them is.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._told = False
        self._desk: Desk | None = None
        self._lock = threading.Lock()

    def __call__(self, query: str, collection: str | None = None) -> tuple[Hit, ...]:
        """The hits, best first. Raises KnowledgeError when the index cannot be opened or searched."""
        with self._lock:
            if self._desk is None:
                self._desk = self._open()
        return self._desk.search(query, collection)

    def close(self) -> None:
        """Give the index back; a later question opens it again."""
        with self._lock:
            if self._desk is not None:
                self._desk.close()
            self._desk = None

    def _open(self) -> Desk:
        from agents.copilot.desk import open_desk  # the customer answers before anybody asks the copilot

        return open_desk(Settings(), audiences=None, progress=self._reading)

    def _reading(self, progress: Progress) -> None:
        if progress.chunks and not self._told:
            self._told = True
            self._tell("Reading the sample documents (once) ...")


class Ears:
    """One listener a persona, kept between calls; it asks the chat model too, where there is one."""

    def __init__(self, embedder: CachedEmbedder, model: ChatModel | None) -> None:
        self._embedder = embedder
        self._model = model
        self._listener = lru_cache(PERSONAS_HEARD)(self._make)

    def __call__(self, persona: Persona) -> Listener | ModelListener:
        return self._listener(persona.model_dump_json())

    def _make(self, persona_json: str) -> Listener | ModelListener:
        # Keyed by the whole persona: a call keeps the one it began with, also when the file is edited.
        persona = Persona.model_validate_json(persona_json)
        listener = Listener(persona, self._embedder)
        return ModelListener(persona, self._model, listener) if self._model else listener


def build_salesmate(records: Records, knowledge: KnowledgeBase) -> SalesMate:
    """SalesMate from the settings of this process. Raises ModelNotUsable and ModelSettingsError."""
    embedder = default_embedder(Settings().embeddings_folder)
    models = model_settings()
    if not models.model_tracing:
        # May be set for another project's sake; LangGraph would send transcripts out of the house.
        os.environ.update(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false")
    customer, copilot, coach = (resolve(role, models) for role in ("customer", "copilot", "coach"))
    ears = Ears(embedder, customer.model)
    parts = Parts(ears, knowledge, embedder, customer, copilot, coach)

    def warm(persona: Persona) -> None:
        ears(persona).warm()
        embedder.embed(["Hello?"])  # exemplars come from the disk, and leave the model itself unloaded

    return SalesMate(records, parts, warm)


@asynccontextmanager
async def open_salesmate(
    database_url: str | None = None, tell: Tell = lambda _: None
) -> AsyncIterator[SalesMate]:
    """SalesMate on this machine for its one local user; closes the database and the index at the end.

    Raises what opening the database raises (see `open_database`) and what `build_salesmate` raises.
    """
    async with open_records(database_url) as records:
        with closing(KnowledgeBase(tell)) as knowledge:
            yield build_salesmate(records, knowledge)
