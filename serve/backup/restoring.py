"""Puts a backup back: into a database without reports or people, and a place for photos that may hold anything.

Photos and models come first and rows last, all rows in one transaction: broken off at any moment, it can be done again.
A server may be running there already; it finds the rows when they are complete.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, delete, func, select, text, update

from hazardlens.serve.access.audit import Act
from hazardlens.serve.backup.errors import BackupDamagedError, BackupVersionError, NotFreshError
from hazardlens.serve.backup.layout import BUNDLES, BackupManifest, media_file, sha256_of, table_file
from hazardlens.serve.backup.making import Places
from hazardlens.serve.backup.rows import insert_rows, read_rows
from hazardlens.serve.backup.verifying import photo_names, verify_backup
from hazardlens.serve.store.columns import metadata
from hazardlens.serve.store.migrate import known_revisions
from hazardlens.serve.store.tables import (
    dispatch_targets,
    idempotency_keys,
    login_failures,
    one_time_links,
    service_state,
    sessions,
)

_PASSING: Final = (sessions, one_time_links, login_failures, idempotency_keys, service_state)
"""What a server that nobody has used yet may have written already; it gives way."""


def restore_backup(
    places: Places,
    folder: Path,
    act: Act,
    *,
    silent: bool = False,
    advance: Callable[[int, int], None] = lambda *_: None,
) -> BackupManifest:
    """Check a backup, and put it where the settings say.

    Args:
        places: where it goes.
        folder: the backup.
        act: who asks for it, for the audit log.
        silent: disable all targets of messages, for a copy that must tell nobody.
        advance: told how many photos are done, of how many.

    Raises:
        BackupDamagedError: it is not whole; nothing was changed.
        BackupVersionError: a newer program made it; nothing was changed.
        NotFreshError: there are rows already; no row was changed.
        StoreUnavailableError, BlobStoreError: database or photos cannot be reached.
    """
    manifest = verify_backup(folder)
    if manifest.revision not in known_revisions():
        raise BackupVersionError(
            f"the backup has tables of version {manifest.revision}, which this program ({manifest.program} made it) "
            "does not know: restore it with that one or a later one"
        )
    places.store.migrate()
    with places.store.read() as connection:
        _require_fresh(connection)
    _restore_bundles(folder / BUNDLES, places.bundles, manifest)
    _restore_photos(places, folder, advance)
    with places.store.write() as connection:
        _hold(connection)
        _require_fresh(connection)
        for table in _PASSING:
            connection.execute(delete(table))
        for table in metadata.sorted_tables:
            if table.name in manifest.tables:
                _restore_rows(connection, table, folder)
        if silent:
            connection.execute(update(dispatch_targets).values(enabled=False, version=dispatch_targets.c.version + 1))
        told = {"taken_at": manifest.taken_at.isoformat(), "reports": manifest.tables["reports"].rows}
        act.write(connection, "restored", "backup", **told, silent=silent)
    return manifest


def _restore_rows(connection: Connection, table: Table, folder: Path) -> None:
    try:
        insert_rows(connection, table, read_rows(table_file(folder, table.name)))
    except (KeyError, TypeError, ValueError) as error:
        raise BackupDamagedError(f"{folder}: {table.name} has a row that does not fit the table") from error


def _hold(connection: Connection) -> None:
    """Nobody writes until the rows are there. SQLite has locked the whole file."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in metadata.sorted_tables)
        connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


def _require_fresh(connection: Connection) -> None:
    passing = {table.name for table in _PASSING}
    for table in metadata.sorted_tables:
        count = 0 if table.name in passing else connection.execute(select(func.count()).select_from(table)).scalar_one()
        if count:
            raise NotFreshError(f"the database has {count} rows in {table.name} already: restore into a new one")


def _restore_bundles(source: Path, target: Path, manifest: BackupManifest) -> None:
    for inside, sha256 in manifest.bundles.items():
        place = target / inside
        if place.is_file() and sha256_of(place) == sha256:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        half = place.with_name(f".restoring-{place.name}")
        shutil.copyfile(source / inside, half)
        half.replace(place)


def _restore_photos(places: Places, folder: Path, advance: Callable[[int, int], None]) -> None:
    names = [name for name in photo_names(folder) if media_file(folder, name).exists()]
    for done, name in enumerate(names, 1):
        places.blobs.put(media_file(folder, name).read_bytes())
        advance(done, len(names))
