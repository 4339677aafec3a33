"""Backups that are damaged, of another version, or on their way to where something is already: nothing is restored."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from hazardlens.serve.backup import making
from hazardlens.serve.backup.errors import BackupDamagedError, BackupVersionError, NotFreshError
from hazardlens.serve.backup.layout import MANIFEST, media_file, table_file
from hazardlens.serve.backup.making import Places, make_backup
from hazardlens.serve.backup.restoring import restore_backup
from hazardlens.serve.backup.verifying import photo_names, verify_backup
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from support.backups import ACT, fresh, rows_of
from support.reports import add_report
from support.tables import sqlite_tables


@pytest.fixture
def places(store: Store, tmp_path: Path) -> Places:
    return Places(store, FolderBlobs(tmp_path / "media"), tmp_path / "bundles")


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _drop_photo(backup: Path) -> None:
    media_file(backup, photo_names(backup)[0]).unlink()


def _unknown_format(backup: Path) -> None:
    manifest = json.loads((backup / MANIFEST).read_text())
    (backup / MANIFEST).write_text(json.dumps({**manifest, "format": 2}))


def _climb_out(backup: Path) -> None:
    manifest = json.loads((backup / MANIFEST).read_text())
    (backup / MANIFEST).write_text(json.dumps({**manifest, "bundles": {"../../evil": "0" * 64}}))


DAMAGE: Final = {
    "a bit of a table": lambda backup: _flip(table_file(backup, "reports")),
    "a table": lambda backup: table_file(backup, "reviews").unlink(),
    "a bit of a photo": lambda backup: _flip(media_file(backup, photo_names(backup)[0])),
    "a photo": _drop_photo,
    "a bit of a model": lambda backup: _flip(backup / "bundles" / "tiny@1" / "model.onnx"),
    "the manifest": lambda backup: (backup / MANIFEST).unlink(),
    "another format": _unknown_format,
    "a path that leads out": _climb_out,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_is_found_and_restores_nothing(tmp_path: Path, damage: Any) -> None:  # noqa: ANN401
    (tmp_path / "a.sqlite3").write_bytes(sqlite_tables())
    places = fresh(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path / "here")
    (places.bundles / "tiny@1").mkdir(parents=True)
    (places.bundles / "tiny@1" / "model.onnx").write_bytes(b"weights")
    add_report(places.store, places.blobs)
    make_backup(places, tmp_path / "backup", ACT)
    damage(tmp_path / "backup")
    with pytest.raises(BackupDamagedError):
        verify_backup(tmp_path / "backup")
    other = fresh(f"sqlite:///{tmp_path / 'o.sqlite3'}", tmp_path / "there")
    with pytest.raises(BackupDamagedError):
        restore_backup(other, tmp_path / "backup", ACT)
    assert not (tmp_path / "o.sqlite3").exists()
    assert not (tmp_path / "there").exists()


def test_nothing_is_restored_over_what_is_there(places: Places, tmp_path: Path) -> None:
    add_report(places.store, places.blobs)
    make_backup(places, tmp_path / "backup", ACT)
    before = rows_of(places.store)
    with pytest.raises(NotFreshError, match=r"rows in .* already"):
        restore_backup(places, tmp_path / "backup", ACT)
    assert rows_of(places.store) == before


def test_versions_must_fit(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_backup(places, tmp_path / "backup", ACT)
    manifest = json.loads((tmp_path / "backup" / MANIFEST).read_text())
    (tmp_path / "backup" / MANIFEST).write_text(json.dumps({**manifest, "revision": "9999"}))
    other = fresh(f"sqlite:///{tmp_path / 'o.sqlite3'}", tmp_path / "there")
    with pytest.raises(BackupVersionError, match="9999"):
        restore_backup(other, tmp_path / "backup", ACT)
    monkeypatch.setattr(making, "head_revision", lambda: "9999")
    with pytest.raises(BackupVersionError, match="9999"):
        make_backup(places, tmp_path / "second", ACT)
