"""The tables of durable turns: what came in, and what is to go out. They belong to the house, not to one
tenant, because a worker takes whatever is next; `bot.turns` works with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agents.records.tables import Base, now

# SQLite numbers rows by itself only in an INTEGER key.
Number = BigInteger().with_variant(Integer, "sqlite")
UNFINISHED = "status IN ('queued', 'running', 'answered')"


class InboxRow(Base):
    """One thing a person did. `status` goes queued, running, answered (effects and outbox are committed),
    done; or dead (given up), stopped (by the person) and dropped (by an operator)."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("platform", "tenant", "event_key"),
        Index(
            "ix_inbox_unfinished",
            "conversation",
            "id",
            sqlite_where=text(UNFINISHED),
            postgresql_where=text(UNFINISHED),
        ),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    platform: Mapped[str]
    tenant: Mapped[str]
    event_key: Mapped[str]
    conversation: Mapped[str]
    kind: Mapped[str]
    person: Mapped[str]
    place: Mapped[dict[str, Any]]
    data: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    due_at: Mapped[datetime] = mapped_column(default=now)
    stop_asked: Mapped[bool] = mapped_column(default=False)
    placeholder: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    received_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


class OutboxRow(Base):
    """One thing to tell a person. `status` goes pending, sending (it may have reached the platform),
    delivered; or undeliverable."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("inbox", "position"),)

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    inbox: Mapped[int] = mapped_column(Number, ForeignKey("inbox.id", ondelete="CASCADE"))
    position: Mapped[int]
    outgoing: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    channel: Mapped[str] = mapped_column(default="")
    message: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    delivered_at: Mapped[datetime | None]
