"""Versions of models, and which of them was promoted when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "model_versions",
        _text("id"),
        _text("alias"),
        _text("model"),
        *(_text(name, nullable=True) for name in ("adapter", "adapter_sha256", "base_sha256")),
        _text("run"),
        _text("licence"),
        sa.Column("figures", sa.JSON(none_as_null=True), nullable=False),
        _text("card", nullable=True),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_model_versions"),
    )
    op.create_table(
        "model_promotions",
        sa.Column("n", NUMBER, nullable=False, autoincrement=True),
        _text("alias"),
        _text("version", nullable=True),
        _text("how"),
        _text("by"),
        _text("reason", nullable=True),
        _time("promoted_at"),
        sa.PrimaryKeyConstraint("n", name="pk_model_promotions"),
        sa.ForeignKeyConstraint(["version"], ["model_versions.id"], name="fk_model_promotions_version"),
    )
    op.create_index("ix_model_promotions_alias_n", "model_promotions", ["alias", "n"])


def downgrade() -> None:
    op.drop_table("model_promotions")
    op.drop_table("model_versions")


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
