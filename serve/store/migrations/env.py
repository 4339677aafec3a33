"""Alembic's entry: runs the migrations in the transaction that `migrate.upgrade` opened."""

from alembic import context

from hazardlens.serve.store.tables import reports

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=reports.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
