"""Reads a backup from end to end, and compares every byte with its manifest."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from hazardlens.serve.backup.errors import BackupDamagedError
from hazardlens.serve.backup.layout import (
    BUNDLES,
    BackupManifest,
    media_file,
    read_manifest,
    sha256_of,
    table_file,
)
from hazardlens.serve.backup.rows import read_rows
from hazardlens.serve.store.blobs import NAME

_SHOWN: Final = 5
_MEDIA_TABLE: Final = "report_media"
_REPORTS_TABLE: Final = "reports"


def verify_backup(folder: Path, advance: Callable[[int, int], None] = lambda *_: None) -> BackupManifest:
    """Check that a backup is whole: tables, their numbers of rows, every photo that a row names, and the models.

    Args:
        folder: the backup.
        advance: told how many photos are done, of how many.

    Raises:
        BackupDamagedError: it is not; the message names what, and how much more there is.
    """
    manifest = read_manifest(folder)
    problems = [*_check_tables(folder, manifest), *_check_bundles(folder, manifest)]
    if not problems:
        problems = list(_check_photos(folder, manifest, advance))
    if problems:
        more = f", and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise BackupDamagedError(f"{folder}: {'; '.join(problems[:_SHOWN])}{more}")
    return manifest


def photo_names(folder: Path) -> list[str]:
    """The names of all photos and previews that rows of a backup name.

    Raises:
        OSError, EOFError, ValueError: the rows cannot be read, or name what is no photo.
    """
    rows = read_rows(table_file(folder, _MEDIA_TABLE))
    names = [name for row in rows for name in (row.get("sha256"), row.get("preview_sha256")) if name]
    if not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
        raise ValueError("a row names a photo by something else than its sha256")
    return sorted(set(names))


def _check_tables(folder: Path, manifest: BackupManifest) -> Iterator[str]:
    for name in (_MEDIA_TABLE, _REPORTS_TABLE):
        if name not in manifest.tables:
            yield f"no table {name}"
    for name, entry in manifest.tables.items():
        path = table_file(folder, name)
        try:
            if sha256_of(path) != entry.sha256:
                yield f"{path.name} has changed"
            elif (found := sum(1 for _ in read_rows(path))) != entry.rows:
                yield f"{path.name} has {found} rows, the manifest says {entry.rows}"
        except (OSError, EOFError, ValueError):
            yield f"{path.name} is missing or cannot be read"


def _check_bundles(folder: Path, manifest: BackupManifest) -> Iterator[str]:
    for inside, sha256 in manifest.bundles.items():
        try:
            if sha256_of(folder / BUNDLES / inside) != sha256:
                yield f"{inside} has changed"
        except (OSError, ValueError):  # the latter where the name is no name
            yield f"{inside} is missing or cannot be read"


def _check_photos(folder: Path, manifest: BackupManifest, advance: Callable[[int, int], None]) -> Iterable[str]:
    try:
        named = photo_names(folder)
    except ValueError as error:
        yield str(error)
        return
    names = [name for name in named if media_file(folder, name).exists()]
    absent = set(named) - set(names) - set(manifest.photos.missing)
    if len(names) < manifest.photos.count:
        yield f"{manifest.photos.count - len(names)} photos are missing, like {min(absent, default='?')[:12]}…"
    for done, name in enumerate(names, 1):
        try:
            if hashlib.sha256(media_file(folder, name).read_bytes()).hexdigest() != name:
                yield f"photo {name[:12]}… has changed"
        except OSError:
            yield f"photo {name[:12]}… cannot be read"
        advance(done, len(names))
