"""Alembic runs this on the connection that `agents.records.schema` hands it, in the caller's transaction."""

from alembic import context

from agents.records import model_tables, queue_tables, surface_tables  # noqa: F401  # they add themselves
from agents.records.tables import Base

connection = context.config.attributes["connection"]
# Batch mode: SQLite alters a table by copying it.
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
