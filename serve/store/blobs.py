"""Where the bytes of photos are kept, by the sha256 of their content: one narrow seam, and a folder behind it."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Protocol

from hazardlens.serve.store.errors import BlobMissingError, BlobStoreError


class BlobStore(Protocol):
    """Keeps bytes under their sha256. What `put` has returned for is durable. Called from many threads."""

    def put(self, content: bytes) -> str:
        """Keep content and return its sha256; the same content is kept once.

        Raises:
            BlobStoreError: it could not be kept; nothing half-written is ever found.
        """

    def get(self, sha256: str) -> bytes:
        """The content.

        Raises:
            BlobMissingError: there is none.
            BlobStoreError: it cannot be read, or is no longer what it was.
        """

    def delete(self, sha256: str) -> None:
        """Forget content; what is not there is no error.

        Raises:
            BlobStoreError: it could not be deleted.
        """

    def ping(self) -> None:
        """Check that it can be reached.

        Raises:
            BlobStoreError: it cannot.
        """


class FolderBlobs:
    """Files below a folder, `ab/abcdef…`: written beside their place, synced, then renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes) -> str:
        """See `BlobStore`."""
        name = hashlib.sha256(content).hexdigest()
        target = self._path(name)
        try:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                _write_durably(target, content)
        except OSError as error:
            raise BlobStoreError(f"a photo could not be stored: {error.strerror}") from error
        return name

    def get(self, sha256: str) -> bytes:
        """See `BlobStore`."""
        try:
            content = self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissingError(f"no photo {sha256[:12]}… is stored here") from error
        except OSError as error:
            raise BlobStoreError(f"a photo could not be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobStoreError(f"photo {sha256[:12]}… has changed on disk")
        return content

    def delete(self, sha256: str) -> None:
        """See `BlobStore`."""
        try:
            self._path(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise BlobStoreError(f"a photo could not be deleted: {error.strerror}") from error

    def ping(self) -> None:
        """See `BlobStore`."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BlobStoreError(f"the folder for photos cannot be used: {error.strerror}") from error

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


def _write_durably(target: Path, content: bytes) -> None:
    """The name is on disk only when the content is: a kill or a power cut leaves a whole file or none."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
