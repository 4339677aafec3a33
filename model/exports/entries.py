"""Files on their way out, one after the other: into a folder, or into a zip that is sent while it is made."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

_STORED_SUFFIXES: Final = (".jpg", ".png", ".webp", ".heic", ".avif")
"""Packed already: to pack them once more costs time and saves nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its name with `/` between folders, and its content piece by piece, to be read once."""

    name: str
    chunks: Iterable[bytes]


def write_folder(folder: Path, entries: Iterable[Entry]) -> None:
    """Write all files beside their place, sync them, and only then give the folder its name.

    Args:
        folder: the new folder; nothing may be there.
        entries: its files.

    Raises:
        FileExistsError: something is there.
        OSError: the disk failed; nothing is at `folder`.
    """
    if folder.exists():
        raise FileExistsError(17, "is there already", str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        fresh.chmod(0o755)
        for entry in entries:
            target = fresh / entry.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as stream:
                _write(stream, entry.chunks)
        for inner in (fresh, *(path for path in fresh.rglob("*") if path.is_dir())):
            _sync_folder(inner)
        fresh.rename(folder)
        _sync_folder(folder.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_zip(path: Path, entries: Iterable[Entry], at: datetime) -> None:
    """Write a zip beside its place, sync it, and only then give it its name.

    Args:
        path: the new file; nothing may be there.
        entries: its files.
        at: their time.

    Raises:
        FileExistsError: something is there.
        OSError: the disk failed; nothing is at `path`.
    """
    if path.exists():
        raise FileExistsError(17, "is there already", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            _write(stream, zip_chunks(entries, at))
        Path(name).chmod(0o644)
        Path(name).rename(path)
        _sync_folder(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def zip_chunks(entries: Iterable[Entry], at: datetime) -> Iterator[bytes]:
    """The bytes of a zip as they come about; no more than one piece of one file is held.

    Any number of files of any size fits (zip64). A zip that was cut off has no table of contents and is refused by all
    readers, so nobody takes a part for the whole.

    Args:
        entries: its files.
        at: their time.
    """
    out = _Outbox()
    with zipfile.ZipFile(out, mode="w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, at.timetuple()[:6])
            info.external_attr = 0o644 << 16
            stored = entry.name.endswith(_STORED_SUFFIXES)
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as stream:
                for chunk in entry.chunks:
                    stream.write(chunk)
                    yield out.take()
            yield out.take()
    yield out.take()


class _Outbox:
    """A file that can only be written to, and that hands on what was written since the last time."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        """Nor to close."""

    def take(self) -> bytes:
        content = b"".join(self._parts)
        self._parts.clear()
        return content


def _write(stream: IO[bytes], chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        stream.write(chunk)
    stream.flush()
    os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
