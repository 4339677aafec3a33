"""The floor before a wall in metres and pixels, drawn boxes, and cut-outs at a size."""

from pathlib import Path

import numpy as np
import pytest

from hazardlens.training.composing import obstacles_faces as faces
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.obstacles_cutouts import read_cutouts
from hazardlens.training.composing.obstacles_drawn import Block, draw_bars, draw_block, ladder
from hazardlens.training.composing.obstacles_view import FloorView
from support.composing_parts import write_parts

VIEW = FloorView.before((400, 300), 220.0, 60.0, 1.5)


def test_the_floor_meets_the_wall_where_it_was_said() -> None:
    foot, door_top = VIEW.project(np.array([[0, 0, 0], [0, 0, 2]], np.float32))
    assert foot == pytest.approx([200, 220])
    assert door_top == pytest.approx([200, 220 - 2 * 60])
    assert VIEW.at_wall(260) == pytest.approx(1.0)


def test_what_is_nearer_is_larger_and_lower() -> None:
    far, near = (VIEW.project(np.array([[0.5, y, 0]], np.float32))[0] for y in (0.1, 1.0))
    assert near[1] > far[1]
    assert near[0] > far[0]
    assert VIEW.scale(1.0) > VIEW.scale(0.1)


@pytest.mark.parametrize(
    "face",
    [faces.carton, faces.cabinet, faces.appliance, faces.crate, faces.mattress, faces.wheelie_bin, faces.planks],
)
def test_a_box_covers_what_its_corners_say(face: object) -> None:
    assert callable(face)
    rng, layer = np.random.default_rng(0), Layer.empty(300, 400)
    number = draw_block(layer, VIEW, Block((0, 0.4, 0), (0.8, 0.4, 0.6), 0.0), face(rng), rng)
    box = layer.box_of({number})
    corners = [[x, y, z] for x in (-0.4, 0.4) for y in (0.2, 0.6) for z in (0, 0.6)]
    seen = VIEW.project(np.array(corners, np.float32))
    assert box == pytest.approx([*seen.min(axis=0), *seen.max(axis=0)], abs=2.5)
    assert layer.colour.max() <= 330
    assert layer.colour[layer.alpha > 0.5].mean() > 15


def test_a_ladder_is_as_high_as_it_was_said() -> None:
    layer = Layer.empty(300, 400)
    number = draw_bars(layer, VIEW, ladder((0.0, 0.6), 0.4, 2.0), (180.0, 180.0, 180.0))
    box = layer.box_of({number})
    top = VIEW.project(np.array([[0, 0.2, 2.0]], np.float32))[0, 1]
    assert box is not None
    assert box[1] == pytest.approx(top, abs=5)


def test_cutouts_stand_on_their_foot_and_are_shrunk_once(tmp_path: Path) -> None:
    cutouts = read_cutouts(write_parts(tmp_path / "parts"))
    assert cutouts.kinds() == ("bicycle", "chair", "trash bag")
    layer = Layer.empty(300, 400)
    number = cutouts.draw(layer, VIEW, "chair", (0.3, 0.5, 0.0), np.random.default_rng(0))
    box = layer.box_of({number})
    foot = VIEW.project(np.array([[0.3, 0.5, 0]], np.float32))[0]
    assert box is not None
    assert box[3] == pytest.approx(foot[1], abs=5)
    assert (box[0] + box[2]) / 2 == pytest.approx(foot[0], abs=3)
    assert 0.6 < (box[3] - box[1]) / VIEW.scale(0.5) < 1.1
    assert cutouts.sized("chair", 0, 50.0) is cutouts.sized("chair", 0, 51.0)
