"""The command line for tests: in this process, or as users start it; and photos to give it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from PIL import Image

_MAKER_TAG = 0x010F


@dataclass(frozen=True, slots=True)
class Result:
    """What a command wrote and how it ended."""

    code: int
    out: str
    err: str


Invoke = Callable[..., Result]
Run = Callable[..., CompletedProcess[str]]


def command(*args: str | Path) -> list[str | Path]:
    """The words that start the command with this Python."""
    return [sys.executable, "-m", "hazardlens.cli.main", *args]


def write_photo(path: Path, size_wh: tuple[int, int] = (64, 48), colour: str = "teal") -> Path:
    """Write a photo of one colour, with a camera's name in its metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[_MAKER_TAG] = "Camera maker"
    Image.new("RGB", size_wh, colour).save(path, exif=exif)
    return path
