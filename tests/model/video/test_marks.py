"""Marks: where a track's box is between its looks, and that they reach the child's command line and come back."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from hazardlens.model.video.marking import draw_marks
from hazardlens.model.video.marks import MAX_MARKS, MAX_PLACES, Mark, thinned

RED = (250, 20, 20)
MARK = Mark("manhole_open 91%", RED, (1.0, 2.0), ((10, 20, 50, 60), (110, 40, 170, 100)))
_LONGEST_ARGUMENT_BYTES = 128 * 1024


def test_a_box_goes_in_a_straight_line_between_two_looks() -> None:
    assert MARK.at(1.0) == (10, 20, 50, 60)
    assert MARK.at(1.5) == (60, 30, 110, 80)
    assert MARK.at(2.1) == (110, 40, 170, 100)
    assert MARK.at(0.5) is None
    assert MARK.at(2.5) is None


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 1000])
def test_places_are_thinned_evenly_with_both_ends(count: int) -> None:
    kept = thinned(count)
    assert len(kept) == min(count, MAX_PLACES)
    assert (kept[0], kept[-1]) == (0, count - 1)
    assert kept == sorted(set(kept))


def test_frames_are_marked_while_the_thing_is_seen_and_scaled_to_their_size() -> None:
    frame = np.zeros((60, 100, 3), np.uint8)
    assert draw_marks(frame, [MARK], 3.0, (200, 120)) is frame
    drawn = draw_marks(frame, [MARK], 2.0, (200, 120))
    red = (drawn == RED).all(axis=2)
    assert red[20:50, 55:57].any()
    assert not red[30:, :40].any()  # above is the plate with the text
    assert not frame.any()


def test_the_most_marks_fit_into_one_argument_and_come_back() -> None:
    places = [(1234.5678 + n, 1.125 * n) for n in range(MAX_PLACES)]
    one = Mark("stacked_clutter 100%", RED, tuple(t for t, _ in places), tuple((x, x, x + 1, x + 1) for _, x in places))
    text = json.dumps([asdict(mark) for mark in [one] * MAX_MARKS])
    assert len(text) < _LONGEST_ARGUMENT_BYTES
    assert [Mark.from_json(values) for values in json.loads(text)] == [one] * MAX_MARKS
