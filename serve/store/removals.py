"""Files that nothing may need any more: noted in the transaction that lets go of them, removed afterwards.

Two reports may have the same file, and one may come in with it while it is being removed. Both sides therefore meet at
the note's row: whoever removes a file holds it while they look for reports that need the file, and whoever stores a
report looks for it after writing their rows. So either the remover sees the report, or the report's writer sees the
note, and keeps the file anew.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hazardlens.serve.store.blobs import BlobStore
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.erasure_tables import media_removals
from hazardlens.serve.store.tables import report_media

_BATCH: Final = 100
_REMEMBERED: Final = timedelta(days=1)
"""For how long a removed file's note stays: much longer than any request takes that could have found it there."""


def note_removals(connection: Connection, sha256s: Iterable[str], now: datetime) -> None:
    """Have files removed, unless some report needs them by then.

    Args:
        connection: of `Store.write`, the one in which they are let go of.
        sha256s: their names; empty ones are of files that are gone already.
        now: the time, with zone.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for sha256 in sorted({one for one in sha256s if one}):
        new = insert(media_removals).values(sha256=sha256, at=now)
        connection.execute(new.on_conflict_do_update(index_elements=["sha256"], set_={"at": now, "removed_at": None}))


def keep_noted(connection: Connection, contents: Mapping[str, bytes], blobs: BlobStore) -> None:
    """Keep anew what of these files is being removed, or was while they were stored.

    Args:
        connection: of `Store.write`, after the rows that need the files were written.
        contents: sha256 to content.
        blobs: where they go.

    Raises:
        BlobStoreError: one could not be stored.
    """
    noted = select(media_removals.c.sha256).where(media_removals.c.sha256.in_(contents)).with_for_update()
    for sha256 in connection.scalars(noted.order_by(media_removals.c.sha256)).all():
        blobs.put(contents[sha256])
        connection.execute(delete(media_removals).where(media_removals.c.sha256 == sha256))


def remove_noted(store: Store, blobs: BlobStore, now: datetime) -> int:
    """Remove all files that were noted and that no report needs; how many.

    Killed at any moment, it is gone on with by the next call.

    Raises:
        StoreUnavailableError: the database cannot be reached.
        BlobStoreError: a file could not be deleted.
    """
    waits = select(media_removals.c.sha256).where(media_removals.c.removed_at.is_(None)).order_by(media_removals.c.at)
    removed = 0
    while True:
        with store.read() as connection:
            names = connection.scalars(waits.limit(_BATCH)).all()
        if not names:
            break
        for name in names:
            with store.write() as connection:
                removed += _remove(connection, blobs, name, now)
    with store.write() as connection:
        connection.execute(delete(media_removals).where(media_removals.c.removed_at < now - _REMEMBERED))
    return removed


def needed_of(connection: Connection, sha256s: Collection[str]) -> set[str]:
    """Those of these files that some report needs, as its photo or as a photo's preview."""
    columns = (report_media.c.sha256, report_media.c.preview_sha256)
    rows = connection.execute(select(*columns).where(or_(*(column.in_(sha256s) for column in columns))))
    return {one for row in rows for one in row} & set(sha256s)


def _remove(connection: Connection, blobs: BlobStore, name: str, now: datetime) -> bool:
    this = media_removals.c.sha256 == name
    query = select(media_removals.c.sha256).where(this, media_removals.c.removed_at.is_(None))
    if connection.execute(query.with_for_update()).first() is None:
        return False  # another server was faster, or a report came in with it
    if needed_of(connection, [name]):
        connection.execute(delete(media_removals).where(this))
        return False
    blobs.delete(name)
    connection.execute(update(media_removals).where(this).values(removed_at=now))
    return True
