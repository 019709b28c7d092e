"""SalesMate for many people in one process: what thinks is made once, what remembers is each person's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from agents.customer.persona import Persona
from agents.parts import Parts
from agents.records.database import Database
from agents.records.store import Records
from bot.calls import PersonasInUse
from bot.knowledge import Documents
from bot.salesmate import SalesMate

WorkspaceOf = Callable[[str], str]
"""The index workspace whose documents a tenant may read."""


def own_workspace(tenant: str) -> str:
    """The workspace of a tenant that shares this installation with others: one of its own name."""
    return tenant.lower()


@asynccontextmanager
async def following(parts: Parts) -> AsyncIterator[None]:
    """Meanwhile promoted models are loaded before they are needed, where any may speak."""
    if parts.promoted is None:
        yield
        return
    async with parts.promoted.following():
        yield


class House:
    """One process's SalesMate. Close it when done."""

    def __init__(
        self,
        database: Database,
        parts: Parts,
        warm_ears: Callable[[Persona], None],
        documents: Documents,
        workspace_of: WorkspaceOf,
    ) -> None:
        self.database = database
        self._parts = parts
        self._warm_ears = warm_ears
        self._documents = documents
        self._workspace_of = workspace_of
        self._personas = PersonasInUse()

    def records(self, tenant: str, person: str) -> Records:
        """What this person wrote and may read."""
        return Records(self.database, tenant, person)

    def salesmate(self, tenant: str, person: str) -> SalesMate:
        """What this person can do. Costs nothing: make one for each turn."""
        search = self._documents.of(self._workspace_of(tenant))
        parts = replace(self._parts, search=search)
        return SalesMate(self.records(tenant, person), parts, self._warm_ears, self._personas)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Meanwhile new calls get whom the registry of models names, ready to speak."""
        async with following(self._parts):
            yield

    def close(self) -> None:
        """Give the documents back; the database is its opener's."""
        self._documents.close()
