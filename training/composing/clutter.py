"""Heaps on real pavements and floors, away from doors: `stacked_clutter`, and nothing else."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.training.composing.clutter_heaps import HEAP, Stage, draw_all, heap
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.clutter_look import look_of
from hazardlens.training.composing.ground import Ground, find_ground
from hazardlens.training.composing.obstacles_cutouts import Cutouts
from hazardlens.training.composing.obstacles_view import FloorView
from hazardlens.training.composing.scene import Scene
from hazardlens.training.data.records import PhotoRecord

_TRIES: Final = 12
_EVEN: Final = 1.1  # cost up to which a place looks like ground
_PX_PER_M: Final = (0.1, 0.5)  # of the photo's long side


@dataclass(frozen=True, slots=True, eq=False)
class ClutterOnGround:
    """A heap on free ground of a photo on which heaps were looked for and not found."""

    cutouts: Cutouts
    name: str = "clutter-on-ground"

    def suits(self, record: PhotoRecord) -> bool:
        """No heap, and no exit that one could block. Photos of exit signs look up, where no ground is."""
        known = {HEAP, "blocked_exit"} <= record.looked_for
        return known and not {HEAP, "blocked_exit", "exit_door", "exit_sign"} & set(record.labels)

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Put a heap where the ground looks even."""
        ground = find_ground(scene, rng)
        # Where the ground's end is out of view, an even wall may pass for it.
        place = _place(scene, ground, rng) if ground.horizon_px > 0 else None
        if place is None:
            return None
        view, x_m, width_m = place
        stage = Stage(Layer.empty(scene.height_px, scene.width_px), view, self.cutouts, rng)
        things = heap(stage, (x_m - width_m / 2, x_m + width_m / 2), float(rng.uniform(0.3, 0.9)), width_m * 0.7)
        labels = draw_all(stage, things)
        box = stage.layer.box_of({number for number, label in labels.items() if label == HEAP})
        others = [tuple(float(value) for value in other) for other in scene.boxes_xyxy]
        if box is None or any(stage.layer.covers((a, b, c, d)) > 0 for a, b, c, d in others):
            return None
        pixels = stage.layer.blend(scene.pixels, look_of(scene.pixels, box, rng), rng)
        return scene.with_part(pixels, HEAP, box)


def _place(scene: Scene, ground: Ground, rng: np.random.Generator) -> tuple[FloorView, float, float] | None:
    size_wh = (scene.width_px, scene.height_px)
    eye_m = float(rng.uniform(1.3, 1.6))
    for _ in range(_TRIES):
        row = float(rng.uniform(0.45, 0.9)) * scene.height_px
        px_per_m = (row - ground.horizon_px) / eye_m
        if not _PX_PER_M[0] < px_per_m / max(size_wh) < _PX_PER_M[1]:
            continue
        width_m = float(rng.uniform(0.7, 2.2))
        half_px, deep_px = width_m * px_per_m / 2, 0.45 * px_per_m
        column = float(rng.uniform(0.15, 0.85)) * scene.width_px
        if ground.cost_of(column - half_px, row - 0.1 * deep_px, column + half_px, row + deep_px) < _EVEN:
            view = FloorView.before(size_wh, row, px_per_m, eye_m)
            return view, view.at_wall(column), width_m
    return None
