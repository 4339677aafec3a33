"""`hazardlens admin backup | verify | restore`: all that the service keeps as one folder, while it runs, and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hazardlens.cli.acting import who_is_here
from hazardlens.cli.extras import progress_bar
from hazardlens.cli.terminal import shown_path, tell

if TYPE_CHECKING:
    from hazardlens.serve.access.audit import Act
    from hazardlens.serve.backup.layout import BackupManifest
    from hazardlens.serve.backup.making import Places

_FolderArgument = Annotated[Path, typer.Argument(metavar="BACKUP", help="Folder that `admin backup` wrote.")]


def register(admin: typer.Typer) -> None:
    """Add the commands to those of `admin`."""
    admin.command("backup")(backup)
    admin.command("verify")(verify)
    admin.command("restore")(restore)


def backup(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder to write.")],
    like: Annotated[
        Path | None,
        typer.Option(
            "--like", metavar="BACKUP", help="Earlier backup on that disk: its photos are linked, not copied."
        ),
    ] = None,
) -> None:
    """Back up rows, photos and models of the settings; servers may be running, and are not held up.

    The folder holds reports, hashes of passwords and secrets of receivers: it is made for its owner alone.

    Exit code 1: it is written, but photos that rows name could not be read.

    Example: hazardlens admin backup --out backups/2026-03-01 --like backups/2026-02-28
    """
    from hazardlens.serve.backup.making import make_backup

    with _opened() as (places, act), progress_bar("Copying photos") as advance:
        manifest = make_backup(places, out, act, like=like, advance=advance)
    tell(f"{shown_path(out)}: {_summary(manifest)}")
    for name in manifest.photos.missing[:5]:
        tell(f"photo {name[:12]}… is lost: rows name it, and the store does not have it")
    raise typer.Exit(1 if manifest.photos.missing else 0)


def verify(folder: _FolderArgument) -> None:
    """Check a backup from end to end: every table, every photo, every model. It needs nothing but the folder.

    Example: hazardlens admin verify backups/2026-03-01
    """
    from hazardlens.serve.backup.verifying import verify_backup

    with progress_bar("Checking photos") as advance:
        manifest = verify_backup(folder, advance)
    tell(f"{shown_path(folder)} is whole: {_summary(manifest)}")


def restore(
    folder: _FolderArgument,
    silent: Annotated[
        bool, typer.Option("--silent", help="Disable the targets of messages: for a copy that must tell nobody.")
    ] = False,
) -> None:
    """Check a backup and put it where the settings say: a database without reports or people, of either kind.

    Example: HAZARDLENS_DATA_PATH=fresh hazardlens admin restore backups/2026-03-01 --silent
    """
    from hazardlens.serve.backup.restoring import restore_backup

    with _opened() as (places, act), progress_bar("Restoring photos") as advance:
        manifest = restore_backup(places, folder, act, silent=silent, advance=advance)
    tell(f"restored {_summary(manifest)}")


def _summary(manifest: "BackupManifest") -> str:
    rows = sum(table.rows for table in manifest.tables.values())
    size = f"{manifest.photos.size_bytes / 1e6:.1f} MB"
    return (
        f"{manifest.tables['reports'].rows} reports, {rows} rows in all, {manifest.photos.count} photos and previews "
        f"({size}), as of {manifest.taken_at:%Y-%m-%dT%H:%M:%SZ}"
    )


@contextmanager
def _opened() -> Iterator[tuple["Places", "Act"]]:
    from hazardlens.serve.access.audit import Act
    from hazardlens.serve.access.principals import Principal
    from hazardlens.serve.backup.making import Places
    from hazardlens.serve.settings import load_settings
    from hazardlens.serve.store.engine import Store
    from hazardlens.serve.store.places import open_blobs

    settings = load_settings()
    store = Store(settings.store_url)
    blobs = open_blobs(settings.media_url, folder=settings.media_path, endpoint_url=settings.s3_endpoint_url)
    act = Act(Principal("system", "", who_is_here(), frozenset()), datetime.now(UTC))
    try:
        yield Places(store, blobs, settings.registry_path), act
    finally:
        store.close()
