"""The sheet that things are drawn on, the look that they get, and heaps on open ground."""

from pathlib import Path

import numpy as np
import pytest

from hazardlens.training.composing.clutter import ClutterOnGround
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.clutter_look import Look, look_of
from hazardlens.training.composing.obstacles_cutouts import read_cutouts
from hazardlens.training.composing.scene import Scene
from support.composing_parts import write_parts

PLAIN = Look(np.ones(3, np.float32), np.zeros(3, np.float32), saturation=1.0, blur_px=0.0, grain=0.0)


def square(tone: int, side: int = 10) -> tuple[np.ndarray, np.ndarray]:
    return np.full((side, side, 3), tone, np.float32), np.ones((side, side), np.float32)


def ground_photo() -> Scene:
    pixels = np.full((300, 400, 3), 205, np.uint8)
    pixels[130:] = (118, 115, 112)
    pixels[:130] = np.random.default_rng(2).integers(0, 255, (130, 400, 3))
    noisy = pixels + np.random.default_rng(1).integers(0, 5, pixels.shape).astype(np.uint8)
    boxes = np.array([[180, 200, 220, 240]], np.float32)
    known = frozenset({"stacked_clutter", "blocked_exit", "bicycle_parked"})
    return Scene(noisy, boxes, ("bicycle_parked",), known)


def test_what_is_drawn_later_covers_what_was_there() -> None:
    layer = Layer.empty(40, 50)
    first = layer.over(*square(200), (5, 5))
    second = layer.over(*square(50), (10, 10))
    assert layer.box_of({first}) == (5, 5, 15, 15)
    assert layer.box_of({second}) == (10, 10, 20, 20)
    assert layer.owner[12, 12] == second
    third = layer.over(*square(90, 30), (0, 0))
    assert layer.box_of({first, second}) is None
    assert layer.box_of({third}) == (0, 0, 30, 30)


def test_a_thing_that_sticks_out_is_cut_at_the_photo() -> None:
    layer = Layer.empty(40, 50)
    number = layer.over(*square(200), (-4, 34))
    outside = layer.over(*square(200), (60, 5))
    assert layer.box_of({number}) == (0, 34, 6, 40)
    assert layer.box_of({outside}) is None
    assert layer.covers((0, 34, 12, 40)) == pytest.approx(0.5)


def test_blending_changes_nothing_else() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 50, 3)).astype(np.uint8)
    layer = Layer.empty(40, 50)
    layer.over(*square(77), (20, 10))
    result = layer.blend(pixels, PLAIN, np.random.default_rng(0))
    inside = np.zeros((40, 50), bool)
    inside[10:20, 20:30] = True
    assert np.array_equal(result[~inside], pixels[~inside])
    assert (result[inside] == 77).all()


def test_shade_darkens_the_photo_and_no_thing() -> None:
    pixels = np.full((40, 50, 3), 100, np.uint8)
    layer = Layer.empty(40, 50)
    layer.dim(np.full((10, 20), 0.5, np.float32), (20, 10))
    layer.over(*square(77), (20, 10))
    result = layer.blend(pixels, PLAIN, np.random.default_rng(0))
    assert (result[10:20, 30:40] == 50).all()
    assert (result[10:20, 20:30] == 77).all()


def test_parts_are_dark_in_dark_photos_and_grey_in_grey_ones() -> None:
    white = np.full((4, 4, 3), (200, 150, 100), np.float32)
    tones = {}
    for level in (30, 200):
        photo = np.full((100, 100, 3), level, np.uint8)
        tones[level] = look_of(photo, (40, 40, 60, 60), np.random.default_rng(0)).of(white)
    assert tones[30].mean() < 0.6 * tones[200].mean()
    assert np.ptp(tones[200], axis=2).max() < 1


def test_a_heap_on_open_ground_is_boxed_and_off_other_boxes(tmp_path: Path) -> None:
    composition = ClutterOnGround(read_cutouts(write_parts(tmp_path / "parts")))
    before, made = ground_photo(), 0
    for seed in range(16):
        after = composition.compose(before, np.random.default_rng(seed))
        again = composition.compose(before, np.random.default_rng(seed))
        if after is None or again is None:
            continue
        made += 1
        assert np.array_equal(after.pixels, again.pixels)
        assert after.labels == ("bicycle_parked", "stacked_clutter")
        assert after.looked_for == before.looked_for
        difference = np.abs(after.pixels.astype(int) - before.pixels).max(axis=2)
        x_0, y_0, x_1, y_1 = (int(value) for value in after.boxes_xyxy[1])
        assert difference[y_0:y_1, x_0:x_1].max() > 30
        # A shadow may fall on what stands beside the heap, but no part of it covers that.
        brighter = after.pixels[200:240, 180:220].astype(int) - before.pixels[200:240, 180:220]
        assert brighter.max() <= 1
    assert made > 3
