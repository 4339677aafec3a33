"""What erasure needs: marks, files to remove, requests under way, and notes that may be taken away and nothing else.

Servers of the version before keep working beside it: columns are added and may be empty, and no trigger refuses more.
"""

import sqlalchemy as sa
from alembic import op

from hazardlens.serve.store.migrations.triggers import allow_erasing

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ERASED = "EXISTS (SELECT 1 FROM reports WHERE id = OLD.report_id AND erased_at IS NOT NULL)"
_SIGNING_IN = "OLD.action IN ('signed_in', 'sign_in_refused')"


def upgrade() -> None:
    """Add columns and tables, and let through what an erasure has to change."""
    op.add_column("reports", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reports", sa.Column("area", sa.String(length=20), nullable=True))
    op.create_index("ix_report_media_preview_sha256", "report_media", ["preview_sha256"])
    op.create_table(
        "media_removals",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_media_removals")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("request_id", sa.String(length=100), nullable=True),
        sa.Column("reporter", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=True),
        sa.Column("report_id", sa.String(length=32), nullable=True),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_finished_at", "erasures", ["finished_at"])
    allow_erasing("report_events", "note", "NEW.note IS NULL", where=_ERASED)
    allow_erasing("reviews", "note", "NEW.note IS NULL", where=_ERASED)
    allow_erasing("audit_events", "detail", "CAST(NEW.detail AS TEXT) = '{}'", where=_SIGNING_IN)
