"""Run by Alembic: apply the migrations over the connection that `serving.store.migrate` passes in."""

from __future__ import annotations

from alembic import context

from serving.store.schema import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
