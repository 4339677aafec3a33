"""Which packets are left out: never so many that a moment is further from a decoded frame than was asked for."""

from itertools import pairwise

import pytest

from hazardlens.model.video.thrift import Thrift

LARGE = 1920 * 1080 * 30
SMALL = 1280 * 720 * 30


def kept(key_gap_s: float, *, pixels_per_s: float = LARGE, seconds: float = 20.0, fps: int = 30) -> list[float]:
    """Times of the packets that are decoded, of a clip whose frames come in order."""
    gap = round(key_gap_s * fps)
    times = [number / fps for number in range(round(seconds * fps))]
    keys = tuple(times[::gap])
    thrift = Thrift(keys, pixels_per_s, 1.0)
    return [time_s for number, time_s in enumerate(times) if thrift.wants(time_s, is_key=number % gap == 0)]


def widest(times: list[float]) -> float:
    return max(after - before for before, after in pairwise(times))


@pytest.mark.parametrize(
    ("key_gap_s", "part"), [(0.5, 0.67), (1.0, 0.35), (2.0, 0.55), (4.0, 0.8), (8.0, 0.9), (100.0, 1.0)]
)
def test_close_key_frames_save_work(key_gap_s: float, part: float) -> None:
    times = kept(key_gap_s)
    assert len(times) / 600 == pytest.approx(part, abs=0.08)
    assert widest(times) <= 1.0 + 1 / 30


def test_the_last_frames_are_decoded() -> None:
    assert kept(1.0)[-1] == pytest.approx(20 - 1 / 30)
    assert kept(8.0)[-1] == pytest.approx(20 - 1 / 30)


def test_small_clips_are_decoded_whole() -> None:
    assert len(kept(1.0, pixels_per_s=SMALL)) == 600


def test_the_larger_the_frames_the_fewer_follow_a_key_frame() -> None:
    assert len(kept(1.0, pixels_per_s=4 * LARGE)) < len(kept(1.0)) / 2


def test_what_needs_a_frame_that_was_left_out_is_left_out() -> None:
    """Behind the key frame at 1 s come two that are shown before it."""
    thrift = Thrift((0.0, 1.0, 2.0), LARGE, 1.0)
    asked = [
        (0.0, True),
        (0.2, False),
        (0.1, False),
        (0.6, False),
        (0.2, False),
        (1.0, True),
        (0.9, False),
        (1.1, False),
    ]
    assert [thrift.wants(time_s, is_key=is_key) for time_s, is_key in asked] == [True] * 3 + [False] * 2 + [
        True,
        False,
        True,
    ]


def test_without_key_frames_all_is_decoded() -> None:
    thrift = Thrift((), LARGE, 1.0)
    assert all(thrift.wants(number / 30, is_key=False) for number in range(300))
