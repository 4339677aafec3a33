"""What every store for photos promises, the folder and the S3 one alike."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from hazardlens.serve.store.blobs import BlobStore, FolderBlobs
from hazardlens.serve.store.errors import BlobMissingError, BlobStoreError
from hazardlens.serve.store.places import open_blobs
from support.object_store import object_server

CONTENT = bytes(range(256)) * 20
NAME = hashlib.sha256(CONTENT).hexdigest()
Spoil: TypeAlias = Callable[[bytes], object]
Place: TypeAlias = tuple[BlobStore, Spoil]


@pytest.fixture(params=["folder", "S3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A store, and a way to put other bytes in the place of CONTENT."""
    if request.param == "folder":
        folder = tmp_path / "deep" / "media"
        folder.parent.mkdir()
        yield FolderBlobs(folder), (folder / NAME[:2] / NAME).write_bytes
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with object_server() as server:

        def spoil(content: bytes) -> None:
            (key,) = server.objects
            server.objects[key] = content

        yield open_blobs("s3://bucket/some/where/", folder=tmp_path, endpoint_url=server.url), spoil


@pytest.fixture
def blobs(place: Place) -> BlobStore:
    return place[0]


@pytest.mark.parametrize("content", [CONTENT, b"", b"\0" * 6_000_000], ids=["bytes", "none", "6 MB"])
def test_what_was_put_is_got_by_its_hash(blobs: BlobStore, content: bytes) -> None:
    name = blobs.put(content)
    assert name == hashlib.sha256(content).hexdigest()
    assert blobs.get(name) == content


def test_putting_twice_is_the_same_as_once(blobs: BlobStore) -> None:
    assert blobs.put(CONTENT) == blobs.put(CONTENT)
    blobs.delete(NAME)
    with pytest.raises(BlobMissingError):
        blobs.get(NAME)


def test_what_was_never_put_is_missing(blobs: BlobStore) -> None:
    with pytest.raises(BlobMissingError, match=NAME[:12]):
        blobs.get(NAME)


def test_deleting_what_is_not_there_is_no_error(blobs: BlobStore) -> None:
    blobs.delete(NAME)


def test_others_stay_when_one_is_deleted(blobs: BlobStore) -> None:
    other = blobs.put(b"other")
    blobs.delete(blobs.put(CONTENT))
    assert blobs.get(other) == b"other"


def test_content_that_is_no_longer_what_it_was_is_not_handed_out(place: Place) -> None:
    blobs, spoil = place
    blobs.put(CONTENT)
    spoil(CONTENT[:-1])
    with pytest.raises(BlobStoreError, match="changed"):
        blobs.get(NAME)


def test_putting_again_mends_what_was_cut_short(place: Place) -> None:
    blobs, spoil = place
    blobs.put(CONTENT)
    spoil(CONTENT[:100])
    blobs.put(CONTENT)
    assert blobs.get(NAME) == CONTENT


def test_it_answers_a_ping(blobs: BlobStore) -> None:
    blobs.ping()
    blobs.probe()


def test_many_threads_may_put_the_same_and_different_content(blobs: BlobStore) -> None:
    contents = [bytes([n % 5]) * 1000 for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(blobs.put, contents))
        assert list(pool.map(blobs.get, names)) == contents


def test_what_was_put_before_a_time_is_listed_by_name(blobs: BlobStore) -> None:
    names = {blobs.put(CONTENT), blobs.put(b"other")}
    now = datetime.now(UTC)
    assert set(blobs.written_before(now + timedelta(minutes=1))) == names
    assert set(blobs.written_before(now - timedelta(minutes=1))) == set()


def test_an_empty_store_has_nothing_to_list_or_tidy(blobs: BlobStore) -> None:
    assert (list(blobs.written_before(datetime.now(UTC))), blobs.tidy(datetime.now(UTC))) == ([], 0)
