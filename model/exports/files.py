"""Where an export's files are read from: a folder or a zip, behind one narrow seam."""

import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from hazardlens.model.errors import ExportInvalidError, ExportMissingError
from hazardlens.model.exports.reviewed import MANIFEST_FILE

MAX_ENTRIES: Final = 5_000_000
_ENCRYPTED: Final = 0x1
_PACKED: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What a zip of ours, or of a person's, is packed with. A file that asks for LZMA can ask for 4 GB with it."""

# What `zipfile` raises on an archive that is cut off, damaged, encrypted or packed in a way that it does not know.
_FOREIGN: Final = (
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
)


class ExportFiles(Protocol):
    """The files of one export, by the names of the format."""

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file, from its beginning.

        Raises:
            ExportMissingError: it is not there.
            ExportInvalidError: it cannot be read, now or before the block ends.
        """

    def close(self) -> None:
        """Let go of what is held open."""


def read_limited(files: ExportFiles, name: str, max_bytes: int) -> bytes:
    """All bytes of a file.

    Raises:
        ExportMissingError: it is not there.
        ExportInvalidError: it cannot be read, or has more than `max_bytes`.
    """
    with files.open(name) as stream:
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ExportInvalidError(f"{name}: more than {max_bytes} bytes")
    return content


def open_files(path: Path) -> ExportFiles:
    """The files of the export at `path`.

    Raises:
        ExportMissingError: nothing is there.
        ExportInvalidError: it is neither a folder nor a zip that can be read.
    """
    if path.is_dir():
        return FolderFiles(path)
    if not path.exists():
        raise ExportMissingError(f"{path}: no such export")
    return ZipFiles(path)


class FolderFiles:
    """Files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """See `ExportFiles`."""
        try:
            # Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
            with open(self._folder / name, "rb", opener=_open_at_once) as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise ExportInvalidError(f"{name}: cannot be read: no regular file")
                yield stream
        except FileNotFoundError as error:
            raise ExportMissingError(f"{name}: not in the export {self._folder}") from error
        except OSError as error:
            raise ExportInvalidError(f"{name}: cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """See `ExportFiles`."""


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


class ZipFiles:
    """Files of a zip, read in place: nothing is unpacked, so no name in it can lead anywhere.

    People who zip a folder get its name before each of its files; that is taken off.
    """

    def __init__(self, path: Path) -> None:
        """Read the list of files.

        Raises:
            ExportInvalidError: it is no zip, has two files of one name, or more files than any export.
        """
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _FOREIGN as error:
            raise ExportInvalidError(f"{path.name}: neither a folder nor a zip that can be read") from error
        try:
            self._top = self._find_top()
        except BaseException:
            self.close()
            raise

    def _find_top(self) -> str:
        names = self._zip.namelist()
        if len(names) > MAX_ENTRIES:
            raise ExportInvalidError(f"{self._path.name}: more than {MAX_ENTRIES} files")
        twice = next((name for name, count in Counter(names).items() if count > 1), None)
        if twice is not None:
            raise ExportInvalidError(f"{self._path.name}: {twice[:80]!r} is in it more than once")
        if MANIFEST_FILE in names:
            return ""
        tops = {name.partition("/")[0] for name in names}
        return f"{tops.pop()}/" if len(tops) == 1 else ""

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """See `ExportFiles`."""
        try:
            entry = self._zip.getinfo(f"{self._top}{name}")
        except KeyError as error:
            raise ExportMissingError(f"{name}: not in the export {self._path.name}") from error
        if entry.flag_bits & _ENCRYPTED:
            raise ExportInvalidError(f"{name}: is encrypted")
        if entry.compress_type not in _PACKED:
            raise ExportInvalidError(f"{name}: is packed in another way than zips of exports are")
        try:
            with self._zip.open(entry) as stream:
                yield stream
        except _FOREIGN as error:
            raise ExportInvalidError(f"{name}: cannot be read from the zip") from error

    def close(self) -> None:
        """See `ExportFiles`."""
        self._zip.close()
