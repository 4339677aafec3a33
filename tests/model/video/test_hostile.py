"""Damaged clips and clips made to hurt: an answer or a clear error. `make fuzz-video` tries thousands."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hazardlens.model.errors import VideoDecoderError, VideoError
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.reading import open_clip
from support.children import nothing_left
from support.hostile import crafted, seeds
from support.video_mutants import mutants

pytestmark = pytest.mark.slow  # 60 children of 0.3 s of processor time each

LIMITS = VideoLimits(max_cpu_s=20)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield


def outcome(data: bytes) -> str:
    """The code of the error, or that there were frames; whatever else is raised fails the test."""
    try:
        with open_clip(data, limits=LIMITS) as clip:
            return "frames" if list(clip) else "no frames"
    except VideoDecoderError:
        raise
    except VideoError as error:
        return error.code


CRAFTED = {
    "nothing but a head": "video_broken",
    "a head and zeros": "video_broken",
    "a head and noise": "video_broken",
    "an index for pictures that are not there": "video_broken",
    "pictures without an index": "video_broken",
    "pictures in a file elsewhere": None,
    "pictures in an address elsewhere": None,
    "two million frames of no length": None,
    "four thousand million frames": "video_broken",
    "a table that ends before it begins": None,
    "an edit that goes round": None,
    "a clip of three thousand tracks": None,
    "frames larger than it says": "video_too_large",
    "boxes in boxes": "video_broken",
    "a playlist": "video_format_unsupported",
    "a playlist behind a head": "video_broken",
}
"""What comes out; None: frames or any error, as FFmpeg sees fit, as long as it is soon and clear."""


def test_clips_that_were_made_to_hurt() -> None:
    found = {name: outcome(data) for name, data in crafted()}
    assert found.keys() == CRAFTED.keys()
    assert {name: what for name, what in found.items() if CRAFTED[name] is not None} == {
        name: what for name, what in CRAFTED.items() if what is not None
    }
    assert "no frames" not in found.values()


def test_damaged_clips() -> None:
    found = [outcome(data) for _, data in mutants(seeds(), 36, seed=7)]
    assert "no frames" not in found
    assert {"frames", "video_broken"} <= set(found)


def test_good_clips_are_good() -> None:
    """Else the damage would be done to nothing."""
    assert {name: outcome(data) for name, data in seeds()} == {name: "frames" for name, _ in seeds()}


def test_a_clip_that_names_another_file_does_not_get_it(tmp_path: Path) -> None:
    """A pipe would tell of a reader: whoever opens it waits, and here somebody does."""
    os.mkfifo(tmp_path / "elsewhere")
    for _, data in crafted():
        path = b"/etc/passwd"
        if path in data:
            other = str(tmp_path / "elsewhere").encode()
            assert outcome(data.replace(b"file://" + path, other)) != "no frames"
    with pytest.raises(OSError, match="No such device"):
        os.open(tmp_path / "elsewhere", os.O_WRONLY | os.O_NONBLOCK)  # ENXIO: nobody reads
