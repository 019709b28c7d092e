"""The tables. Adding to them means adding a migration: a test compares the two.

Every table carries its tenant, so that `database` can add the tenant to each query by itself.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

JsonData = dict[str, Any] | list[Any]


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python on both databases; SQLite, which has no time zones, keeps it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC. Raises ValueError for a time that does not say its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a time zone cannot be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read back as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Named constraints, because SQLite can only alter what has a name. JSON is plain on both databases:
    JSONB would reorder keys, and nothing here searches inside."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # the name and form that SQLAlchemy prescribes
        str: Text,
        datetime: UtcDateTime,
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class TenantOwned:
    """Rows of one tenant, which no other tenant's session can see (see `database`)."""

    tenant: Mapped[str] = mapped_column()


class TenantRow(Base):
    """A company's workspace."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class PersonRow(TenantOwned, Base):
    """Someone who rehearses or asks."""

    __tablename__ = "people"

    tenant: Mapped[str] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class RolePlayRow(TenantOwned, Base):
    """A call; running while `ended_at` is empty."""

    __tablename__ = "roleplays"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "person"], ["people.tenant", "people.id"]),
        Index(None, "tenant", "person", "started_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str]
    persona_id: Mapped[str]
    persona_version: Mapped[int]
    persona: Mapped[dict[str, Any]]
    customer: Mapped[str]
    difficulty: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    speaker: Mapped[str]
    initial_state: Mapped[dict[str, Any]]
    visibility: Mapped[str]
    attempt: Mapped[int]
    parent: Mapped[str | None] = mapped_column(ForeignKey("roleplays.id", ondelete="SET NULL"), index=True)
    from_turn: Mapped[int | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    reason: Mapped[str | None]
    outcome: Mapped[str | None]


class TurnRow(TenantOwned, Base):
    """One line of a call and the customer's state after it."""

    __tablename__ = "turns"

    roleplay: Mapped[str] = mapped_column(ForeignKey("roleplays.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    speaker: Mapped[str]
    text: Mapped[str]
    state: Mapped[dict[str, Any]]
    act: Mapped[str | None]
    heard: Mapped[dict[str, Any] | None]
    model: Mapped[str | None]
    rejected: Mapped[list[Any]]
    ms: Mapped[int]
    created_at: Mapped[datetime]


class ScorecardRow(TenantOwned, Base):
    """The coach's verdict on a call; scoring again replaces it."""

    __tablename__ = "scorecards"

    roleplay: Mapped[str] = mapped_column(ForeignKey("roleplays.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[int]
    passed: Mapped[bool]
    rubric: Mapped[str]
    rubric_version: Mapped[str]
    judge: Mapped[str]
    prompt_hash: Mapped[str]
    measures: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    feedback: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class CheckRow(TenantOwned, Base):
    """One check of a scorecard, in the rubric's order."""

    __tablename__ = "scorecard_checks"

    roleplay: Mapped[str] = mapped_column(
        ForeignKey("scorecards.roleplay", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    check_id: Mapped[str]
    text: Mapped[str]
    met: Mapped[bool | None]
    turn: Mapped[int | None]
    quote: Mapped[str | None]


class QuestionRow(TenantOwned, Base):
    """A question to the copilot, during a call or outside one."""

    __tablename__ = "copilot_questions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "person"], ["people.tenant", "people.id"]),
        Index(None, "tenant", "person", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str]
    roleplay: Mapped[str | None] = mapped_column(ForeignKey("roleplays.id", ondelete="SET NULL"), index=True)
    question: Mapped[str]
    queries: Mapped[list[Any]]
    answer: Mapped[str]
    answered: Mapped[bool]
    citations: Mapped[list[Any]]
    ms: Mapped[dict[str, Any]]
    feedback: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
