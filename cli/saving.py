"""Writes annotated copies without ever overwriting anything."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hazardlens.cli.errors import SaveFolderError

_MAX_STEM_BYTES: Final = 200
"""File systems end at 255 bytes, and the number and suffix need some."""


class SaveFolder:
    """Where annotated copies go: a name that is taken, now or from an earlier run, gets a number."""

    def __init__(self, path: Path) -> None:
        """Make the folder.

        Raises:
            SaveFolderError: it cannot be made.
        """
        self.path = path
        self._numbers: dict[str, int] = {}
        with _foreign_errors_translated(path):
            path.mkdir(parents=True, exist_ok=True)

    def write(self, original: Path, content: bytes, *, tag: str = "", suffix: str = ".jpg") -> Path:
        """Save an annotated copy of `original` and say where.

        Args:
            original: the photo or clip that it is a copy of.
            content: the copy.
            tag: stands behind the original's name.
            suffix: of the copy.

        Raises:
            SaveFolderError: the disk refused it; no half-written file stays.
        """
        with _foreign_errors_translated(self.path):
            for target in self._free_names(_shorten(original.stem) + tag, suffix):
                try:
                    file = target.open("xb")
                except FileExistsError:
                    continue
                try:
                    with file:
                        file.write(content)
                except OSError:
                    target.unlink()
                    raise
                return target
        raise AssertionError("numbers do not end")

    def _free_names(self, stem: str, suffix: str) -> Iterator[Path]:
        """Names that this run has not used: plain first, then with a number."""
        while True:
            number = self._numbers.get(stem + suffix, 0) + 1
            self._numbers[stem + suffix] = number
            yield self.path / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")


def _shorten(stem: str) -> str:
    return os.fsdecode(os.fsencode(stem)[:_MAX_STEM_BYTES])


@contextmanager
def _foreign_errors_translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SaveFolderError(f"{folder}: cannot save annotated copies there: {error.strerror or error}") from error
