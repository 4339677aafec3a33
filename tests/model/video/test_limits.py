"""Each limit is reached, and says so; nothing is left of the child."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hazardlens.model.errors import VideoLimitError, VideoTooLargeError, VideoTooLongError
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.preview import make_preview
from hazardlens.model.video.reading import open_clip
from support.children import nothing_left
from support.video_files import Recipe, make_clip

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield


def work_off(data: bytes, limits: VideoLimits) -> None:
    with open_clip(data, limits=limits) as clip:
        for _ in clip:
            pass


def test_limits_are_positive() -> None:
    with pytest.raises(ValueError, match="max_frames: expected more than 0"):
        VideoLimits(max_frames=0)


@pytest.mark.parametrize("muxer", [{}, {"movflags": "frag_keyframe+empty_moov"}], ids=["header", "packets"])
def test_too_long(muxer: dict[str, str]) -> None:
    """A clip in fragments does not say in front how long it is."""
    clip = make_clip(Recipe(count=100, muxer=muxer))
    work_off(clip, VideoLimits(max_seconds=3.0))
    with pytest.raises(VideoTooLongError, match=r"it lasts 3\.3 s; the limit is 2"):
        work_off(clip, VideoLimits(max_seconds=2.0))
    with pytest.raises(VideoTooLongError):
        make_preview(clip, limits=VideoLimits(max_seconds=2.0))


def test_a_clip_of_half_an_hour_is_refused_by_its_header() -> None:
    times = [number * 10.0 for number in range(180)]
    clip = make_clip(Recipe(count=180, times_s=times, size_wh=(32, 32)))
    with pytest.raises(VideoTooLongError, match=r"it lasts 1[78]\d\d\.\d s; the limit is 180"):
        work_off(clip, VideoLimits())


def test_too_many_bytes(tmp_path: Path) -> None:
    clip = make_clip(Recipe(count=3))
    path = tmp_path / "a.mp4"
    path.write_bytes(clip)
    limits = VideoLimits(max_file_bytes=len(clip) - 1)
    for source in (clip, path):
        with pytest.raises(VideoTooLargeError, match="the file has"), open_clip(source, limits=limits):
            pytest.fail("opened")


def test_too_many_pixels() -> None:
    with pytest.raises(VideoTooLargeError, match="frames of 160x96 are"):
        work_off(make_clip(Recipe(count=3)), VideoLimits(max_frame_pixels=160 * 96 - 1))


@pytest.mark.parametrize("most", [10, 20], ids=["packets", "frames"])
def test_too_many_frames(most: int) -> None:
    """So many packets that no clip needs them are refused before one is decoded; the rest is counted."""
    with pytest.raises(VideoLimitError, match=f"more than {most} frames"):
        work_off(make_clip(Recipe(count=60, encoder={"bf": "0"})), VideoLimits(max_frames=most))


def test_too_much_memory() -> None:
    limits = VideoLimits(max_memory_bytes=256 * MIB)
    work_off(make_clip(Recipe(codec="vp9", container="webm", count=6)), limits)
    with pytest.raises(VideoLimitError, match="memory"):
        work_off(make_clip(Recipe(codec="vp9", container="webm", count=6, size_wh=(4096, 2304))), limits)


HELD = """
import json, os, sys
from hazardlens.model.video.confining import hold_to
from hazardlens.model.video.wire import Job
job = Job.from_json(json.loads(sys.argv[1]))
hold_to(job.limits, job.parent)
"""


def run_instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("hazardlens.model.video.process._COMMAND", (sys.executable, "-I", "-c", HELD + code))


def test_too_much_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    run_instead(monkeypatch, "while True: pass")
    with pytest.raises(VideoLimitError, match="more than 1 s of processor time"):
        work_off(make_clip(Recipe(count=1)), VideoLimits(max_cpu_s=1))


def test_too_long_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    run_instead(monkeypatch, "import time; time.sleep(600)")
    with pytest.raises(VideoLimitError, match=r"no sign of life within 0\.5 s"):
        work_off(make_clip(Recipe(count=1)), VideoLimits(max_wall_s=0.5))


def test_signs_of_life_do_not_go_on_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times the wait in all: this one says something ten times a second, and never comes to an end."""
    told = "dict(format='mp4',codec='h264',width=1,height=1,duration_s=1.0,frame_rate=1.0,rotation_deg=0)"
    run_instead(
        monkeypatch,
        "import time, struct\n"
        f"text = json.dumps({told}).encode()\n"
        "os.write(3, struct.pack('!cI', b'I', len(text)) + text)\n"
        "while True:\n"
        "    os.write(3, struct.pack('!cIId', b'P', 12, 1, 0.1)); time.sleep(0.1)",
    )
    with pytest.raises(VideoLimitError, match="no sign of life"):
        work_off(make_clip(Recipe(count=1)), VideoLimits(max_wall_s=0.15))


def test_leaving_early_ends_the_child() -> None:
    with open_clip(make_clip(Recipe(count=200))) as clip:
        pid = clip._child._child._process.pid
        next(iter(clip))
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
