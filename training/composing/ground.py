"""Where a photo shows free ground, and where its horizon may be."""

from dataclasses import dataclass

import cv2
import numpy as np

from hazardlens.training.composing.arrays import Flags, Floats
from hazardlens.training.composing.scene import Scene

_GRID = 64  # cells along the longer side: enough to tell pavement from what stands on it
_DARK = 42  # lightness, 0 to 255, below which nobody could tell a hole from the night
_ODD = 2.0  # cost from which a cell shows something else
_EVEN = 1.3  # cost up to which a cell may be ground


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What was found out about the ground of a photo.

    Attributes:
        cost: (h, w) float32, on a coarse grid: how little a cell looks like even ground; infinite on boxes.
        cell_px: side of a cell.
        horizon_px: a plausible row of the horizon; negative when the camera looks down.
    """

    cost: Floats
    cell_px: float
    horizon_px: float

    def cost_of(self, x_min: float, y_min: float, x_max: float, y_max: float) -> float:
        """How little the cells under a box (pixels) look like ground, the worst of them counted twice.

        Infinite when the box leaves the photo, or lies on one of the photo's own.
        """
        cells = self._under(x_min, y_min, x_max, y_max)
        return float(0.5 * cells.max() + 0.5 * cells.mean()) if cells.size else float("inf")

    def odd_share_of(self, x_min: float, y_min: float, x_max: float, y_max: float) -> float:
        """Which share of the cells under a box does not look like ground; infinite likewise."""
        cells = self._under(x_min, y_min, x_max, y_max)
        return float((cells > _ODD).mean()) if cells.size and np.isfinite(cells.max()) else float("inf")

    def _under(self, x_min: float, y_min: float, x_max: float, y_max: float) -> Floats:
        first = int(y_min // self.cell_px), int(x_min // self.cell_px)
        last = int(y_max // self.cell_px) + 1, int(x_max // self.cell_px) + 1
        if min(first) < 0 or last[0] > self.cost.shape[0] or last[1] > self.cost.shape[1]:
            return self.cost[:0]
        return self.cost[first[0] : last[0], first[1] : last[1]]


def find_ground(scene: Scene, rng: np.random.Generator) -> Ground:
    """Judge each cell of `scene` by how much it differs from the foot of the photo, and by its texture."""
    cell = max(scene.height_px, scene.width_px) / _GRID
    size = (max(2, round(scene.width_px / cell)), max(2, round(scene.height_px / cell)))
    lab = cv2.cvtColor(cv2.resize(scene.pixels, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB)
    lab_f = np.asarray(lab, np.float32)
    foot = lab_f[int(size[1] * 0.72) :, int(size[0] * 0.1) : int(size[0] * 0.9)].reshape(-1, 3)
    usual = np.median(foot, axis=0)
    spread = np.median(np.abs(foot - usual), axis=0) * 1.5 + (9, 3, 3)
    unlike = np.sqrt((((lab_f - usual) / spread) ** 2 * (0.6, 1, 1)).mean(axis=2))
    uneven = _roughness(lab_f[..., 0]) / (8 + 0.12 * usual[0])
    green = np.clip((127 - lab_f[..., 1]) / 3, 0, 3) * (lab_f[..., 2] > 130) * np.clip(uneven, 0, 1.5)  # plants
    height_share = np.arange(size[1], dtype=np.float32)[:, None] / size[1]
    high_up = 2.5 * np.clip(0.6 - height_share, 0, None)
    even = np.asarray(0.35 * unlike + 0.5 * uneven + 0.5 * green, np.float32)
    even += 4 * (np.abs(lab_f[..., 1:] - usual[1:]).max(axis=2) > 14)  # painted metal, plants, cloth
    even += 4 * (lab_f[..., 0] < _DARK)
    cost = _without_boxes(np.asarray(even + high_up, np.float32), scene, cell)
    reached = _reached(cost, cv2.Canny(cv2.GaussianBlur(lab[..., 0], (3, 3), 0), 40, 90) > 0)
    cost[~reached] += 2.5
    return Ground(cost, cell, _horizon(reached, even, cell, scene.height_px, rng))


def _reached(cost: Floats, edges: Flags) -> Flags:
    """Cells to which an even way leads up from the foot of the photo: a wall begins with an edge or behind a box."""
    even = (cost < _EVEN) & ~edges
    reached = np.zeros_like(even)
    reached[-3:] = even[-3:]
    for row in range(len(even) - 4, -1, -1):
        below = reached[row + 1]
        beside = below.copy()
        beside[1:] |= below[:-1]
        beside[:-1] |= below[1:]
        reached[row] = beside & even[row]
    return np.asarray(cv2.morphologyEx(reached.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0)


def _roughness(lightness: Floats) -> Floats:
    mean = cv2.blur(lightness, (3, 3))
    return np.asarray(np.sqrt(np.maximum(cv2.blur(lightness * lightness, (3, 3)) - mean * mean, 0)), np.float32)


def _without_boxes(cost: Floats, scene: Scene, cell: float) -> Floats:
    taken = cost.copy()
    for x_min, y_min, x_max, y_max in scene.boxes_xyxy / cell:
        taken[int(y_min) : int(y_max) + 1, int(x_min) : int(x_max) + 1] = np.inf
    return taken


def _horizon(reached: Flags, even: Floats, cell: float, height_px: int, rng: np.random.Generator) -> float:
    if (even < _EVEN).mean() > 0.85 and even[: len(even) // 4].mean() < 0.9:  # nothing but ground: looking down
        return float(-rng.uniform(0.15, 1.6) * height_px)
    rows = np.flatnonzero(reached.mean(axis=1) > 0.12)
    end_px = rows.min() * cell if rows.size else 0.6 * height_px
    return float(np.clip(end_px - rng.uniform(0.05, 0.22) * height_px, 0.05 * height_px, 0.48 * height_px))
