"""Where on a platform a call takes place, so that what is said there is known to be said in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from agents.records.person import PersonRecords
from agents.records.rows import roleplay_of
from agents.records.storable import storable
from agents.records.surface_tables import PlaceRow
from agents.records.tables import RolePlayRow, now
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from agents.records.entries import RolePlay


class Places(PersonRecords):
    """The threads in which she is on the phone."""

    @unbroken
    async def open_place(self, place: str, roleplay_id: str) -> None:
        """From now on the call takes place there. A place that has a call keeps it."""
        async with self._database.writing(self._tenant) as session:
            roleplay = await self._find(session, roleplay_id)
            insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
            row = insert(PlaceRow).values(
                tenant=self._tenant,
                id=storable(place),
                roleplay=roleplay.id,
                person=self._person,
                created_at=now(),
            )
            await session.execute(row.on_conflict_do_nothing())

    @unbroken
    async def roleplay_at(self, place: str) -> RolePlay | None:
        """Her call there; None where there is none, or another person's."""
        async with self._database.reading(self._tenant) as session:
            row = await session.scalar(
                select(RolePlayRow)
                .join(PlaceRow, PlaceRow.roleplay == RolePlayRow.id)
                .where(PlaceRow.id == storable(place), RolePlayRow.person == self._person)
            )
            return None if row is None else roleplay_of(row)

    @unbroken
    async def is_taken(self, place: str) -> bool:
        """Whether anybody's call takes place there."""
        async with self._database.reading(self._tenant) as session:
            found = await session.scalar(select(PlaceRow.id).where(PlaceRow.id == storable(place)))
            return found is not None

    @unbroken
    async def place_of(self, roleplay_id: str) -> str | None:
        """Where the call takes place; None where it began on no platform."""
        async with self._database.reading(self._tenant) as session:
            roleplay = await self._find(session, roleplay_id)
            place: str | None = await session.scalar(
                select(PlaceRow.id).where(PlaceRow.roleplay == roleplay.id).order_by(PlaceRow.created_at)
            )
            return place
