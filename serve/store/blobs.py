"""Where the bytes of photos are kept, by the sha256 of their content: one narrow seam, and a folder behind it."""

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from hazardlens.serve.store.errors import BlobMissingError, BlobStoreError

NAME: Final = re.compile(r"[0-9a-f]{64}")
_HALF: Final = ".new-"
_PROBE: Final = ".probe"  # always the same name: one that a kill leaves behind is written over
_PROBE_BYTES: Final = 1 << 20
_OF_ONE_FILE: Final = {errno.EIO, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ELOOP, errno.EUCLEAN, errno.EBADMSG}
"""What is wrong with a file; anything else, such as no handle left or a server of files that is away, passes."""


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

    def written_before(self, moment: datetime) -> Iterator[str]:
        """Names of all content that was put before a time, in no order; what changes meanwhile may be among them.

        Raises:
            BlobStoreError: they cannot be listed.
        """

    def tidy(self, before: datetime) -> int:
        """Remove what puts that were killed before a time have left half-way; how much.

        Raises:
            BlobStoreError: it cannot be listed or removed.
        """

    def ping(self) -> None:
        """Check that it can be reached.

        Raises:
            BlobStoreError: it cannot.
        """

    def probe(self) -> None:
        """Check that it can be reached and, where that costs nothing, that it takes something more.

        Raises:
            BlobStoreError: it cannot, or is full.
        """


def get_or_lost(blobs: BlobStore, sha256: str) -> bytes:
    """The content, for who has to tell a photo that is damaged from a store that is away: only the second will pass.

    Raises:
        BlobMissingError: it is gone, cannot be read, or is no longer what it was, though the store answers.
        BlobStoreError: the store does not, or the reading was cut off.
    """
    if not sha256:
        raise BlobMissingError("this photo is no longer kept")
    try:
        return blobs.get(sha256)
    except BlobStoreError as error:
        if not error.of_one:
            raise
        blobs.ping()
        raise BlobMissingError(str(error)) from error


class FolderBlobs:
    """Files below a folder, `ab/abcdef…`: written beside their place, synced, then renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._synced_folders: set[Path] = set()

    def put(self, content: bytes) -> str:
        """See `BlobStore`."""
        name = hashlib.sha256(content).hexdigest()
        target = self._path(name)
        try:
            self._make_folder(target.parent)
            if not _holds(target, content):
                _write_durably(target, content)
            # Also where the file was there: whoever wrote it may not have come as far as this.
            _sync_folder(target.parent)
        except OSError as error:
            raise BlobStoreError(f"a photo could not be stored: {error.strerror}") from error
        return name

    def _make_folder(self, folder: Path) -> None:
        if folder not in self._synced_folders or not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(self._root)
            _sync_folder(self._root.parent)
            self._synced_folders.add(folder)

    def get(self, sha256: str) -> bytes:
        """See `BlobStore`."""
        try:
            content = self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissingError(f"no photo {sha256[:12]}… is stored here") from error
        except OSError as error:
            of_one = error.errno in _OF_ONE_FILE
            raise BlobStoreError(f"a photo could not be read: {error.strerror}", of_one=of_one) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobStoreError(f"photo {sha256[:12]}… has changed on disk", of_one=True)
        return content

    def delete(self, sha256: str) -> None:
        """See `BlobStore`."""
        try:
            self._path(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise BlobStoreError(f"a photo could not be deleted: {error.strerror}") from error

    def written_before(self, moment: datetime) -> Iterator[str]:
        """See `BlobStore`."""
        return (one.name for one in self._files(moment) if NAME.fullmatch(one.name))

    def tidy(self, before: datetime) -> int:
        """See `BlobStore`."""
        left = [Path(one.path) for one in self._files(before) if one.name.startswith(_HALF)]
        try:
            for file in left:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise BlobStoreError(f"a half-written photo could not be deleted: {error.strerror}") from error
        return len(left)

    def _files(self, before: datetime) -> Iterator[os.DirEntry[str]]:
        """All files that were last written before a time."""
        try:
            folders = [one.path for one in os.scandir(self._root) if one.is_dir()] if self._root.is_dir() else []
            for folder in folders:
                for file in os.scandir(folder):
                    with suppress(FileNotFoundError):  # deleted, or renamed to its place, since it was listed
                        if file.stat().st_mtime < before.timestamp():
                            yield file
        except OSError as error:
            raise BlobStoreError(f"the photos cannot be listed: {error.strerror}") from error

    def ping(self) -> None:
        """See `BlobStore`."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BlobStoreError(f"the folder for photos cannot be used: {error.strerror}") from error
        if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
            raise BlobStoreError("the folder for photos cannot be written to")

    def probe(self) -> None:
        """See `BlobStore`: a file of the size of a photo is written and taken away again."""
        self.ping()
        probe = self._root / _PROBE
        try:
            try:
                probe.write_bytes(bytes(_PROBE_BYTES))
            finally:
                probe.unlink(missing_ok=True)
        except OSError as error:
            raise BlobStoreError(f"no photo can be stored: {error.strerror}") from error

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


def _write_durably(target: Path, content: bytes) -> None:
    """The name is there only when the content is on disk: a kill or a power cut leaves a whole file or none."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=_HALF)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file is there, and still what it was: what comes in again mends one that was damaged."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:  # also where it cannot be read: writing it anew tells whether the disk works
        return False


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
