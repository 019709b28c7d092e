"""Which fine-tuned models there are, and which of them speaks for an alias such as `customer`.

An alias moves by adding a row that says so, so that its whole history stays. Going back undoes the last move
that was not undone yet; the first state of every alias is that nothing is promoted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import insert, select, text, update

from agents.records.errors import NotFound, RecordsError
from agents.records.model_tables import ModelPromotionRow, ModelVersionRow
from agents.records.storable import storable
from agents.records.tables import now
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from agents.records.database import Database

CUSTOMER = "customer"
ID_LENGTH = 8
"""Hexadecimal digits of a version's id: short enough to type, and thousands of versions do not collide."""

RENEWED = ("adapter", "card", "figures", "licence")
"""What a version's row takes from a later registration; its id is made of the rest."""

How = Literal["promote", "rollback"]


class NothingToRollBack(RecordsError):
    """Nothing is promoted, so nothing can be taken back."""


@dataclass(frozen=True)
class NewModelVersion:
    """A model that may speak. `model` is what SALESMATE_CUSTOMER_MODEL would be set to; `adapter` and `card`
    are addresses that every bot can read."""

    model: str
    run: str
    licence: str
    adapter: str | None = None
    adapter_sha256: str | None = None
    base_sha256: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    card: str | None = None
    alias: str = CUSTOMER

    @property
    def id(self) -> str:
        """By content: the same model from the same run is the same version, wherever its files are."""
        content = [self.alias, self.model, self.adapter_sha256, self.base_sha256, self.run]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:ID_LENGTH]


@dataclass(frozen=True)
class ModelVersion:
    """A version as it is registered."""

    id: str
    alias: str
    model: str
    adapter: str | None
    adapter_sha256: str | None
    base_sha256: str | None
    run: str
    licence: str
    figures: dict[str, Any]
    card: str | None
    created_at: datetime

    @property
    def name(self) -> str:
        """As a call and each of its turns name it."""
        return f"{self.alias}@{self.id}"


@dataclass(frozen=True)
class Promotion:
    """One move of an alias. No version: nothing that was promoted speaks."""

    n: int
    alias: str
    version: str | None
    how: How
    by: str
    reason: str | None
    promoted_at: datetime


@dataclass(frozen=True)
class Standing:
    """Which version speaks for an alias, and by which move. Neither where nothing was ever promoted."""

    promotion: Promotion | None = None
    version: ModelVersion | None = None


class ModelVersions:
    """The registry, in the records' database. Every method raises DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @unbroken
    async def register(self, new: NewModelVersion) -> ModelVersion:
        """Add a version. One that is there already keeps its name and age, and takes what is newer of it:
        where its files are, its figures with their verdict, its licence."""
        async with self._database.house() as connection:
            await self._alone(connection)
            kept = await _version(connection, new.id)
            version = ModelVersion(
                id=new.id, created_at=kept.created_at if kept else now(), **storable(asdict(new))
            )
            if kept is None:
                await connection.execute(insert(ModelVersionRow).values(**asdict(version)))
            elif kept != version:
                row = update(ModelVersionRow).where(ModelVersionRow.id == version.id)
                await connection.execute(row.values({name: getattr(version, name) for name in RENEWED}))
            return version

    async def version(self, name: str) -> ModelVersion:
        """By its id, or as a call names it (`customer@3f2a9c01`). Raises NotFound."""
        alias, at, version_id = name.rpartition("@")
        async with self._database.house(reading=True) as connection:
            found = await _version(connection, version_id)
        if found is None or (at and found.alias != alias):
            raise NotFound(f"There is no model version '{name}'. See: salesmate finetune status")
        return found

    async def versions(self, alias: str = CUSTOMER) -> list[ModelVersion]:
        """All that were registered for the alias, newest first."""
        those = select(ModelVersionRow.__table__).where(ModelVersionRow.alias == alias)
        async with self._database.house(reading=True) as connection:
            rows = await connection.execute(
                those.order_by(ModelVersionRow.created_at.desc(), ModelVersionRow.id)
            )
            return [_version_of(row) for row in rows]

    async def standing(self, alias: str = CUSTOMER) -> Standing:
        """What speaks for the alias now: one short query, for who asks often."""
        async with self._database.house(reading=True) as connection:
            return await _standing(connection, alias)

    async def history(self, alias: str = CUSTOMER) -> list[Promotion]:
        """Every move of the alias, newest first."""
        async with self._database.house(reading=True) as connection:
            return (await _moves(connection, alias))[::-1]

    @unbroken
    async def promote(self, version: ModelVersion, by: str, reason: str | None = None) -> Standing:
        """Let the version speak for its alias. Nothing is written where it does already. `reason` says why,
        where that needs saying."""
        async with self._database.house() as connection:
            await self._alone(connection)
            before = await _standing(connection, version.alias)
            if before.version is None or before.version.id != version.id:
                await _move(connection, version.alias, version.id, "promote", by, reason)
            return await _standing(connection, version.alias)

    @unbroken
    async def rollback(
        self, by: str, reason: str | None = None, alias: str = CUSTOMER
    ) -> tuple[Standing, Standing]:
        """Let speak what spoke before the current version was promoted; again, what spoke before that.

        Returns what spoke and what speaks now. Raises NothingToRollBack.
        """
        async with self._database.house() as connection:
            await self._alone(connection)
            left = await _standing(connection, alias)
            if left.version is None:
                raise NothingToRollBack("No model version is promoted, so there is nothing to roll back.")
            before = _not_undone(await _moves(connection, alias))
            await _move(connection, alias, before, "rollback", by, reason)
            return left, await _standing(connection, alias)

    async def _alone(self, connection: AsyncConnection) -> None:
        """Moves are made one after the other, or two at once would each follow from the same state. On SQLite
        a writing transaction is alone by itself; who only reads does not wait."""
        if connection.dialect.name == "postgresql":
            await connection.execute(text("LOCK TABLE model_promotions IN SHARE ROW EXCLUSIVE MODE"))


def _not_undone(moves: Sequence[Promotion]) -> str | None:
    """The version before the current one: each promotion adds one on top, each roll-back takes one off."""
    spoke: list[str | None] = [None]
    for move in moves:
        if move.how == "promote":
            spoke.append(move.version)
        else:
            spoke.pop()
    return spoke[-2]


async def _move(
    connection: AsyncConnection, alias: str, version: str | None, how: How, by: str, reason: str | None
) -> None:
    values = {"alias": alias, "version": version, "how": how, "by": by, "reason": reason}
    await connection.execute(insert(ModelPromotionRow).values(**storable(values), promoted_at=now()))


async def _version(connection: AsyncConnection, version_id: str) -> ModelVersion | None:
    query = select(ModelVersionRow.__table__).where(ModelVersionRow.id == storable(version_id))
    row = (await connection.execute(query)).one_or_none()
    return _version_of(row) if row else None


async def _moves(connection: AsyncConnection, alias: str) -> list[Promotion]:
    query = select(ModelPromotionRow.__table__).where(ModelPromotionRow.alias == alias)
    return [_promotion_of(row) for row in await connection.execute(query.order_by(ModelPromotionRow.n))]


async def _standing(connection: AsyncConnection, alias: str) -> Standing:
    newest = select(ModelPromotionRow.__table__).where(ModelPromotionRow.alias == alias)
    row = (await connection.execute(newest.order_by(ModelPromotionRow.n.desc()).limit(1))).one_or_none()
    if row is None:
        return Standing()
    promotion = _promotion_of(row)
    version = await _version(connection, promotion.version) if promotion.version else None
    return Standing(promotion, version)


def _promotion_of(row: Row[Any]) -> Promotion:
    return Promotion(**row._asdict())


def _version_of(row: Row[Any]) -> ModelVersion:
    return ModelVersion(**row._asdict())
