"""Where things stand: the geometry of blocked exits does not depend on the photo's size, place or handedness."""

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given, settings

from hazardlens.model.triage.context import amount, find_blocked
from hazardlens.model.triage.photo import Seen, SeenPhoto
from hazardlens.model.triage.schema import ExitRule
from support.triage import Box, shipped_policy

DOOR_RULE, SIGN_RULE = shipped_policy().data.exit_rules
AMOUNT_RULE = shipped_policy().data.amount_rules[0]

rules = st.sampled_from([DOOR_RULE, SIGN_RULE])
# Whole pixels: a length that meets its limit exactly would otherwise fall on either side of it by rounding.
corners = st.tuples(st.integers(0, 900), st.integers(0, 700), st.integers(1, 400), st.integers(1, 500))
boxes = corners.map(lambda c: (float(c[0]), float(c[1]), float(c[0] + c[2]), float(c[1] + c[3])))


def _photo(exit_box: Box, *obstacles: Box) -> SeenPhoto:
    exits = [Seen("exit_door", 0.9, exit_box), Seen("exit_sign", 0.9, exit_box)]
    return SeenPhoto((*exits, *(Seen("stacked_clutter", 0.8, box) for box in obstacles)), 1e6)


@given(rules, boxes, st.lists(boxes, max_size=3), st.sampled_from([0.25, 2.0, 8.0]))
@settings(max_examples=80, deadline=None)
def test_size_does_not_matter(rule: ExitRule, exit_box: Box, obstacles: list[Box], factor: float) -> None:
    assume(all(box[3] - box[1] >= 8 for box in (exit_box, *obstacles)))

    def scaled(box: Box) -> Box:
        return box[0] * factor, box[1] * factor, box[2] * factor, box[3] * factor

    before = find_blocked(rule, _photo(exit_box, *obstacles))
    after = find_blocked(rule, _photo(scaled(exit_box), *map(scaled, obstacles)))
    assert (before is None) == (after is None)


@given(rules, boxes, st.lists(boxes, max_size=3))
@settings(max_examples=80, deadline=None)
def test_left_and_right_are_alike(rule: ExitRule, exit_box: Box, obstacles: list[Box]) -> None:
    def mirrored(box: Box) -> Box:
        return 2048 - box[2], box[1], 2048 - box[0], box[3]

    before = find_blocked(rule, _photo(exit_box, *obstacles))
    after = find_blocked(rule, _photo(mirrored(exit_box), *map(mirrored, obstacles)))
    assert (before is None) == (after is None)


@given(rules, boxes, st.lists(boxes, max_size=3), boxes)
@settings(max_examples=80, deadline=None)
def test_one_more_obstacle_frees_no_exit(rule: ExitRule, exit_box: Box, obstacles: list[Box], more: Box) -> None:
    if find_blocked(rule, _photo(exit_box, *obstacles)):
        assert find_blocked(rule, _photo(exit_box, *obstacles, more))


@pytest.mark.parametrize(
    ("widths", "blocked"),
    [([60], True), ([59], False), ([30, 30], True), ([40, 40], True)],
    ids=["enough", "too little", "enough together", "more than enough"],
)
def test_door_width_is_covered_by_all_together(widths: list[int], blocked: bool) -> None:
    lefts = [100 + 70 * index for index in range(len(widths))]
    obstacles = [(float(left), 300.0, float(left + width), 500.0) for left, width in zip(lefts, widths, strict=True)]
    assert (find_blocked(DOOR_RULE, _photo((100, 100, 300, 500), *obstacles)) is not None) == blocked


def test_overlapping_obstacles_cover_once() -> None:
    heap = (100.0, 300.0, 150.0, 500.0)
    assert find_blocked(DOOR_RULE, _photo((100, 100, 300, 500), heap, heap)) is None


@pytest.mark.parametrize(
    ("foot", "blocked"),
    [(399, False), (400, True), (500, True), (700, True), (701, False)],
    ids=["behind", "just behind", "level", "before", "too far before"],
)
def test_the_foot_tells_how_near_an_obstacle_stands(foot: float, blocked: bool) -> None:
    found = find_blocked(DOOR_RULE, _photo((100, 100, 300, 500), (120, 300, 280, foot)))
    assert (found is not None) == blocked


def test_the_surest_exit_is_named() -> None:
    faint, clear = (Seen("exit_door", score, (100.0, 100.0, 300.0, 500.0)) for score in (0.3, 0.8))
    heap = Seen("stacked_clutter", 0.9, (120, 300, 280, 520))
    found = find_blocked(DOOR_RULE, SeenPhoto((faint, heap, clear), 1e6))
    assert found is not None
    assert found.exit is clear


def test_amount_counts_boxes_or_area() -> None:
    small, large = Seen("kitchen_dirty", 0.9, (0, 0, 10, 10)), Seen("food_exposed", 0.9, (0, 0, 700, 500))
    assert amount(AMOUNT_RULE, SeenPhoto((small,) * 3, 1e6)) is None
    assert amount(AMOUNT_RULE, SeenPhoto((small,) * 4, 1e6)) == pytest.approx((4, 0.0004))
    assert amount(AMOUNT_RULE, SeenPhoto((large,), 1e6)) == pytest.approx((1, 0.35))
    assert amount(AMOUNT_RULE, SeenPhoto((large,) * 3, 1e6)) == (3, 1.0)
