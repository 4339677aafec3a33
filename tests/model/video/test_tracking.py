"""Linking looks into tracks: what stays is one track, what lives for one look dies, and cuts part what they part."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazardlens.model.detections import Detections
from hazardlens.model.video.motion import CameraMotion
from hazardlens.model.video.tracking import BIRTH_SCORE, BoxXyxy, Look, Track, Tracker, mean_of_best
from support.memory_clips import texture

LABELS = ("manhole_open", "stacked_clutter")
HERE: BoxXyxy = (100, 100, 200, 180)


def look(
    time_s: float, *rows: tuple[float, BoxXyxy], shot: int = 0, label: int = 0, shift: tuple[float, float] = (0, 0)
) -> Look:
    found = Detections(
        np.array([box for _, box in rows], np.float32).reshape(-1, 4),
        np.array([score for score, _ in rows], np.float32),
        np.full(len(rows), label, np.int64),
        LABELS,
    )
    return Look(time_s, shot, found, shift)


def tracked(*looks: Look) -> list[Track]:
    tracker = Tracker()
    for one in looks:
        tracker.add(one)
    return tracker.finish()


def moved(box: BoxXyxy, across: float, down: float = 0) -> BoxXyxy:
    return (box[0] + across, box[1] + down, box[2] + across, box[3] + down)


def test_what_stays_in_place_is_one_track_as_sure_as_its_best_three_looks() -> None:
    (track,) = tracked(*[look(n * 0.5, (score, HERE)) for n, score in enumerate((0.5, 0.9, 0.8, 0.7))])
    assert (track.from_s, track.until_s, track.best.time_s) == (0.0, 1.5, 0.5)
    assert track.score == pytest.approx((0.9 + 0.8 + 0.7) / 3)


def test_a_glimpse_among_many_looks_is_a_third_as_sure() -> None:
    looks = [look(n * 0.25, *([(0.9, HERE)] if n == 4 else [])) for n in range(9)]
    (track,) = tracked(*looks)
    assert track.score == pytest.approx(0.3)


def test_a_glimpse_that_is_all_there_was_to_see_counts_in_full() -> None:
    assert tracked(look(0, (0.9, HERE)))[0].score == pytest.approx(0.9)
    (track,) = tracked(look(0, shot=0), look(0.5, (0.8, HERE), shot=1), look(1.0, shot=2))
    assert track.score == pytest.approx(0.8)


def test_a_cut_ends_a_track() -> None:
    assert len(tracked(look(0, (0.9, HERE)), look(0.5, (0.9, HERE), shot=1))) == 2


def test_a_pan_is_followed_by_the_camera_s_motion() -> None:
    looks = [look(n * 0.5, (0.9, moved(HERE, 260 * n)), shift=(260, 0) if n else (0, 0)) for n in range(4)]
    assert len(tracked(*looks)) == 1
    still = [look(n * 0.5, (0.9, moved(HERE, 260 * n))) for n in range(4)]
    assert len(tracked(*still)) == 4


def test_two_things_side_by_side_stay_two() -> None:
    looks = [look(n * 0.5, (0.9, moved(HERE, 5 * n)), (0.8, moved(HERE, 130 + 5 * n))) for n in range(4)]
    tracks = tracked(*looks)
    assert [len(track.hits) for track in tracks] == [4, 4]
    assert all(
        abs(a.box_xyxy[0] - b.box_xyxy[0]) < 10 for t in tracks for a, b in zip(t.hits, t.hits[1:], strict=False)
    )


def test_labels_and_very_different_sizes_are_not_linked() -> None:
    assert len(tracked(look(0, (0.9, HERE)), look(0.5, (0.9, HERE), label=1))) == 2
    assert len(tracked(look(0, (0.9, HERE)), look(0.5, (0.9, (0, 0, 800, 700))))) == 2


def test_a_weak_detection_continues_a_track_and_begins_none() -> None:
    weak = BIRTH_SCORE / 2
    assert tracked(look(0, (weak, HERE))) == []
    (track,) = tracked(look(0, (0.9, HERE)), look(0.5, (weak, HERE)))
    assert len(track.hits) == 2


def test_a_thing_that_is_hidden_for_long_comes_back_as_another() -> None:
    assert len(tracked(look(0, (0.9, HERE)), look(1, (0.9, HERE)), look(6, (0.9, HERE)))) == 2
    assert len(tracked(look(0, (0.9, HERE)), look(1), look(2, (0.9, HERE)))) == 1


def test_three_hits_confirm_a_label_while_it_lives() -> None:
    tracker = Tracker()
    for n in range(3):
        assert not tracker.confirmed(LABELS[0], 0, n * 0.5)
        tracker.add(look(n * 0.5, (0.9, HERE)))
    assert tracker.confirmed(LABELS[0], 0, 1.5)
    assert not tracker.confirmed(LABELS[1], 0, 1.5)
    assert not tracker.confirmed(LABELS[0], 1, 1.5)
    assert not tracker.confirmed(LABELS[0], 0, 9.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(0, 20))
def test_a_track_is_never_surer_than_its_luckiest_look_and_misses_only_lower_it(
    scores: list[float], misses: int
) -> None:
    sure = mean_of_best(scores, len(scores) + misses)
    assert 0 <= sure <= max(scores) + 1e-9
    assert mean_of_best(scores, len(scores)) >= sure - 1e-9
    assert mean_of_best([*scores, max(scores)], len(scores) + misses + 1) >= sure - 1e-9


@given(st.data())
def test_every_hit_of_a_track_is_of_its_label_and_shot_and_in_order(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    looks = []
    for n in range(data.draw(st.integers(1, 12))):
        corners = rng.uniform(0, 400, (data.draw(st.integers(0, 6)), 2))
        rows = [(float(rng.uniform()), (x, y, x + rng.uniform(1, 300), y + rng.uniform(1, 300))) for x, y in corners]
        looks.append(look(n + float(rng.uniform(0, 0.9)), *rows, shot=n // 4, label=n % 2))
    tracks = tracked(*looks)
    for track in tracks:
        times = [hit.time_s for hit in track.hits]
        assert times == sorted(set(times))
        assert {looks[hit.look].shot for hit in track.hits} == {track.shot}
        assert all(LABELS[int(looks[hit.look].detections.label_ids[0])] == track.label for hit in track.hits)
        assert 0 <= track.score <= track.best.score + 1e-6
    hits = [(hit.look, hit.box_xyxy) for track in tracks for hit in track.hits]
    assert len(hits) == len(set(hits))


@pytest.mark.parametrize(("across", "down"), [(0, 0), (24, 0), (-30, 9), (9, -15)])
def test_the_camera_s_motion_is_measured(across: int, down: int) -> None:
    world = texture(3, width=480, height=360)
    motion = CameraMotion()
    assert motion.shift(world[60:300, 60:380]) == (0, 0)
    right, below = motion.shift(world[60 - down : 300 - down, 60 - across : 380 - across])
    assert (right * 320, below * 240) == pytest.approx((across, down), abs=4)


def test_no_motion_is_made_up_between_different_pictures() -> None:
    motion = CameraMotion()
    rng = np.random.default_rng(1)
    motion.shift(rng.integers(0, 255, (240, 320, 3), np.uint8))
    flat = np.full((240, 320, 3), 90, np.uint8)
    assert motion.shift(flat) == (0, 0)
    assert motion.shift(np.full((320, 240, 3), 90, np.uint8)) == (0, 0)
