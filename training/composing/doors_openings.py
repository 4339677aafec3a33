"""The openings of a photo: labelled doors, the leaves of one doorway taken together."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.training.composing.clutter_arrays import f32
from hazardlens.training.composing.obstacles_view import FloorView
from hazardlens.training.composing.scene import Box, Scene

_MIN_HEIGHT: Final = 0.2  # of the photo's height: smaller doors leave no room for things one could tell apart
_MIN_WIDTH: Final = 0.06
_DOOR_M: Final = 2.05


@dataclass(frozen=True, slots=True)
class Opening:
    """One doorway.

    Attributes:
        box: round all its leaves, pixels.
        leaves: their indices among the scene's boxes.
    """

    box: Box
    leaves: tuple[int, ...]

    def view(self, scene: Scene, rng: np.random.Generator) -> FloorView:
        """The floor before it, for a camera in somebody's hand; the eye's height cannot be seen and is drawn."""
        height = self.box[3] - self.box[1]
        width = (self.box[2] - self.box[0]) / len(self.leaves)
        # A leaf is hardly ever wider than 1.15 m: a door that the photo cuts off is told by its width.
        px_per_m = max(height / (_DOOR_M * rng.uniform(0.97, 1.06)), min(width / 1.15, height / 1.2))
        return FloorView.before(
            (scene.width_px, scene.height_px), self.box[3] - 0.004 * height, px_per_m, float(rng.uniform(1.25, 1.6))
        )


def find_openings(scene: Scene) -> list[Opening]:
    """The doorways that are large enough, in the order of their first leaf."""
    doors = [i for i, label in enumerate(scene.labels) if label == "exit_door"]
    found: list[Opening] = []
    while doors:
        leaves, rest = [doors[0]], doors[1:]
        for other in rest:
            if any(_neighbours(scene, leaf, other) for leaf in leaves):
                leaves.append(other)
        doors = [i for i in rest if i not in leaves]
        boxes = scene.boxes_xyxy[leaves]
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        opening = Opening((float(low[0]), float(low[1]), float(high[0]), float(high[1])), tuple(leaves))
        least = f32([_MIN_WIDTH * scene.width_px, _MIN_HEIGHT * scene.height_px])
        if np.all(high - low >= least):
            found.append(opening)
    return found


def _neighbours(scene: Scene, first: int, second: int) -> bool:
    a, b = scene.boxes_xyxy[first], scene.boxes_xyxy[second]
    shared = min(a[3], b[3]) - max(a[1], b[1])
    gap = max(a[0], b[0]) - min(a[2], b[2])
    return bool(shared > 0.85 * max(a[3] - a[1], b[3] - b[1]) and gap < 0.2 * min(a[2] - a[0], b[2] - b[0]))
