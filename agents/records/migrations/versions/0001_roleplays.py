"""Role-plays, their turns and scorecards, and questions to the copilot."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "tenants",
        _text("id"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
    )
    op.create_table(
        "people",
        _text("tenant"),
        _text("id"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_people"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_people_tenant"),
    )
    op.create_table(
        "roleplays",
        _text("id"),
        _text("tenant"),
        _text("person"),
        _text("persona_id"),
        _number("persona_version"),
        _json("persona"),
        _text("customer"),
        _text("difficulty"),
        sa.Column("seed", sa.BigInteger, nullable=False),
        _text("speaker"),
        _json("initial_state"),
        _text("visibility"),
        _number("attempt"),
        _text("parent", nullable=True),
        _number("from_turn", nullable=True),
        _time("started_at"),
        _time("ended_at", nullable=True),
        _text("ended_by", nullable=True),
        _text("reason", nullable=True),
        _text("outcome", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_roleplays"),
        _belongs_to_a_person("roleplays"),
        sa.ForeignKeyConstraint(
            ["parent"], ["roleplays.id"], name="fk_roleplays_parent", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_roleplays_parent", "roleplays", ["parent"])
    op.create_index("ix_roleplays_tenant_person_started_at", "roleplays", ["tenant", "person", "started_at"])
    op.create_table(
        "turns",
        _text("roleplay"),
        _number("n"),
        _text("tenant"),
        _text("speaker"),
        _text("text"),
        _json("state"),
        _text("act", nullable=True),
        _json("heard", nullable=True),
        _text("model", nullable=True),
        _json("rejected"),
        _number("ms"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("roleplay", "n", name="pk_turns"),
        sa.ForeignKeyConstraint(["roleplay"], ["roleplays.id"], name="fk_turns_roleplay", ondelete="CASCADE"),
    )
    op.create_table(
        "scorecards",
        _text("roleplay"),
        _text("tenant"),
        _number("score"),
        sa.Column("passed", sa.Boolean, nullable=False),
        _text("rubric"),
        _text("rubric_version"),
        _text("judge"),
        _text("prompt_hash"),
        _json("measures"),
        _json("facts"),
        _json("feedback"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("roleplay", name="pk_scorecards"),
        sa.ForeignKeyConstraint(
            ["roleplay"], ["roleplays.id"], name="fk_scorecards_roleplay", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "scorecard_checks",
        _text("roleplay"),
        _number("position"),
        _text("tenant"),
        _text("check_id"),
        _text("text"),
        sa.Column("met", sa.Boolean, nullable=True),
        _number("turn", nullable=True),
        _text("quote", nullable=True),
        sa.PrimaryKeyConstraint("roleplay", "position", name="pk_scorecard_checks"),
        sa.ForeignKeyConstraint(
            ["roleplay"], ["scorecards.roleplay"], name="fk_scorecard_checks_roleplay", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "copilot_questions",
        _text("id"),
        _text("tenant"),
        _text("person"),
        _text("roleplay", nullable=True),
        _text("question"),
        _json("queries"),
        _text("answer"),
        sa.Column("answered", sa.Boolean, nullable=False),
        _json("citations"),
        _json("ms"),
        _text("feedback", nullable=True),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_copilot_questions"),
        _belongs_to_a_person("copilot_questions"),
        sa.ForeignKeyConstraint(
            ["roleplay"], ["roleplays.id"], name="fk_copilot_questions_roleplay", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_copilot_questions_roleplay", "copilot_questions", ["roleplay"])
    op.create_index(
        "ix_copilot_questions_tenant_person_created_at",
        "copilot_questions",
        ["tenant", "person", "created_at"],
    )


def downgrade() -> None:
    for table in (
        "copilot_questions",
        "scorecard_checks",
        "scorecards",
        "turns",
        "roleplays",
        "people",
        "tenants",
    ):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable, autoincrement=False)


def _json(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _belongs_to_a_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "person"], ["people.tenant", "people.id"], name=f"fk_{table}_tenant"
    )
