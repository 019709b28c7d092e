"""What calls, scorecards and questions have in common: they are one person's, and nobody else's exist."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from agents.records.errors import NotFound
from agents.records.storable import storable
from agents.records.tables import PersonRow, RolePlayRow, TenantRow

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from agents.records.database import Database

SUGGEST_AMONG = 200  # recent role-plays in which to look for the id that was meant


class PersonRecords:
    """One person of one tenant, and how to find what is hers."""

    def __init__(self, database: Database, tenant: str = "local", person: str = "local") -> None:
        self._database = database
        self._tenant = storable(tenant)
        self._person = storable(person)

    @property
    def database(self) -> Database:
        """Where they are kept."""
        return self._database

    @property
    def tenant(self) -> str:
        """Whose they are, besides the person's."""
        return self._tenant

    async def _introduce(self, session: AsyncSession) -> None:
        """Make sure that the tenant and the person exist; two first messages may arrive together."""
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        tenant = insert(TenantRow).values(id=self._tenant)
        person = insert(PersonRow).values(tenant=self._tenant, id=self._person)
        await session.execute(tenant.on_conflict_do_nothing())
        await session.execute(person.on_conflict_do_nothing())

    async def _find(self, session: AsyncSession, roleplay_id: str, *, lock: bool = False) -> RolePlayRow:
        query = select(RolePlayRow).where(
            RolePlayRow.id == storable(roleplay_id), RolePlayRow.person == self._person
        )
        row = await session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise await self._not_found(session, roleplay_id)
        return row

    async def _not_found(self, session: AsyncSession, roleplay_id: str) -> NotFound:
        hers = select(RolePlayRow.id).where(RolePlayRow.person == self._person)
        latest = hers.order_by(RolePlayRow.started_at.desc()).limit(SUGGEST_AMONG)
        ids = list(await session.scalars(latest))
        sentence = f"There is no role-play {roleplay_id[:40]!r} among yours."
        if not ids:
            return NotFound(f"{sentence} You have none yet; start one with: salesmate chat")
        if nearest := difflib.get_close_matches(roleplay_id[:40], ids, n=1, cutoff=0.5):
            return NotFound(
                f"{sentence} Did you mean {nearest[0]!r}? List them with: salesmate transcripts list"
            )
        return NotFound(f"{sentence} List them with: salesmate transcripts list")
