"""Durable turns, the places of calls, edits of messages, and installations."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

UNFINISHED = sa.text("status IN ('queued', 'running', 'answered')")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _turns()
    _calls()
    _installations()


def downgrade() -> None:
    for table in (
        "oauth_states",
        "installations",
        "turn_revisions",
        "turn_messages",
        "places",
        "outbox",
        "inbox",
    ):
        op.drop_table(table)


def _turns() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", NUMBER, nullable=False, autoincrement=True),
        *(_text(name) for name in ("platform", "tenant", "event_key", "conversation", "kind", "person")),
        _json("place"),
        _json("data"),
        _text("status"),
        _number("attempts"),
        _number("fence"),
        _text("owner", nullable=True),
        _time("lease_until", nullable=True),
        _time("due_at"),
        sa.Column("stop_asked", sa.Boolean, nullable=False),
        _text("placeholder"),
        _text("error"),
        _time("received_at"),
        _time("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("platform", "tenant", "event_key", name="uq_inbox_platform_tenant_event_key"),
    )
    op.create_index(
        "ix_inbox_unfinished",
        "inbox",
        ["conversation", "id"],
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
    op.create_table(
        "outbox",
        sa.Column("id", NUMBER, nullable=False, autoincrement=True),
        sa.Column("inbox", NUMBER, nullable=False),
        _number("position"),
        _json("outgoing"),
        _text("status"),
        _number("attempts"),
        _text("channel"),
        _text("message"),
        _text("error"),
        _time("delivered_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("inbox", "position", name="uq_outbox_inbox_position"),
        sa.ForeignKeyConstraint(["inbox"], ["inbox.id"], name="fk_outbox_inbox", ondelete="CASCADE"),
    )


def _calls() -> None:
    op.create_table(
        "places",
        _text("tenant"),
        _text("id"),
        _text("roleplay"),
        _text("person"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_places"),
        sa.ForeignKeyConstraint(
            ["roleplay"], ["roleplays.id"], name="fk_places_roleplay", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_places_roleplay", "places", ["roleplay"])
    op.create_table(
        "turn_messages",
        _text("tenant"),
        _text("id"),
        _text("roleplay"),
        _number("n"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_turn_messages"),
        _of_a_turn("turn_messages"),
    )
    op.create_table(
        "turn_revisions",
        _text("id"),
        _text("tenant"),
        _text("roleplay"),
        _number("n"),
        _text("text", nullable=True),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_turn_revisions"),
        _of_a_turn("turn_revisions"),
    )
    op.create_index("ix_turn_revisions_roleplay_n", "turn_revisions", ["roleplay", "n"])


def _installations() -> None:
    keys = ("platform", "app", "enterprise", "team", "person")
    op.create_table(
        "installations",
        *(_text(name) for name in keys),
        _text("sealed"),
        _time("claimed_until", nullable=True),
        _time("updated_at"),
        sa.PrimaryKeyConstraint(*keys, name="pk_installations"),
    )
    op.create_table(
        "oauth_states",
        _text("hashed"),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("hashed", name="pk_oauth_states"),
    )


def _of_a_turn(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["roleplay", "n"], ["turns.roleplay", "turns.n"], name=f"fk_{table}_roleplay", ondelete="CASCADE"
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
