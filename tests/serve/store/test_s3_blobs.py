"""Photos in an S3-compatible store: which requests are made, and what becomes of bad answers."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import obstore
import pytest
from obstore import exceptions

from hazardlens.serve.errors import SettingsError
from hazardlens.serve.store.blobs import BlobStore, FolderBlobs, get_or_lost
from hazardlens.serve.store.errors import BlobMissingError, BlobStoreError
from hazardlens.serve.store.places import open_blobs
from hazardlens.serve.store.s3_blobs import S3Blobs
from support.object_store import ObjectServer, object_server

NAME = "0" * 64


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectServer]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with object_server() as server:
        yield server


def test_objects_lie_below_the_prefix(server: ObjectServer) -> None:
    name = S3Blobs("s3://bucket/a/b", endpoint_url=server.url).put(b"photo")
    assert list(server.objects) == [f"/bucket/a/b/{name[:2]}/{name}"]
    assert S3Blobs("s3://bucket", endpoint_url=server.url).put(b"photo") == name
    assert f"/bucket/{name[:2]}/{name}" in server.objects


def test_a_large_photo_travels_in_one_request(server: ObjectServer) -> None:
    S3Blobs("s3://bucket", endpoint_url=server.url).put(b"0" * 12_000_000)
    assert [method for method, _ in server.requests] == ["PUT"]


@pytest.mark.parametrize(
    "use",
    [
        lambda blobs: blobs.put(b"photo"),
        lambda blobs: blobs.get(NAME),
        lambda blobs: blobs.delete(NAME),
        lambda blobs: blobs.probe(),
    ],
    ids=["put", "get", "delete", "probe"],
)
@pytest.mark.parametrize("status", [403, 503], ids=["forbidden", "unavailable"])
def test_a_store_that_refuses_is_unavailable(
    server: ObjectServer, use: Callable[[BlobStore], object], status: int
) -> None:
    server.failing = status
    with pytest.raises(BlobStoreError):
        use(S3Blobs("s3://bucket", endpoint_url=server.url))
    assert server.objects == {}


def test_a_store_that_is_not_there_is_unavailable(server: ObjectServer) -> None:
    blobs = S3Blobs("s3://bucket", endpoint_url="http://127.0.0.1:1")
    with pytest.raises(BlobStoreError, match="stored"):
        blobs.put(b"photo")


def test_a_photo_whose_bytes_are_cut_off_is_not_lost(server: ObjectServer) -> None:
    blobs = S3Blobs("s3://bucket", endpoint_url=server.url)
    name = blobs.put(b"photo" * 1000)
    server.cutting = frozenset({"GET"})  # while all else is answered
    with pytest.raises(BlobStoreError):
        get_or_lost(blobs, name)
    server.cutting = frozenset()
    assert get_or_lost(blobs, name) == b"photo" * 1000


@pytest.mark.parametrize("is_refused", [True, False], ids=["refused", "changed"])
def test_a_photo_that_alone_cannot_be_read_is_lost(
    server: ObjectServer, monkeypatch: pytest.MonkeyPatch, is_refused: bool
) -> None:
    blobs = S3Blobs("s3://bucket", endpoint_url=server.url)
    name = blobs.put(b"photo")
    server.objects[f"/bucket/{name[:2]}/{name}"] = b"other"

    def refuse(*_: object) -> None:
        raise exceptions.PermissionDeniedError("frozen")

    if is_refused:
        monkeypatch.setattr(obstore, "get", refuse)
    with pytest.raises(BlobMissingError):
        get_or_lost(blobs, name)
    server.failing = 403  # to all that is asked
    with pytest.raises(BlobStoreError):
        get_or_lost(blobs, name)


def test_all_errors_of_obstore_are_known(server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 10
    blobs = S3Blobs("s3://bucket", endpoint_url=server.url)
    for kind in kinds:

        def fail(*_: object, kind: type[Exception] = kind, **__: object) -> None:
            raise kind("theirs")

        monkeypatch.setattr(obstore, "get", fail)
        with pytest.raises((BlobStoreError, BlobMissingError)):
            blobs.get(NAME)


@pytest.mark.parametrize("url", ["s3://", "file:/tmp", "bucket", "https://host/bucket"])
def test_an_address_of_another_kind_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="HAZARDLENS_MEDIA_URL"):
        open_blobs(url, folder=tmp_path, endpoint_url=None)


def test_without_an_address_it_is_the_folder(tmp_path: Path) -> None:
    assert isinstance(open_blobs(None, folder=tmp_path, endpoint_url=None), FolderBlobs)


def test_without_obstore_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "hazardlens.serve.store.s3_blobs")
    with pytest.raises(SettingsError, match=r"hazardlens\[s3\]"):
        open_blobs("s3://bucket", folder=tmp_path, endpoint_url=None)
