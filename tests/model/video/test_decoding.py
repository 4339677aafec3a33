"""Clips of all kinds become upright frames with the right colours at the right times."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hazardlens.model.errors import VideoBrokenError, VideoFormatError
from hazardlens.model.video.choosing import FrameChoice
from hazardlens.model.video.clip import ClipInfo, Frame
from hazardlens.model.video.reading import open_clip
from support.video_files import Recipe, corner_marked, make_clip, pattern

OFTEN = FrameChoice(min_gap_s=0.1, max_gap_s=0.2, still_gap_s=0.4, min_change=0.1)
RED, GREEN, BLUE, GREY = (220, 20, 20), (20, 200, 20), (20, 20, 220), (128, 128, 128)


def look(recipe: Recipe, *, max_side_px: int = 1280) -> tuple[ClipInfo, list[Frame]]:
    with open_clip(make_clip(recipe), choice=OFTEN, max_side_px=max_side_px) as clip:
        return clip.info, list(clip)


def quarters(frame: Frame) -> list[tuple[int, ...]]:
    """Colours in the middle of the four quarters: top left, top right, bottom left, bottom right."""
    height, width = frame.pixels.shape[:2]
    places = [(height // 4, width // 4), (height // 4, 3 * width // 4)]
    places += [(3 * height // 4, width // 4), (3 * height // 4, 3 * width // 4)]
    return [tuple(int(value) for value in frame.pixels[place]) for place in places]


def near(found: tuple[int, ...], expected: tuple[int, ...], most: int = 24) -> bool:
    return max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= most


@pytest.mark.parametrize(
    ("codec", "container"),
    [
        ("h264", "mp4"),
        ("h264", "mov"),
        ("hevc", "mp4"),
        ("hevc", "mov"),
        ("vp8", "webm"),
        ("vp9", "webm"),
        ("vp9", "mp4"),
        ("av1", "mp4"),
        ("av1", "webm"),
        ("h264", "mkv"),
    ],
)
def test_each_codec_in_each_container(codec: str, container: str) -> None:
    info, frames = look(Recipe(codec=codec, container=container, pictures=[corner_marked((160, 96))], count=12))
    assert (info.codec, info.width, info.height, info.rotation_deg) == (codec, 160, 96, 0)
    assert info.format == {"mkv": "webm"}.get(container, container)
    assert info.duration_s == pytest.approx(0.4, abs=0.05)
    assert info.frame_rate == pytest.approx(30, rel=0.1)
    assert frames
    assert frames[0].time_s < 0.3
    assert [near(*pair) for pair in zip(quarters(frames[0]), (RED, GREEN, BLUE, GREY), strict=True)] == [True] * 4


@pytest.mark.parametrize(
    ("rotation", "mirrored", "expected"),
    [
        (0, False, (RED, GREEN, BLUE, GREY)),
        (90, False, (BLUE, RED, GREY, GREEN)),
        (180, False, (GREY, BLUE, GREEN, RED)),
        (270, False, (GREEN, GREY, RED, BLUE)),
        (0, True, (GREEN, RED, GREY, BLUE)),
    ],
)
def test_frames_are_upright(rotation: int, mirrored: bool, expected: tuple[tuple[int, ...], ...]) -> None:
    recipe = Recipe(rotation=rotation, mirrored=mirrored, pictures=[corner_marked((160, 96))], count=6)
    info, frames = look(recipe)
    assert (info.width, info.height) == ((96, 160) if rotation % 180 else (160, 96))
    assert info.rotation_deg == rotation
    assert frames[0].pixels.shape == (info.height, info.width, 3)
    assert [near(*pair) for pair in zip(quarters(frames[0]), expected, strict=True)] == [True] * 4


@pytest.mark.parametrize(
    ("aspect", "size_wh"), [(Fraction(2, 1), (320, 96)), (Fraction(1, 2), (160, 192)), (Fraction(400, 1), (160, 96))]
)
def test_pixels_become_square(aspect: Fraction, size_wh: tuple[int, int]) -> None:
    info, frames = look(Recipe(pixel_aspect=aspect, count=6))
    assert (info.width, info.height) == size_wh
    assert frames[0].pixels.shape == (size_wh[1], size_wh[0], 3)


def test_frames_are_no_larger_than_asked_for() -> None:
    info, frames = look(Recipe(size_wh=(320, 192), count=6, rotation=90), max_side_px=100)
    assert (info.width, info.height) == (192, 320)
    assert {frame.pixels.shape for frame in frames} == {(100, 60, 3)}


@pytest.mark.parametrize("size_wh", [(161, 97), (17, 300), (16, 16)])
def test_odd_sizes(size_wh: tuple[int, int]) -> None:
    info, frames = look(Recipe(codec="vp9", container="webm", size_wh=size_wh, count=6))
    assert (info.width, info.height) == size_wh
    assert frames[0].pixels.shape == (size_wh[1], size_wh[0], 3)
    assert np.abs(frames[0].pixels.astype(int) - pattern(size_wh, 0)).mean() < 40


def test_times_are_those_of_the_clip_where_its_rate_varies() -> None:
    times = [0.0, 0.05, 0.5, 0.6, 1.7, 1.75, 3.0, 3.4]
    info, frames = look(Recipe(times_s=times, count=len(times)))
    found = [frame.time_s for frame in frames]
    assert found == sorted(found)
    assert all(min(abs(time_s - known) for known in times) < 1e-3 for time_s in found)
    assert found[-1] == pytest.approx(3.4, abs=1e-3)  # the decoder gives the last ones when it is told of the end
    assert info.duration_s == pytest.approx(3.43, abs=0.3)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_time_begins_with_the_first_frame(codec: str) -> None:
    times = [7.0 + number / 10 for number in range(12)]
    encoder = {"preset": "fast"}  # with frames that are shown before those they need
    _, frames = look(Recipe(codec=codec, times_s=times, count=12, fps=10, encoder=encoder))
    assert frames[0].time_s < 0.3
    assert frames[-1].time_s == pytest.approx(1.1, abs=0.21)


def test_ten_bits_become_eight() -> None:
    recipe = Recipe(codec="hevc", pix_fmt="yuv420p10le", pictures=[corner_marked((160, 96))], count=6)
    _, frames = look(recipe)
    assert [near(*pair) for pair in zip(quarters(frames[0]), (RED, GREEN, BLUE, GREY), strict=True)] == [True] * 4


def test_hdr_is_brought_to_the_range_of_a_screen() -> None:
    """Half of PQ's scale is 92 cd/m2, about the white of a screen of old: on a screen that is bright, not grey."""
    recipe = Recipe(codec="hevc", pix_fmt="yuv420p10le", pictures=[np.full((96, 160, 3), 128, np.uint8)], count=6)
    plain = look(recipe)[1][0].pixels.mean()
    hdr = look(Recipe(**{**vars(recipe), "hdr": True}))[1][0].pixels.mean()
    assert plain == pytest.approx(128, abs=4)
    assert 150 < hdr < 250


def test_sound_is_no_picture() -> None:
    info, frames = look(Recipe(sound=True, count=12))
    assert info.codec == "h264"
    assert frames
    with pytest.raises(VideoBrokenError, match="no picture"), open_clip(make_clip(Recipe(sound=True, count=0))):
        pytest.fail("sound alone was opened")


def test_another_codec_is_named() -> None:
    with pytest.raises(VideoFormatError, match=r"H\.264, H\.265, VP8, VP9, AV1 inside, found mpeg4"):
        look(Recipe(codec="mpeg4"))


def test_the_first_half_of_a_clip_is_looked_at() -> None:
    whole = make_clip(Recipe(count=60, muxer={"movflags": "frag_keyframe+empty_moov"}))
    with open_clip(whole[: len(whole) // 2], choice=OFTEN) as clip:
        frames = list(clip)
    assert frames
    assert clip.info.duration_s < 1.7


def test_a_file_is_read_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "clip of a street.MP4"
    path.write_bytes(make_clip(Recipe(count=12)))
    with open_clip(path) as clip:
        assert list(clip)
    with pytest.raises(FileNotFoundError), open_clip(tmp_path / "none.mp4"):
        pytest.fail("opened what is not there")
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(VideoFormatError, match="not a file"), open_clip(tmp_path / "pipe.mp4"):
        pytest.fail("opened a pipe")


def test_progress_is_told() -> None:
    with open_clip(make_clip(Recipe(count=120)), choice=OFTEN) as clip:
        steps = [(clip.progress, clip.decoded) for _ in clip]
        assert steps == sorted(steps)
        assert clip.progress == 1.0
        assert clip.decoded >= 60
