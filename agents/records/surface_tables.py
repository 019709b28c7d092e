"""Tables for what surfaces have to remember: where calls take place, edits, and installations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from agents.records.tables import Base, TenantOwned, now


class PlaceRow(TenantOwned, Base):
    """The thread of a platform in which a call takes place; `id` is the platform's own name for it."""

    __tablename__ = "places"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    roleplay: Mapped[str] = mapped_column(ForeignKey("roleplays.id", ondelete="CASCADE"), index=True)
    person: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class MessageRow(TenantOwned, Base):
    """Which turn a platform's message is, so that its later edits are known for what they are."""

    __tablename__ = "turn_messages"
    __table_args__ = (
        ForeignKeyConstraint(["roleplay", "n"], ["turns.roleplay", "turns.n"], ondelete="CASCADE"),
    )

    tenant: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    roleplay: Mapped[str]
    n: Mapped[int]


class RevisionRow(TenantOwned, Base):
    """A rep's line as she later edited it (`text`), or took it back (no text). The turn itself keeps what the
    customer heard."""

    __tablename__ = "turn_revisions"
    __table_args__ = (
        ForeignKeyConstraint(["roleplay", "n"], ["turns.roleplay", "turns.n"], ondelete="CASCADE"),
        Index(None, "roleplay", "n"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    roleplay: Mapped[str]
    n: Mapped[int]
    text: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class InstallationRow(Base):
    """A platform's permission to act in a workspace. `sealed` is encrypted; `person` is empty for the bot's
    own. Not a tenant's row: it is what says which tenants there are. Whoever renews its token claims it
    first, for a while: a refresh token works once."""

    __tablename__ = "installations"

    platform: Mapped[str] = mapped_column(primary_key=True)
    app: Mapped[str] = mapped_column(primary_key=True)
    enterprise: Mapped[str] = mapped_column(primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[str]
    claimed_until: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=now)


class OAuthStateRow(Base):
    """An installation under way; used once, by its hash."""

    __tablename__ = "oauth_states"

    hashed: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]
