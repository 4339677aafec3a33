"""Places to back up and to restore to."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.backup.making import Places
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.columns import metadata
from hazardlens.serve.store.engine import Store

ACT: Final = Act(SYSTEM, datetime(2026, 5, 1, 12, tzinfo=UTC))


def fresh(url: str, folder: Path) -> Places:
    """Where nothing is yet."""
    return Places(Store(url), FolderBlobs(folder / "media"), folder / "bundles")


def rows_of(store: Store) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables but the audit log."""
    with store.read() as connection:
        return {
            table.name: [
                dict(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for table in metadata.sorted_tables
            if table.name != "audit_events"
        }
