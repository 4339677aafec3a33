"""Composed cables: boxes from what is seen of them, loose and taut ones from the same brush."""

import numpy as np
import pytest

from hazardlens.training.composing.arrays import vector
from hazardlens.training.composing.cables import CABLES, DrawnCable
from hazardlens.training.composing.cables_brush import Shadow, paint
from hazardlens.training.composing.cables_curves import coiled, hanging, lying, slung
from hazardlens.training.composing.light import box_of
from hazardlens.training.composing.scene import Composition, Scene
from support.street import street

BLACK = vector([0.03, 0.03, 0.03])


def composed(composition: Composition, scene: Scene, seeds: int = 10) -> list[tuple[int, Scene]]:
    results = ((seed, composition.compose(scene, np.random.default_rng(seed))) for seed in range(seeds))
    return [(seed, result) for seed, result in results if result is not None]


DRAWN = [composition for composition in CABLES if isinstance(composition, DrawnCable)]


@pytest.mark.parametrize("composition", DRAWN, ids=lambda composition: str(composition.name))
def test_a_cable_has_its_box_where_the_photo_changed(composition: Composition) -> None:
    scene = street()
    results = composed(composition, scene)
    assert len(results) >= 3
    for seed, result in results:
        again = composition.compose(scene, np.random.default_rng(seed))
        assert again is not None
        assert np.array_equal(again.pixels, result.pixels)
        assert result.looked_for == scene.looked_for
        assert len(result.labels) == 1
        x_min, y_min, x_max, y_max = result.boxes_xyxy[0].astype(int)
        difference = np.abs(scene.pixels.astype(np.int16) - result.pixels.astype(np.int16)).max(axis=2)
        inside = difference[y_min:y_max, x_min:x_max] > 0
        assert all(side.any() for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))
        # Outside there are only thin tips and the shadow: nothing as strong as the cable itself.
        difference[y_min - min(2, y_min) : y_max + 2, x_min - min(2, x_min) : x_max + 2] = 0
        assert (difference > 100).sum() == 0


def test_the_box_is_that_of_the_curve() -> None:
    scene = street()
    strand = slung(vector([50, 60]), vector([350, 60]), 120.0, 4.0, np.random.default_rng(0))
    painted = paint(scene.pixels, [(strand, BLACK)], None, np.random.default_rng(1))
    assert painted is not None
    box = box_of(painted.share, (0, 0), 0.3)
    assert box is not None
    assert box == pytest.approx((48, 58, 352, 60 + 120 + 4), abs=6)


def test_without_a_shadow_only_the_cable_changes() -> None:
    scene = street()
    strand = slung(vector([50, 60]), vector([350, 60]), 100.0, 4.0, np.random.default_rng(0))
    painted = paint(scene.pixels, [(strand, BLACK)], None, np.random.default_rng(1))
    assert painted is not None
    untouched = painted.share < 0.003
    assert np.array_equal(painted.pixels[untouched], scene.pixels[untouched])
    assert untouched.mean() > 0.9
    shaded = paint(scene.pixels, [(strand, BLACK)], Shadow((0.0, 12.0), 1.5, 0.4), np.random.default_rng(1))
    assert shaded is not None
    below = (painted.share < 0.003) & (np.abs(shaded.pixels.astype(int) - scene.pixels).max(axis=2) > 10)
    assert below.sum() > 500


def test_a_cable_beyond_the_frame_is_no_cable() -> None:
    strand = hanging(vector([-300, -300]), 50.0, 3.0, np.random.default_rng(0))
    assert paint(street().pixels, [(strand, BLACK)], None, np.random.default_rng(0)) is None


def test_a_taut_line_sags_less_than_a_loose_one() -> None:
    scene = street()
    boxes = {
        name: np.array([r.boxes_xyxy[0] for c in DRAWN if c.name == name for _, r in composed(c, scene)])
        for name in ("cables-taut", "cables-sagging")
    }
    heights = {name: np.median((rows[:, 3] - rows[:, 1]) / (rows[:, 2] - rows[:, 0])) for name, rows in boxes.items()}
    assert heights["cables-sagging"] > 1.3 * heights["cables-taut"]


def test_labels_say_which_cables_are_loose() -> None:
    assert {c.name for c in DRAWN if c.label == "cable_ok"} == {"cables-taut", "cables-run-down"}
    assert {c.label for c in DRAWN} == {"cable_ok", "dangling_cable"}


def test_a_cable_on_the_ground_is_thinner_far_away() -> None:
    strand = lying(vector([200, 350]), 300.0, 100.0, 5.0, np.random.default_rng(2))
    far, near = strand.points[:, 1].argmin(), strand.points[:, 1].argmax()
    assert strand.widths[far] < strand.widths[near]
    assert strand.points[:, 1].min() > 100


def test_a_coil_goes_round_its_centre() -> None:
    strand = coiled(vector([100, 100]), 30.0, 1.0, 2.0, np.random.default_rng(4))
    assert strand.points[:, 0].min() < 80
    assert strand.points[:, 0].max() > 120


def test_boxes_that_are_there_are_not_hidden() -> None:
    scene = street(boxes=((100, 40, 300, 200),))
    for composition in DRAWN:
        for _, result in composed(composition, scene, 6):
            assert result.labels[:1] == scene.labels
            changed = np.abs(scene.pixels.astype(int) - result.pixels).max(axis=2)[40:200, 100:300] > 60
            assert changed.mean() < 0.08


def test_a_framed_photo_keeps_whole_boxes_and_gains_one() -> None:
    scene = street(boxes=((150, 150, 190, 190),))
    framed = next(composition for composition in CABLES if composition.name == "cables-framed")
    results = composed(framed, scene)
    assert len(results) >= 3
    for _, result in results:
        assert result.labels[-1] in {"dangling_cable", "cable_ok"}
        assert result.labels[:-1] in {(), ("stacked_clutter",)}
        assert result.pixels.shape == scene.pixels.shape
