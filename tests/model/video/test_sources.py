"""A clip on its way to the child: its bytes in memory, and nothing left open where they do not fit."""

import os
import resource
from pathlib import Path

import pytest

from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.process import open_source
from support.video_files import Recipe, make_clip


def _open_files() -> set[str]:
    return {one.name for one in Path("/proc/self/fd").iterdir()}


def test_its_bytes_are_there_to_be_read() -> None:
    clip = make_clip(Recipe(count=6))
    opened, container = open_source(clip, VideoLimits())
    try:
        assert os.pread(opened, len(clip) + 1, 0) == clip
        assert not os.get_inheritable(opened)
    finally:
        os.close(opened)
    assert container == "mp4"


def test_without_room_for_it_nothing_stays_open() -> None:
    clip = make_clip(Recipe(count=30))
    before = _open_files()
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            open_source(clip, VideoLimits())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert _open_files() == before
