"""Makes a backup of a running service: rows of one moment first, then what they name.

Photos are copied after the rows, and only ever join: whatever a row of the backup names was on disk before the row
was. What an erasure takes away in between is not missed.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from alembic.migration import MigrationContext
from sqlalchemy import Connection

from hazardlens.serve.access.audit import Act
from hazardlens.serve.backup.errors import BackupPlaceError, BackupVersionError
from hazardlens.serve.backup.layout import (
    BUNDLES,
    MANIFEST,
    MEDIA,
    TABLES,
    BackupManifest,
    PhotosEntry,
    TableEntry,
    manifest_text,
    media_file,
    sha256_of,
    table_file,
)
from hazardlens.serve.backup.rows import write_rows
from hazardlens.serve.store.blobs import BlobStore, get_or_lost
from hazardlens.serve.store.columns import metadata
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import BlobMissingError
from hazardlens.serve.store.migrate import head_revision
from hazardlens.serve.store.removals import needed_of
from hazardlens.serve.store.tables import report_media

Advance = Callable[[int, int], None]
_COPIERS: Final = 4
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Places:
    """What is backed up, and where it goes back to.

    Attributes:
        bundles: folder of the model registry; it may be missing.
    """

    store: Store
    blobs: BlobStore
    bundles: Path


def make_backup(
    places: Places, out: Path, act: Act, *, like: Path | None = None, advance: Advance = lambda *_: None
) -> BackupManifest:
    """Write a backup beside its place, and move it there when it is whole.

    Args:
        places: what to back up; servers may be running on it.
        out: the new folder, for its owner alone.
        act: who asks for it, for the audit log.
        like: an earlier backup on the same disk, whose photos are linked instead of copied.
        advance: told how many photos are done, of how many.

    Raises:
        BackupPlaceError: `out` is there already, or the disk refuses.
        BackupVersionError: the database's tables are not those of this program.
        StoreUnavailableError, BlobStoreError: database or photos cannot be reached.
    """
    if out.exists():
        raise BackupPlaceError(f"{out}: is there already")
    with _beside(out) as fresh:
        revision, tables, names = _write_tables(places.store, fresh)
        photos = _copy_photos(places, sorted(names), fresh, like, advance)
        manifest = BackupManifest(
            taken_at=act.now,
            program=version("hazardlens"),
            revision=revision,
            database="sqlite" if places.store.is_sqlite else "postgresql",
            tables=tables,
            photos=photos,
            bundles=_copy_bundles(places.bundles, fresh / BUNDLES),
        )
        (fresh / MANIFEST).write_text(manifest_text(manifest), "utf-8")
        os.sync()  # once for all files: one by one takes minutes
        fresh.rename(out)
    with places.store.write() as connection:
        act.write(connection, "backed_up", "backup", reports=tables["reports"].rows, photos=photos.count)
    return manifest


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    workplace: Path | None = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        workplace = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))  # for its owner alone
        for name in (TABLES, MEDIA, BUNDLES):
            (workplace / name).mkdir()
        yield workplace
    except OSError as error:
        raise BackupPlaceError(f"{out}: cannot be written: {error.strerror}") from error
    finally:
        if workplace is not None:
            shutil.rmtree(workplace, ignore_errors=True)


def _write_tables(store: Store, fresh: Path) -> tuple[str, dict[str, TableEntry], set[str]]:
    """The tables' revision, what was written of each, and the names of all photos that rows name."""
    names: set[str] = set()
    tables: dict[str, TableEntry] = {}
    with store.read() as connection:
        revision = _revision(connection)
        for table in metadata.sorted_tables:
            path, count = table_file(fresh, table.name), 0
            for row in write_rows(connection, table, path):
                count += 1
                if table is report_media:
                    names |= {row["sha256"], row["preview_sha256"]} - {"", None}
            tables[table.name] = TableEntry(rows=count, sha256=sha256_of(path))
    return revision, tables, names


def _revision(connection: Connection) -> str:
    found, own = MigrationContext.configure(connection).get_current_revision(), head_revision()
    if found != own:
        raise BackupVersionError(
            f"the database has tables of version {found or 'none'}, this program makes version {own}: "
            "back it up with the program that runs on it"
        )
    return own


def _copy_photos(places: Places, names: list[str], fresh: Path, like: Path | None, advance: Advance) -> PhotosEntry:
    sizes: list[int] = []
    lost: list[str] = []

    def copy(name: str) -> int | None:
        target = media_file(fresh, name)
        target.parent.mkdir(exist_ok=True)
        if like is not None and (linked := _link(media_file(like, name), target)) is not None:
            return linked
        try:
            content = get_or_lost(places.blobs, name)
        except BlobMissingError:
            return None
        target.write_bytes(content)
        return len(content)

    with ThreadPoolExecutor(_COPIERS, thread_name_prefix="backup") as pool:
        for start in range(0, len(names), _CHUNK):
            some = names[start : start + _CHUNK]
            for name, size in zip(some, pool.map(copy, some), strict=True):
                lost.extend([name] if size is None else [])
                sizes.extend([] if size is None else [size])
            advance(start + len(some), len(names))
    return PhotosEntry(count=len(sizes), size_bytes=sum(sizes), missing=tuple(_still_needed(places.store, lost)))


def _link(earlier: Path, target: Path) -> int | None:
    """The size of a photo that an earlier backup has, now in this one too; None where it has not."""
    try:
        os.link(earlier, target)
        return target.stat().st_size
    except OSError:
        return None


def _still_needed(store: Store, names: list[str]) -> list[str]:
    if not names:
        return []
    with store.read() as connection:
        return sorted(needed_of(connection, names))


def _copy_bundles(source: Path, target: Path) -> dict[str, str]:
    """Copy the registry's folders, without what is only being made there."""
    sums: dict[str, str] = {}
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        inside = path.relative_to(source)
        if any(part.startswith(".") for part in inside.parts) or not path.is_file() or path.is_symlink():
            continue
        copied = target / inside
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
        sums[inside.as_posix()] = sha256_of(copied)
    return sums
