"""The composition root: settings in, a working SalesMate out. The only place that knows every part."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import lru_cache
from typing import TYPE_CHECKING

from agents.customer.listen import Listener
from agents.customer.model_listener import ModelListener
from agents.customer.persona import Persona
from agents.models.catalogue import resolve
from agents.models.chat import ChatModel
from agents.models.promoted import PromotedVoices
from agents.models.settings import ModelSettings, model_settings
from agents.models.version_voice import loading
from agents.models.voice import Voice
from agents.parts import Parts
from agents.records.model_versions import ModelVersions
from bot.house import House, WorkspaceOf, following
from bot.knowledge import documents
from bot.records import open_records
from bot.salesmate import SalesMate
from ingestion.embed import CachedEmbedder, default_embedder
from ingestion.index.choose import LOCAL
from ingestion.settings import Settings

if TYPE_CHECKING:
    from agents.copilot.retrieve import SearchDocuments
    from agents.records.database import Database
    from ingestion.sync import Progress

Tell = Callable[[str], None]
"""Shown to a person who waits for something that happens once, such as the first reading of documents."""

PERSONAS_HEARD = 64
"""Listeners kept in memory; each holds the vectors of one persona's exemplars, about half a megabyte."""


SPEAKS_ONLY = re.compile(r"local:|vertexai:projects/[^/]+/locations/[^/]+/endpoints/")
"""Models that were trained on a customer's lines, or are too small to give data, by how they are named."""


class Ears:
    """One listener a persona, kept between calls; it asks the chat model too, where there is one that can do
    more than speak."""

    def __init__(
        self, embedder: CachedEmbedder, model: ChatModel | None, tuned: Callable[[str], bool]
    ) -> None:
        self._embedder = embedder
        self._model = None if model and SPEAKS_ONLY.match(model.name) else model
        self._tuned = tuned
        self._listener = lru_cache(PERSONAS_HEARD)(self._make)

    def __call__(self, persona: Persona) -> Listener | ModelListener:
        # Asked each time: which models were tuned is known once the registry was read.
        asks = self._model is not None and not self._tuned(self._model.name)
        return self._listener(persona.model_dump_json(), asks=asks)

    def _make(self, persona_json: str, *, asks: bool) -> Listener | ModelListener:
        # Keyed by the whole persona: a call keeps the one it began with, also when the file is edited.
        persona = Persona.model_validate_json(persona_json)
        listener = Listener(persona, self._embedder)
        return ModelListener(persona, self._model, listener) if self._model and asks else listener


class Thinking:
    """What listens and speaks in this process, from its settings; the documents come in later.

    Raises ModelNotUsable and ModelSettingsError.
    """

    def __init__(self, database: Database) -> None:
        embedder = default_embedder(Settings().embeddings_folder)
        models = model_settings()
        if not models.model_tracing:
            # May be set for another project's sake; LangGraph would send transcripts out of the house.
            os.environ.update(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false")
        self._embedder = embedder
        self._voices = [resolve(role, models) for role in ("customer", "copilot", "coach")]
        self._promoted = promoted_voices(database, self._voices[0], models)
        tuned = self._promoted.is_tuned if self._promoted else _nobody
        self._ears = Ears(embedder, self._voices[0].model, tuned)

    def parts(self, search: SearchDocuments) -> Parts:
        """Everything the graph works with."""
        customer, copilot, coach = self._voices
        return Parts(self._ears, search, self._embedder, customer, copilot, coach, self._promoted)

    def warm(self, persona: Persona) -> None:
        """Load what hearing this persona's first line would wait for."""
        self._ears(persona).warm()
        self._embedder.embed(["Hello?"])  # exemplars come from the disk, and leave the model itself unloaded


def promoted_voices(database: Database, stand_in: Voice, models: ModelSettings) -> PromotedVoices | None:
    """The promoted versions, where the settings leave it to us who speaks; a named customer always wins."""
    if models.named_for("customer") not in ("", "auto"):
        return None
    return PromotedVoices(ModelVersions(database), stand_in, loading(models))


def _nobody(_: str) -> bool:
    return False


@asynccontextmanager
async def open_salesmate(
    database_url: str | None = None, tell: Tell = lambda _: None
) -> AsyncIterator[SalesMate]:
    """SalesMate on this machine for its one local user; closes the database and the index at the end.

    Whoever sits at this machine may read every document of its workspace: the files are theirs, or the key
    of the server that has them is. Raises what opening the database raises (see `open_database`) and what
    `Thinking` raises.
    """
    async with open_records(database_url) as records:
        with closing(documents(audiences=None, progress=_Reading(tell))) as own:
            thinking = Thinking(records.database)
            parts = thinking.parts(own.of(LOCAL))
            async with following(parts):
                yield SalesMate(records, parts, thinking.warm)


def open_house(database: Database, workspace_of: WorkspaceOf = lambda _: LOCAL) -> House:
    """SalesMate for everybody whom this process serves. Close it when done.

    Without `workspace_of`, all read this machine's own documents; where several tenants share it, give
    `bot.house.own_workspace`. People in chats belong to no group here, so they see what is for everybody.
    Raises what `Thinking` raises.
    """
    thinking = Thinking(database)
    shared = documents(audiences=())
    return House(database, thinking.parts(shared.of(LOCAL)), thinking.warm, shared, workspace_of)


class _Reading:
    """Says once that documents are being read, which only the first question waits for."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._told = False

    def __call__(self, progress: Progress) -> None:
        if progress.chunks and not self._told:
            self._told = True
            self._tell("Reading the sample documents (once) ...")
