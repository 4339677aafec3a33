"""Composed manholes: their boxes are where they are, and nothing else of the photo changes."""

from collections.abc import Callable

import numpy as np
import pytest

from hazardlens.training.composing.covers import COVERS
from hazardlens.training.composing.covers_extras import branches, litter
from hazardlens.training.composing.covers_pattern import break_face, draw_face, draw_make
from hazardlens.training.composing.covers_place import Place, put
from hazardlens.training.composing.covers_render import draw_manhole, region_of
from hazardlens.training.composing.covers_states import (
    broken,
    closed,
    draw_manhole_in,
    flush,
    missing,
    proud,
    shifted,
    sunk,
    tilted,
)
from hazardlens.training.composing.framing import framed
from hazardlens.training.composing.ground import find_ground
from hazardlens.training.composing.scene import Composition, Scene
from support.street import street

DRAWN = [composition for composition in COVERS if composition.name != "covers-real"]
HALF_PX = 40.0
PLACE = Place((200.0, 320.0), HALF_PX, 60.0)


def composed(composition: Composition, scene: Scene) -> list[tuple[int, Scene]]:
    found = []
    for seed in range(8):
        result = composition.compose(scene, np.random.default_rng(seed))
        if result is not None:
            found.append((seed, result))
    return found


def changed(before: Scene, after: Scene, least: int = 1) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    difference = np.abs(before.pixels.astype(np.int16) - after.pixels.astype(np.int16)).max(axis=2)
    return np.asarray(difference >= least)


@pytest.mark.parametrize("composition", DRAWN, ids=lambda composition: str(composition.name))
def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(composition: Composition) -> None:
    scene = street()
    results = composed(composition, scene)
    assert len(results) >= 3
    for seed, result in results[:2]:
        again = composition.compose(scene, np.random.default_rng(seed))
        assert again is not None
        assert np.array_equal(again.pixels, result.pixels)
        assert np.array_equal(again.boxes_xyxy, result.boxes_xyxy)
    assert not np.array_equal(results[0][1].pixels, results[1][1].pixels)


@pytest.mark.parametrize("name", ["covers-open", "covers-raised", "covers-flush"])
def test_pixels_far_from_the_part_are_untouched_and_the_old_scene_is_whole(name: str) -> None:
    scene = street()
    pixels = scene.pixels.copy()
    composition = next(one for one in COVERS if one.name == name)
    for _, result in composed(composition, scene):
        assert np.array_equal(scene.pixels, pixels)
        x_min, y_min, x_max, y_max = result.boxes_xyxy[-1]
        reach = 3.2 * max(x_max - x_min, y_max - y_min) + 12
        rows, columns = np.nonzero(changed(scene, result))
        assert columns.min() >= x_min - reach
        assert columns.max() <= x_max + reach
        assert rows.min() >= y_min - reach
        assert rows.max() <= y_max + reach
        assert result.looked_for == scene.looked_for


@pytest.mark.parametrize("build", [missing, tilted, shifted, proud, sunk, broken, flush])
def test_the_box_holds_what_changed_most_and_is_no_larger(build: Callable[..., object]) -> None:
    scene = street()
    for seed in range(6):
        rng = np.random.default_rng(seed)
        make = draw_make(rng)
        manhole = build(closed(make, draw_face(make, rng), rng), rng)
        label = "manhole_open" if build is missing else "manhole_raised"
        result = put(scene, manhole, label, PLACE, rng)  # type: ignore[arg-type]
        assert result is not None
        x_min, y_min, x_max, y_max = result.boxes_xyxy[-1].astype(int)
        inside = changed(scene, result)[y_min:y_max, x_min:x_max]
        # Every side of the box touches something that was drawn.
        assert inside[:2].any()
        assert inside[-2:].any()
        assert inside[:, :2].any()
        assert inside[:, -2:].any()
        # The opening itself is in it, and it has about the size that was asked for.
        assert x_min < PLACE.at_px[0] < x_max
        assert 1.7 * HALF_PX < x_max - x_min < 5.5 * HALF_PX


def test_an_open_shaft_is_darker_than_the_ground_and_a_flush_cover_hides_no_depth() -> None:
    scene = street()
    for seed in range(8):
        rng = np.random.default_rng(seed)
        make = draw_make(rng)
        result = put(scene, missing(closed(make, draw_face(make, rng), rng), rng), "manhole_open", PLACE, rng)
        assert result is not None
        x, y = int(PLACE.at_px[0]), int(PLACE.at_px[1])
        assert (
            result.pixels[y - 4 : y + 4, x - 8 : x + 8].mean()
            < 0.75 * scene.pixels[y - 4 : y + 4, x - 8 : x + 8].mean()
        )


def test_no_part_touches_a_box_that_is_there() -> None:
    scene = street(boxes=((0, 200, 250, 400), (260, 330, 400, 400)))
    for composition in COVERS[:3]:
        for _, result in composed(composition, scene):
            assert result.labels[:2] == scene.labels
            for x_min, y_min, x_max, y_max in scene.boxes_xyxy.astype(int):
                assert not changed(scene, result, 40)[y_min:y_max, x_min:x_max].any()


def test_a_photo_without_free_ground_is_left_alone() -> None:
    scene = street(boxes=((0, 0, 400, 400),))
    for composition in DRAWN:
        assert composition.compose(scene, np.random.default_rng(3)) is None


def test_a_likeness_of_a_manhole_has_no_box() -> None:
    scene = street()
    likeness = next(one for one in COVERS if one.name == "covers-likeness")
    results = composed(likeness, scene)
    assert results
    for _, result in results:
        assert result.labels == scene.labels
        assert changed(scene, result, 8).any()


def test_a_real_cover_loses_its_old_box() -> None:
    scene = street(boxes=((150, 300, 250, 350),), label="manhole_ok")
    real = next(one for one in COVERS if one.name == "covers-real")
    results = composed(real, scene)
    assert results
    for _, result in results:
        assert len(result.labels) == 1
        assert result.labels[0] in {"manhole_open", "manhole_raised"}
        x_min, _, x_max, _ = result.boxes_xyxy[0]
        assert x_min < 200 < x_max


def test_a_broken_face_lacks_material_and_the_whole_one_stays_whole() -> None:
    rng = np.random.default_rng(1)
    face = draw_face(draw_make(rng), rng)
    solid = face.solid.copy()
    assert break_face(face, rng).solid.mean() < solid.mean() - 0.02
    assert np.array_equal(face.solid, solid)


def test_ground_is_found_below_the_wall_and_not_on_it() -> None:
    ground = find_ground(street(), np.random.default_rng(0))
    assert ground.cost_of(120, 300, 280, 380) < 1.2
    assert ground.cost_of(120, 20, 280, 80) > 2
    assert ground.cost_of(350, 300, 450, 380) == float("inf")
    assert ground.horizon_px < 200


def test_framing_keeps_boxes_that_stay_and_refuses_to_cut_one_apart() -> None:
    rng = np.random.default_rng(0)
    scene = street(boxes=((210, 210, 290, 290), (0, 0, 40, 40)))
    near = framed(scene, (200, 200), 0.5, rng)
    assert near is not None
    assert near.labels == ("stacked_clutter",)
    assert near.boxes_xyxy.tolist() == [[20, 20, 180, 180]]
    assert near.pixels.shape == scene.pixels.shape
    assert framed(scene, (250, 200), 0.5, rng) is None


def test_what_is_far_away_is_raised_far_enough_to_see() -> None:
    for seed in range(20):
        far = draw_manhole_in("manhole_raised", 12.0, np.random.default_rng(seed))
        assert far.cover is not None
        level = far.cover.pose.axes[2, 2] > 0.9999
        away = float(np.hypot(far.cover.pose.centre[0], far.cover.pose.centre[1]))
        assert not level or away > 0.25


def test_litter_keeps_off_the_hole_and_leaves_no_share_above_one() -> None:
    scene = street()
    rng = np.random.default_rng(6)
    manhole = draw_manhole_in("manhole_open", HALF_PX, rng)
    camera, light = PLACE.camera(scene, 0.3), PLACE.light(scene, rng)
    drawn = draw_manhole(manhole, camera, light, region_of(manhole, camera, light), rng)
    scattered = litter(drawn, light, HALF_PX, rng)
    assert np.array_equal(scattered.hole, drawn.hole)
    inside = drawn.hole > 0.05
    assert np.array_equal(scattered.colour[inside], drawn.colour[inside])
    assert float((scattered.hole + scattered.cover + scattered.rest).max()) < 1.01
    assert float(scattered.rest.sum()) > float(drawn.rest.sum())


def test_branches_stand_in_the_hole() -> None:
    scene = street()
    pixels = branches(scene.pixels, (150.0, 300.0, 250.0, 350.0), np.random.default_rng(2))
    rows, columns = np.nonzero((pixels != scene.pixels).any(axis=2))
    assert rows.max() < 350
    assert rows.min() < 300
    assert columns.min() > 50
    assert columns.max() < 350
