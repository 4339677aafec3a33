"""Outlines of covers, and the makes that are drawn: geometry that needs no Blender."""

import numpy as np
import pytest

from hazardlens.training.rendering.studio.covers.makes import draw_make
from hazardlens.training.rendering.studio.covers.outlines import area_m2, ragged, round_loop, split, square_loop
from hazardlens.training.rendering.studio.covers.slots import slots, without_bars


@pytest.mark.parametrize("loop", [round_loop(0.35), square_loop(0.4, 0.15)], ids=["round", "oblong"])
@pytest.mark.parametrize("share", [0.35, 0.5, 0.75])
def test_a_broken_cover_is_still_all_there(loop: np.ndarray, share: float) -> None:
    for seed in range(10):
        kept, rest = split(loop, np.random.default_rng(seed), share)
        assert area_m2(kept) + area_m2(rest) == pytest.approx(area_m2(loop))
        assert min(area_m2(kept), area_m2(rest)) > 0.02 * area_m2(loop)


def test_a_ragged_edge_lies_outside_the_frame() -> None:
    frame = round_loop(0.4)
    edge = ragged(frame, np.random.default_rng(3), 0.02, 0.2)
    assert (np.linalg.norm(edge, axis=1) > 0.41).all()
    assert (np.linalg.norm(edge, axis=1) < 0.61).all()


def test_same_seed_same_make() -> None:
    assert [draw_make(np.random.default_rng(seed)) for seed in range(30)] == [
        draw_make(np.random.default_rng(seed)) for seed in range(30)
    ]


def test_makes_are_as_large_as_real_covers() -> None:
    makes = [draw_make(np.random.default_rng(seed)) for seed in range(300)]
    widths = [2 * make.half_m[0] for make in makes]
    assert min(widths) > 0.15
    assert max(widths) < 1.25
    assert len({(make.stuff, make.pattern, make.is_round) for make in makes}) > 40


def test_slots_and_gaps_stay_within_the_grating() -> None:
    makes = [make for seed in range(200) if (make := draw_make(np.random.default_rng(seed))).pattern == "grating"]
    assert makes
    for seed, make in enumerate(makes):
        openings = slots(make, np.random.default_rng(seed))
        broken = without_bars(make, openings, np.random.default_rng(seed))
        for loop in (*openings, *broken):
            assert (np.abs(loop) < np.array(make.half_m)).all()
        assert max(abs(area_m2(loop)) for loop in broken) > 1.5 * max(abs(area_m2(loop)) for loop in openings)
