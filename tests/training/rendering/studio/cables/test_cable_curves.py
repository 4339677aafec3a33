import itertools
import math
import random

import pytest

from hazardlens.training.rendering.studio.cables.cameras import aim
from hazardlens.training.rendering.studio.cables.curves import (
    between,
    coil,
    distance,
    drop,
    helix,
    length_of,
    shifted,
    smooth,
    span,
    tangle,
    trail,
)
from hazardlens.training.rendering.studio.cables.frames import Frame


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - cables, not secrets


def test_a_span_ends_where_it_is_fixed_and_is_lowest_in_the_middle() -> None:
    line = span((0, 0, 4), (6, 0, 4), 0.8)
    assert line[0] == pytest.approx((0, 0, 4))
    assert line[-1] == pytest.approx((6, 0, 4))
    assert min(line, key=lambda point: point[2]) == pytest.approx((3, 0, 3.2))


def test_a_span_that_sags_to_the_floor_lies_on_it() -> None:
    heights = [z for _, _, z in span((0, 0, 3), (6, 0, 3), 5, floor_m=0.01)]
    assert min(heights) == 0.01
    assert heights.count(0.01) > 3


def test_a_smoothed_line_goes_through_its_knots() -> None:
    knots = [(0.0, 0.0, 0.0), (1.0, 0.0, 2.0), (2.0, 1.0, 0.0), (3.0, 0.0, 1.0)]
    assert smooth(knots, 5)[::5] == [pytest.approx(knot) for knot in knots]


@pytest.mark.parametrize("seed", range(8))
def test_a_free_end_hangs_below_where_it_is_held(seed: int) -> None:
    line = drop((1, 2, 5), 2.0, seeded(seed), out=(0, -1, 0))
    assert line[0] == pytest.approx((1, 2, 5))
    assert line[-1][2] == pytest.approx(3.0)
    assert max(y for _, y, _ in line) <= 2.15
    assert max(abs(x - 1) for x, _, _ in line) < 0.5


@pytest.mark.parametrize("seed", range(8))
def test_a_trail_stays_on_the_floor_and_is_as_long_as_asked(seed: int) -> None:
    line = trail((0, 0, 0.01), 0.0, 4.0, seeded(seed), floor_m=0.01, rise_m=0.01)
    assert min(z for _, _, z in line) > 0.0
    assert max(z for _, _, z in line) < 0.05
    assert length_of(line) == pytest.approx(4.0, abs=0.2)


@pytest.mark.parametrize("seed", range(8))
def test_coils_and_tangles_stay_near_their_place(seed: int) -> None:
    rng = seeded(seed)
    for line in (coil((0, 0, 2), 0.3, 3, rng), tangle((0, 0, 2), (0.6, 0.2, 0.8), rng)):
        assert len(line) > 20
        assert max(distance(point, (0, 0, 2)) for point in line) < 1.6


def test_strands_of_a_bundle_keep_together() -> None:
    line = span((0, 0, 4), (6, 0, 4), 0.2)
    beside = shifted(line, 0.02, seeded(1))
    assert max(math.dist(a, b) for a, b in zip(line, beside, strict=True)) <= 0.02 * math.sqrt(3) + 1e-9
    assert beside != line


def test_a_wrap_winds_at_its_distance_round_the_line() -> None:
    line = [between((0, 0, 1), (2, 0, 1), step / 10) for step in range(11)]
    wound = helix(line, 0.05, 0.4)
    assert all(math.hypot(y, z - 1) == pytest.approx(0.05) for _, y, z in wound)


def test_the_same_seed_gives_the_same_line() -> None:
    assert coil((0, 0, 2), 0.3, 3, seeded(4)) == coil((0, 0, 2), 0.3, 3, seeded(4))
    assert coil((0, 0, 2), 0.3, 3, seeded(4)) != coil((0, 0, 2), 0.3, 3, seeded(5))


@pytest.mark.parametrize("turn_deg", [0, 90, 180, -37])
def test_a_frame_tells_places_there_and_back(turn_deg: float) -> None:
    frame = Frame(2, -1, math.radians(turn_deg), 0.12)
    assert frame.inside(frame.at(1.5, 0.3, 2)) == pytest.approx((1.5, 0.3, 2))
    one, other = frame.at(0, 0, 0), frame.at(0, 1, 0)
    assert tuple(b - a for a, b in itertools.zip_longest(one, other)) == pytest.approx(frame.out)


@pytest.mark.parametrize("seed", range(20))
def test_the_subject_is_in_the_picture(seed: int) -> None:
    camera = aim(seeded(seed), (0, -6, 1.5), (0, 0, 4), 2.0, 0.02)
    forward = [b - a for a, b in zip(camera.position_m, camera.look_at_m, strict=True)]
    towards = [b - a for a, b in zip(camera.position_m, (0, 0, 4), strict=True)]
    cosine = sum(a * b for a, b in zip(forward, towards, strict=True)) / (math.hypot(*forward) * math.hypot(*towards))
    half_deg = math.degrees(math.atan(18 / camera.lens_mm))
    assert math.degrees(math.acos(min(cosine, 1))) < half_deg
    assert 14 <= camera.lens_mm <= 70
