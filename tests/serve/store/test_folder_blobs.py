"""Photos in a folder: what a full disk, a lost folder and a kill leave behind."""

import errno
import os
import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hazardlens.serve.store.blobs import FolderBlobs, get_or_lost
from hazardlens.serve.store.errors import BlobMissingError, BlobStoreError

CONTENT = b"photo" * 1000


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _failing(number: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("target", "number", "said"),
    [
        ("os.fsync", errno.ENOSPC, "No space left"),
        ("os.fsync", errno.EIO, "Input/output error"),
        ("pathlib.Path.replace", errno.EDQUOT, "quota"),
        ("tempfile.mkstemp", errno.EROFS, "Read-only"),
        ("pathlib.Path.mkdir", errno.EACCES, "Permission denied"),
    ],
)
def test_a_disk_that_fails_is_told_and_nothing_half_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, number: int, said: str
) -> None:
    root = tmp_path / "media"
    with monkeypatch.context() as patch:
        patch.setattr(target, _failing(number))
        with pytest.raises(BlobStoreError, match=said) as caught:
            FolderBlobs(root).put(CONTENT)
    assert caught.value.retry_after_s == 5
    assert _files(tmp_path) == []
    blobs = FolderBlobs(root)
    assert blobs.get(blobs.put(CONTENT)) == CONTENT


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EIO, BlobMissingError),
        (errno.EACCES, BlobMissingError),
        (errno.EMFILE, BlobStoreError),
        (errno.ESTALE, BlobStoreError),
    ],
)
def test_a_photo_is_lost_only_where_it_is_the_photo_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    blobs = FolderBlobs(tmp_path)
    name = blobs.put(CONTENT)
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.read_bytes", _failing(number))
        with pytest.raises(kind):
            get_or_lost(blobs, name)
    assert get_or_lost(blobs, name) == CONTENT


def test_a_write_that_stops_half_way_leaves_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, before[1]))
    try:
        with pytest.raises(BlobStoreError, match="File too large"):
            FolderBlobs(tmp_path).put(CONTENT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert _files(tmp_path) == []


def test_a_full_disk_fails_the_probe_and_keeps_nothing_of_it(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        blobs.ping()  # reading goes on
        with pytest.raises(BlobStoreError, match="File too large"):
            blobs.probe()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    blobs.probe()
    assert _files(tmp_path) == []


def test_a_place_that_is_no_folder_fails_the_ping(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("")
    with pytest.raises(BlobStoreError, match="cannot be used"):
        FolderBlobs(tmp_path / "media").ping()


def test_a_folder_that_may_not_be_written_to_fails_the_ping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(BlobStoreError, match="written"):
        FolderBlobs(tmp_path).ping()


def test_a_folder_that_went_away_is_made_again(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "media")
    name = blobs.put(CONTENT)
    (tmp_path / "media").rename(tmp_path / "elsewhere")
    assert blobs.put(CONTENT) == name
    assert blobs.get(name) == CONTENT


@pytest.mark.parametrize("damaged", [CONTENT[:-1], CONTENT[:-1] + b"?"], ids=["cut off", "changed"])
def test_a_photo_that_was_damaged_is_whole_when_it_comes_in_again(tmp_path: Path, damaged: bytes) -> None:
    blobs = FolderBlobs(tmp_path)
    name = blobs.put(CONTENT)
    (tmp_path / name[:2] / name).write_bytes(damaged)
    with pytest.raises(BlobStoreError):
        blobs.get(name)
    assert blobs.get(blobs.put(CONTENT)) == CONTENT


def test_names_and_content_are_on_disk_before_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    name = FolderBlobs(tmp_path / "media").put(CONTENT)
    assert {name[:2], "media", tmp_path.name} <= set(synced)
    assert any(one.startswith(".new-") for one in synced)


def test_only_what_was_left_half_written_long_ago_is_tidied(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    name = blobs.put(b"photo")
    old, new, foreign = (tmp_path / name[:2] / one for one in (".new-old", ".new-fresh", "README"))
    for file in (old, new, foreign):
        file.write_bytes(b"half")
    for file in (old, foreign):
        os.utime(file, (0, 0))
    before = datetime.now(UTC) - timedelta(hours=1)
    assert blobs.tidy(before) == 1
    assert (old.exists(), new.exists(), foreign.exists()) == (False, True, True)
    assert list(blobs.written_before(before)) == []
    assert blobs.get(name) == b"photo"
