"""The chooser: sharp frames, one in each short stretch where something changes, few where nothing does."""

import numpy as np
import pytest

from hazardlens.model.video.choosing import FrameChoice, FrameChooser
from support.memory_clips import Pixels, blurred, choose, panned, texture

CHOICE = FrameChoice()


def first_looks(frames: list[tuple[float, Pixels]], choice: FrameChoice = CHOICE) -> list[float]:
    return [one.time_s for one in choose(frames, choice) if not one.spare]


def test_a_moving_clip_is_looked_at_once_a_second_at_least_and_twice_at_most() -> None:
    times = first_looks(panned(1, 20))
    gaps = np.diff([0.0, *times, 20.0])
    assert gaps.max() <= CHOICE.max_gap_s + 1e-6
    assert len(times) <= 20 / CHOICE.min_gap_s + 1


def test_a_still_clip_is_looked_at_rarely() -> None:
    times = first_looks([(n / 10, texture(1)) for n in range(300)])
    assert len(times) == 30 / CHOICE.still_gap_s


def test_noise_and_a_change_of_light_are_no_change_of_the_picture() -> None:
    rng = np.random.default_rng(3)
    world = texture(1).astype(np.float32)
    frames = [
        (n / 10, np.clip(world * (1 + 0.002 * n) + rng.normal(0, 4, world.shape), 0, 255).astype(np.uint8))
        for n in range(100)
    ]
    assert len(first_looks(frames)) <= 3


def test_a_small_thing_that_appears_in_a_still_clip_is_looked_at_within_a_second() -> None:
    plain, changed = texture(1), texture(1).copy()
    changed[60:75, 100:120] = 255 - changed[60:75, 100:120]
    frames = [(n / 10, changed if 47 <= n < 57 else plain) for n in range(100)]
    assert any(4.7 <= time_s < 5.7 for time_s in first_looks(frames))


def in_the_dark(seed: int, rng: np.random.Generator) -> Pixels:
    """What a sensor makes of a world in which hardly anything can be seen: its cells differ by two grey levels."""
    world = texture(seed, width=640, height=384).astype(np.float32)
    light = 12 + 0.06 * (world - world.mean())
    pixels: Pixels = np.clip(light + rng.normal(0, 5, (*light.shape[:2], 1)), 0, 255).astype(np.uint8)
    return pixels


@pytest.mark.parametrize("other", [2, 3, 4])
def test_something_else_in_the_dark_is_no_near_duplicate(other: int) -> None:
    rng = np.random.default_rng(other)
    frames = [(n / 10, in_the_dark(1 if n < 20 else other, rng)) for n in range(40)]
    assert any(2.0 <= time_s < 3.0 for time_s in first_looks(frames))


def test_noise_in_the_dark_is_no_change_of_the_picture() -> None:
    rng = np.random.default_rng(5)
    assert len(first_looks([(n / 10, in_the_dark(1, rng)) for n in range(100)])) <= 3


def test_of_each_stretch_the_sharp_frame_is_taken() -> None:
    frames = [(time_s, pixels if n % 5 == 3 else blurred(pixels)) for n, (time_s, pixels) in enumerate(panned(2, 10))]
    sharp = {time_s for n, (time_s, _) in enumerate(frames) if n % 5 == 3}
    assert set(first_looks(frames)[:-1]) <= sharp  # the last stretch may be too short to hold one


def test_a_shot_of_less_than_half_a_second_is_looked_at() -> None:
    frames = [*panned(1, 3), *panned(5, 0.4, start_s=3), *panned(9, 3, start_s=3.4)]
    chosen = choose(frames, CHOICE)
    assert {one.shot for one in chosen} == {0, 1, 2}
    assert any(3 <= one.time_s < 3.4 and one.shot == 1 and not one.spare for one in chosen)


def test_a_fast_pan_is_no_cut() -> None:
    world = texture(7, width=1500)
    frames = [(n / 10, world[:, 12 * n : 12 * n + 160]) for n in range(100)]
    assert {one.shot for one in choose(frames, CHOICE)} == {0}


def test_frames_come_in_order_with_spares_between_them_and_each_once() -> None:
    chosen = choose(panned(4, 12), CHOICE)
    times = [one.time_s for one in chosen]
    assert times == sorted(set(times))
    assert 0.5 < sum(one.spare for one in chosen) / sum(not one.spare for one in chosen) < 4


def test_until_when_a_still_shot_went_on_comes_as_a_spare_whatever_ends_it() -> None:
    still = [(n / 10, texture(1)) for n in range(16)]
    changed = texture(1).copy()
    changed[60:75, 100:120] = 255 - changed[60:75, 100:120]
    by_a_cut = [*still, *((1.6 + n / 10, texture(9)) for n in range(10))]
    by_a_change = [*still, *((1.6 + n / 10, changed) for n in range(10))]
    for frames in (still, by_a_cut, by_a_change):
        chosen = choose(frames, CHOICE)
        assert [(one.spare, one.shot) for one in chosen if one.time_s == 1.5] == [(True, 0)]
        assert [one.time_s for one in chosen] == sorted({one.time_s for one in chosen})


def test_a_shot_that_stays_still_gives_no_spares_of_it() -> None:
    chosen = choose([(n / 10, texture(1)) for n in range(300)], CHOICE)
    assert [one.spare for one in chosen if 1 < one.time_s < 25.5] == [False] * 5


def test_few_frames_are_held_at_a_time() -> None:
    chooser: FrameChooser[int] = FrameChooser(FrameChoice(max_gap_s=2.0, still_gap_s=60.0))
    for n, (time_s, pixels) in enumerate(panned(4, 20)):
        chooser.offer(time_s, pixels[:, :, 1], n)
        assert len(chooser._slots) <= 2.0 / 0.25 + 2


def test_a_clip_of_one_frame_gives_that_frame() -> None:
    assert [one.time_s for one in choose([(0.0, texture(1))], CHOICE)] == [0.0]
    assert choose([], CHOICE) == []


@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (500, 2), (17, 31), (1080, 1920)])
def test_frames_of_any_shape_are_taken(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    frames = [(n / 5, rng.integers(0, 255, (*shape, 3), np.uint8)) for n in range(8)]
    assert first_looks(frames)


def test_a_picture_that_changes_its_size_begins_a_new_shot() -> None:
    frames = [*panned(1, 2), *[(2 + n / 10, texture(1, width=96, height=160)) for n in range(10)]]
    assert {one.shot for one in choose(frames, CHOICE)} == {0, 1}


@pytest.mark.parametrize(
    "gaps", [{"min_gap_s": 0}, {"max_gap_s": 0.4}, {"still_gap_s": 0.9}, {"min_change": 0}, {"min_gap_s": float("nan")}]
)
def test_gaps_out_of_order_are_refused(gaps: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="frame choice: expected"):
        FrameChoice(**gaps)
