"""What video needs: kinds of media, how far the work on a clip is, and jobs that outlive a server.

Servers of the version before keep working beside it: new columns are filled by the database or may be empty. On
PostgreSQL the jobs are those of procrastinate, whose tables and functions are made here as version 3.10 defines them: a
later one needs a step of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column("report_media", sa.Column("kind", sa.String(length=10), server_default="image", nullable=False))
    op.add_column("report_media", sa.Column("of_n", sa.Integer(), nullable=True))
    op.add_column("report_media", sa.Column("time_s", sa.Float(), nullable=True))
    op.add_column("report_media", sa.Column("duration_s", sa.Float(), nullable=True))
    op.create_table(
        "clip_work",
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("problem", sa.String(length=60), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_clip_work_report_id")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_clip_work")),
    )
    op.create_index("ix_clip_work_state_queued_at", "clip_work", ["state", "queued_at"])
    op.create_table(
        "work_jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("task", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_jobs")),
        sa.UniqueConstraint("task", "key", name=op.f("uq_work_jobs_task_key")),
    )
    op.create_index("ix_work_jobs_due_at", "work_jobs", ["due_at"])
    if op.get_bind().dialect.name == "postgresql":
        _make_procrastinate()


def _make_procrastinate() -> None:
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - it is there only where PostgreSQL is chosen

    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())
