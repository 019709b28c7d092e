"""The composition root: settings in, a working SalesMate out. The only place that knows every part."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache

from agents.customer.engine import Hears
from agents.customer.listen import Listener
from agents.customer.persona import Persona
from agents.models.catalogue import resolve
from agents.models.settings import ModelSettings
from agents.parts import Parts
from agents.records.database import open_database
from agents.records.store import Records
from bot.salesmate import SalesMate
from bot.settings import BotSettings
from ingestion.embed import CachedEmbedder, default_embedder
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import Hit
from ingestion.search import Search
from ingestion.settings import Settings
from ingestion.sync import ensure_samples

Tell = Callable[[str], None]
"""Shown to a person who waits for something that happens once, such as the first reading of documents."""

PERSONAS_HEARD = 64
"""Listeners kept in memory; each holds the vectors of one persona's exemplars, about half a megabyte."""


class KnowledgeBase:
    """The search behind the copilot, opened when somebody first asks; documents are read once per machine."""

    def __init__(self, embedder: CachedEmbedder, tell: Tell) -> None:
        self._embedder = embedder
        self._tell = tell
        self._search: Search | None = None
        self._lock = threading.Lock()

    def __call__(self, query: str, collection: str | None = None) -> tuple[Hit, ...]:
        with self._lock:
            if self._search is None:
                self._search = self._open()
        return self._search(query, collection)

    def _open(self) -> Search:
        settings = Settings()
        settings.home.mkdir(parents=True, exist_ok=True)
        index = EmbeddedIndex(settings.knowledge_file)
        if not index.collections():
            self._tell("Reading the sample documents (once, about twenty seconds) ...")
        ensure_samples(index, self._embedder)
        return Search(index, self._embedder, settings.alpha)


def build_parts(tell: Tell = lambda _: None) -> Parts:
    """What the graph works with, from the settings of this process."""
    embedder = default_embedder(Settings().embeddings_folder)
    models = ModelSettings()
    customer, copilot, coach = (resolve(role, models) for role in ("customer", "copilot", "coach"))

    @lru_cache(PERSONAS_HEARD)
    def listener(persona_id: str, version: int, persona_json: str) -> Hears:  # noqa: ARG001
        return Listener(Persona.model_validate_json(persona_json), embedder)

    def hears(persona: Persona) -> Hears:
        return listener(persona.id, persona.version, persona.model_dump_json())

    return Parts(hears, KnowledgeBase(embedder, tell), embedder, customer, copilot, coach)


@asynccontextmanager
async def open_salesmate(
    database_url: str | None = None, tell: Tell = lambda _: None
) -> AsyncIterator[SalesMate]:
    """SalesMate on this machine for its one local user; closes the database at the end.

    Raises what opening the database raises (see `open_database`).
    """
    database = await open_database(database_url or BotSettings().database)
    try:
        yield SalesMate(Records(database), build_parts(tell))
    finally:
        await database.close()
