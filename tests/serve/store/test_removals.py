"""Files go when the last report that needs them has gone, and never under the hands of one that is coming in."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.erasure_tables import media_removals
from hazardlens.serve.store.errors import BlobMissingError, BlobStoreError
from hazardlens.serve.store.removals import keep_noted, note_removals, remove_noted
from hazardlens.serve.store.tables import report_media, reports
from support.rows import NOON, values_for


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "media")


def _add_report(store: Store, sha256: str, preview: str, contents: Mapping[str, bytes], blobs: FolderBlobs) -> None:
    with store.write() as connection:
        report = values_for(reports)
        connection.execute(insert(reports).values(**report))
        media = values_for(report_media, report_id=report["id"], n=0, sha256=sha256, preview_sha256=preview)
        connection.execute(insert(report_media).values(**media))
        keep_noted(connection, contents, blobs)


def _note(store: Store, *sha256s: str) -> None:
    with store.write() as connection:
        note_removals(connection, sha256s, NOON)


def _is_kept(blobs: FolderBlobs, sha256: str) -> bool:
    try:
        blobs.get(sha256)
    except BlobMissingError:
        return False
    return True


def test_files_that_some_report_needs_stay(store: Store, blobs: FolderBlobs) -> None:
    photo, preview, loose = (blobs.put(one) for one in (b"photo", b"preview", b"loose"))
    _add_report(store, photo, preview, {}, blobs)
    _note(store, photo, preview, loose, "")
    assert remove_noted(store, blobs, NOON) == 1
    assert [_is_kept(blobs, one) for one in (photo, preview, loose)] == [True, True, False]
    assert remove_noted(store, blobs, NOON) == 0


def test_a_report_that_comes_in_with_a_file_that_was_just_removed_has_it(store: Store, blobs: FolderBlobs) -> None:
    photo = blobs.put(b"photo")  # by intake, which found it there
    _note(store, photo)
    remove_noted(store, blobs, NOON)
    _add_report(store, photo, photo, {photo: b"photo"}, blobs)
    assert blobs.get(photo) == b"photo"
    assert remove_noted(store, blobs, NOON) == 0


def test_a_report_and_a_removal_at_the_same_moment_never_lose_the_file(store: Store, blobs: FolderBlobs) -> None:
    """Costs 2 s: twenty races between the two, on either database."""
    for n in range(20):
        content = b"photo %d" % n
        photo = blobs.put(content)
        _note(store, photo)
        remover = threading.Thread(target=remove_noted, args=(store, blobs, NOON))
        remover.start()
        _add_report(store, photo, photo, {photo: content}, blobs)
        remover.join()
        assert blobs.get(photo) == content


def test_a_removal_that_fails_half_way_is_gone_on_with(store: Store, blobs: FolderBlobs) -> None:
    photo = blobs.put(b"photo")
    _note(store, photo)

    class Failing(FolderBlobs):
        def delete(self, sha256: str) -> None:
            super().delete(sha256)
            raise BlobStoreError("killed here")

    with pytest.raises(BlobStoreError):
        remove_noted(store, Failing(blobs._root), NOON)
    assert remove_noted(store, blobs, NOON) == 1
    assert not _is_kept(blobs, photo)


def test_notes_of_what_was_removed_are_forgotten_in_the_end(store: Store, blobs: FolderBlobs) -> None:
    _note(store, blobs.put(b"photo"))
    remove_noted(store, blobs, NOON)
    counts = []
    for later in (timedelta(hours=1), timedelta(days=2)):
        remove_noted(store, blobs, NOON + later)
        with store.read() as connection:
            counts.append(connection.scalar(select(func.count()).select_from(media_removals)))
    assert counts == [1, 0]
