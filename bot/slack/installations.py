"""Where SalesMate is installed: one row a workspace or organisation, its token sealed."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from agents.records.surface_tables import InstallationRow
from agents.records.tables import now
from agents.records.unbroken import unbroken

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from agents.records.database import Database
    from bot.slack.sealing import Seal

PLATFORM = "slack"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """An installation as it stands in the database. `sealed` says which version of it this is."""

    installation: Installation
    sealed: str
    enterprise: str
    team: str


class Installations(AsyncInstallationStore):
    """The installations of one Slack app, in the records' database.

    The newest installation of a workspace replaces the one before it. Workspaces of an organisation that
    installed SalesMate as a whole have a row of their own, which says no more than that (`sealed` is empty):
    a tenant is named by its workspace alone.
    """

    def __init__(self, database: Database, seal: Seal, client_id: str) -> None:
        self._database = database
        self._seal = seal
        self._app = client_id

    @property
    def logger(self) -> logging.Logger:
        """What the interface asks for."""
        return log

    async def find(self, team: str | None, enterprise: str | None, *, org_wide: bool = False) -> Kept | None:
        """The bot's installation in the workspace, or in its organisation. Raises SealBroken.

        A workspace's id is enough: some events leave its organisation out.
        """
        async with self._database.house(reading=True) as connection:
            row = None if org_wide or not team else await self._row(connection, team=team)
            if row is None or not row.sealed:
                organisation = row.enterprise if row is not None else enterprise
                if organisation:
                    row = await self._row(connection, team="", enterprise=organisation)
        if row is None or not row.sealed:
            return None
        return Kept(_opened(self._seal.open(row.sealed)), row.sealed, row.enterprise, row.team)

    async def everywhere(self) -> list[str]:
        """Every installation as it is kept, still sealed."""
        async with self._database.house(reading=True) as connection:
            rows = await connection.scalars(select(InstallationRow.sealed).where(*self._bots()))
            return [sealed for sealed in rows if sealed]

    async def teams(self, team: str | None, enterprise: str | None) -> set[str]:
        """The workspaces that an installation serves, as far as they were heard of."""
        async with self._database.house(reading=True) as connection:
            served = await connection.scalars(select(InstallationRow.team).where(self._of(enterprise, team)))
            return {one for one in (*served, team) if one}

    @unbroken
    async def belongs(self, team: str, enterprise: str) -> None:
        """Remember that the workspace is reached through its organisation's installation."""
        async with self._database.house() as connection:
            if await self._row(connection, team=team) is None:
                await self._put(connection, enterprise, team, person="", sealed="")

    @unbroken
    async def async_save(self, installation: Installation) -> None:
        """Keep it; what was kept for this workspace before is gone."""
        team = "" if installation.is_enterprise_install else installation.team_id or ""
        enterprise = installation.enterprise_id or ""
        async with self._database.house() as connection:
            if team:
                # A workspace may have joined an organisation since.
                await connection.execute(
                    delete(InstallationRow).where(*self._bots(), InstallationRow.team == team)
                )
            if installation.bot_token:
                await self._put(connection, enterprise, team, person="", sealed=self._closed(installation))
            if installation.user_token:
                person = installation.user_id
                await self._put(
                    connection, enterprise, team, person=person, sealed=self._closed(installation)
                )
        log.info("installed", extra={"team": team or enterprise})

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a bot's installation."""
        await self.async_save(Installation(user_id="", **vars(bot)))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """As Bolt asks."""
        kept = await self.find(team_id, enterprise_id, org_wide=bool(is_enterprise_install))
        return kept.installation.to_bot() if kept else None

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """As Bolt asks: the bot's, or that of a person who gave a token of her own."""
        if not user_id:
            kept = await self.find(team_id, enterprise_id, org_wide=bool(is_enterprise_install))
            return kept.installation if kept else None
        async with self._database.house(reading=True) as connection:
            row = await self._row(connection, team=team_id or "", person=user_id)
        return _opened(self._seal.open(row.sealed)) if row else None

    @unbroken
    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The bot's permission was taken back."""
        async with self._database.house() as connection:
            gone = self._of(enterprise_id, team_id)
            await connection.execute(delete(InstallationRow).where(gone, InstallationRow.person == ""))
        log.info("uninstalled", extra={"team": team_id or enterprise_id})

    @unbroken
    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """A person's own token was taken back; without `user_id` everybody's."""
        who = InstallationRow.person == user_id if user_id else InstallationRow.person != ""
        async with self._database.house() as connection:
            await connection.execute(delete(InstallationRow).where(self._of(enterprise_id, team_id), who))

    async def claim(self, kept: Kept, seconds: float) -> bool:
        """Be the only one who renews this token for so long. False: somebody else does, or did already."""
        time = now()
        free = or_(InstallationRow.claimed_until.is_(None), InstallationRow.claimed_until < time)
        return await self._change(kept, free, claimed_until=time + timedelta(seconds=seconds))

    async def replace(self, kept: Kept, installation: Installation) -> bool:
        """Put the renewed installation in its place, unless that was replaced or deleted meanwhile."""
        return await self._change(
            kept, sealed=self._closed(installation), claimed_until=None, updated_at=now()
        )

    async def leave(self, kept: Kept, seconds: float) -> None:
        """Give the claim up, so that the next one may try after so long."""
        await self._change(kept, claimed_until=now() + timedelta(seconds=seconds))

    @unbroken
    async def _change(self, kept: Kept, *conditions: ColumnElement[bool], **values: Any) -> bool:
        async with self._database.house() as connection:
            changed = await connection.execute(
                update(InstallationRow)
                .where(*self._bots(), InstallationRow.team == kept.team)
                .where(InstallationRow.enterprise == kept.enterprise, InstallationRow.sealed == kept.sealed)
                .where(*conditions)
                .values(**values)
                .returning(InstallationRow.team)
            )
            return changed.first() is not None

    async def _row(
        self, connection: AsyncConnection, *, team: str, enterprise: str | None = None, person: str = ""
    ) -> Row[str, str, str] | None:
        row = InstallationRow
        query = select(row.sealed, row.enterprise, row.team).where(row.platform == PLATFORM)
        query = query.where(InstallationRow.app == self._app, InstallationRow.person == person)
        query = query.where(InstallationRow.team == team)
        if enterprise is not None:
            query = query.where(InstallationRow.enterprise == enterprise)
        return (await connection.execute(query.limit(1))).first()

    async def _put(
        self, connection: AsyncConnection, enterprise: str, team: str, *, person: str, sealed: str
    ) -> None:
        changing = {"sealed": sealed, "claimed_until": None, "updated_at": now()}
        keys = {
            "platform": PLATFORM,
            "app": self._app,
            "enterprise": enterprise,
            "team": team,
            "person": person,
        }
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        row = insert(InstallationRow).values(**keys, **changing)
        await connection.execute(row.on_conflict_do_update(index_elements=list(keys), set_=changing))

    def _of(self, enterprise: str | None, team: str | None) -> ColumnElement[bool]:
        """The rows of a workspace; without one, those of an organisation and the workspaces it brought."""
        ours = and_(InstallationRow.platform == PLATFORM, InstallationRow.app == self._app)
        if team:
            return and_(ours, InstallationRow.team == team)
        brought = or_(InstallationRow.team == "", InstallationRow.sealed == "")
        return and_(ours, InstallationRow.enterprise == (enterprise or ""), brought)

    def _bots(self) -> tuple[ColumnElement[bool], ...]:
        ours = InstallationRow.platform == PLATFORM, InstallationRow.app == self._app
        return (*ours, InstallationRow.person == "")

    def _closed(self, installation: Installation) -> str:
        return self._seal.close(json.dumps(vars(installation)))


def _opened(text: str) -> Installation:
    return Installation(**json.loads(text))
