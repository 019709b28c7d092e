"""The tables of model versions: what may speak for an alias, and what was put to speak when. They belong to
the house, not to one tenant: a process serves all of them with the same models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from agents.records.queue_tables import Number
from agents.records.tables import Base, now


class ModelVersionRow(Base):
    """A model that a run of fine-tuning brought about. Which model it is never changes; where its
    files are and how it was judged follow the newest registration."""

    __tablename__ = "model_versions"

    id: Mapped[str] = mapped_column(primary_key=True)
    alias: Mapped[str]
    model: Mapped[str]
    adapter: Mapped[str | None]
    adapter_sha256: Mapped[str | None]
    base_sha256: Mapped[str | None]
    run: Mapped[str]
    licence: Mapped[str]
    figures: Mapped[dict[str, Any]]
    card: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class ModelPromotionRow(Base):
    """From then on this version speaks for the alias; none, and nothing that was promoted does. Rows are only
    added: the newest of an alias counts."""

    __tablename__ = "model_promotions"
    __table_args__ = (Index(None, "alias", "n"),)

    n: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    alias: Mapped[str]
    version: Mapped[str | None] = mapped_column(ForeignKey("model_versions.id"))
    how: Mapped[str]
    by: Mapped[str]
    reason: Mapped[str | None]
    promoted_at: Mapped[datetime] = mapped_column(default=now)
