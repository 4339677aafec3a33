"""From the paths on a command line to files of photos and clips, and from a file to its bytes."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hazardlens.cli.errors import FileMissingError, FileTooLargeError, FileUnreadableError, PhotoFileError
from hazardlens.model.video.formats import HEAD_BYTES

PHOTO_SUFFIXES: Final = frozenset(
    {".avif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".webp"},
)
"""Which files of a folder are taken for photos. A file named on the command line is tried whatever it is called."""

VIDEO_SUFFIXES: Final = frozenset({".m4v", ".mkv", ".mov", ".mp4", ".webm"})
"""The same for clips."""

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""More than a 50-megapixel 16-bit PNG needs; a disk image named .jpg must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One photo or clip to classify, or the reason why there is none under this path."""

    path: Path
    error: PhotoFileError | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the paths on the command line came to, in their order; a folder's files by name.

    Attributes:
        candidates: photos, clips and paths that cannot be read, each once.
        skipped: count of files in the folders that are hidden or not named like a photo or clip.
    """

    candidates: tuple[Candidate, ...]
    skipped: int


def find_photos(paths: Iterable[Path], *, leave_out: Path | None = None) -> Found:
    """Walk the folders and keep the files.

    Args:
        paths: files and folders. Folders are walked to the bottom, through links too, each folder once.
        leave_out: a folder not to walk into, for annotated copies that land among the photos.
    """
    walker = _Walker(leave_out)
    # One photo named twice (a folder and a file in it) is one photo.
    candidates = {candidate.path.absolute(): candidate for path in paths for candidate in walker.expand(path)}
    return Found(tuple(candidates.values()), walker.skipped)


def read_head(path: Path) -> bytes | None:
    """The first 4 KiB of a file; None for a pipe, which gives its bytes only once.

    Raises:
        PhotoFileError: the file is gone or unreadable.
    """
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise translate(error) from error


def read_file(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file or pipe.

    Raises:
        PhotoFileError: the file is gone, unreadable or larger than `max_bytes`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise translate(error) from error
    if len(data) > max_bytes:
        raise FileTooLargeError(f"the file has more than {max_bytes // 1024**2} MiB, which no photo needs")
    return data


class _Walker:
    """Walks folders, remembering which it has seen and what it passed over."""

    def __init__(self, leave_out: Path | None) -> None:
        self.skipped = 0
        self._left_out = leave_out
        self._seen: set[tuple[int, int]] = set()

    def expand(self, named: Path) -> Iterator[Candidate]:
        """The photos under one path of the command line, depth first."""
        waiting = [named]
        while waiting:
            path = waiting.pop()
            try:
                status = path.stat()
                if stat.S_ISDIR(status.st_mode):
                    waiting.extend(reversed(self._children(path, status)))
                elif path == named or stat.S_ISREG(status.st_mode):
                    yield Candidate(path)
                else:
                    self.skipped += 1
            except OSError as error:
                yield Candidate(path, translate(error))

    def _children(self, folder: Path, status: os.stat_result) -> list[Path]:
        """Sub-folders and photos by name; none where the folder was walked before, so that links cannot loop."""
        identity = status.st_dev, status.st_ino
        if identity in self._seen or (self._left_out is not None and _is_same(folder, self._left_out)):
            return []
        self._seen.add(identity)
        children = []
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            path = Path(entry.path)
            if not entry.name.startswith(".") and (
                path.suffix.lower() in PHOTO_SUFFIXES | VIDEO_SUFFIXES or path.is_dir()
            ):
                children.append(path)
            else:
                self.skipped += 1
        return children


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def translate(error: OSError) -> PhotoFileError:
    """What the system says of a path, as an outcome."""
    if isinstance(error, FileNotFoundError):
        return FileMissingError("no such file or folder")
    return FileUnreadableError(f"cannot be read: {error.strerror or error}")
