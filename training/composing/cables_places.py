"""Where cables can be fixed in a photo: at edges of poles, roofs and walls, or beyond the frame; never in the sky."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hazardlens.training.composing.arrays import Flags, Floats, vector
from hazardlens.training.composing.ground import Ground, find_ground
from hazardlens.training.composing.scene import Scene

_GRID = 96
_GROUND = 0.9  # cost up to which a cell is rather ground
_LEAST_SKY = 120  # lightness, 0 to 255


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a photo offers to cables.

    Attributes:
        scene: the photo.
        ground: its ground.
        edges: (h, w) on a coarse grid, how strong the edges are there.
        sky: (h, w) whether a cell is sky.
        cell_px: side of a cell.
    """

    scene: Scene
    ground: Ground
    edges: Floats
    sky: Flags
    cell_px: float

    def is_sky(self, point: npt.NDArray[np.floating]) -> bool:
        """Whether a pixel shows the sky; what lies beyond the frame counts as its nearest pixel."""
        row, column = self._cell(point)
        return bool(self.sky[row, column])

    def is_wall(self, point: npt.NDArray[np.floating]) -> bool:
        """Whether a pixel may show a wall or a pole: no sky, nothing labelled, and not low in the photo."""
        low, high = self.scene.boxes_xyxy[:, :2], self.scene.boxes_xyxy[:, 2:]
        boxed = bool(np.any(np.all((point >= low) & (point <= high), axis=1)))
        x, y = float(point[0]), float(point[1])
        ground = self.ground.cost_of(max(x - 1, 0), max(y - 1, 0), x + 1, y + 1) < _GROUND
        return not boxed and not ground and not self.is_sky(point) and y < 0.6 * self.scene.height_px

    def fixing(self, rng: np.random.Generator, x: tuple[float, float], y: tuple[float, float]) -> Floats:
        """A pixel where something stands out that a cable may be fixed to, in these fractions of width and height."""
        best, best_edge = self.point(rng, x, y), -1.0
        for _ in range(14):
            point = self.point(rng, x, y)
            row, column = self._cell(point)
            edge = float(self.edges[row, column]) * (0.15 if self.sky[row, column] else 1.0)
            if edge > best_edge:
                best, best_edge = point, edge
        return best

    def point(self, rng: np.random.Generator, x: tuple[float, float], y: tuple[float, float]) -> Floats:
        """Any pixel in these fractions of width and height."""
        return vector([rng.uniform(*x) * self.scene.width_px, rng.uniform(*y) * self.scene.height_px])

    def _cell(self, point: npt.NDArray[np.floating]) -> tuple[int, int]:
        rows, columns = self.sky.shape
        row, column = int(point[1] // self.cell_px), int(point[0] // self.cell_px)
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)


def look(scene: Scene, rng: np.random.Generator) -> Sight:
    """Find ground, sky and edges of a photo."""
    cell = max(scene.width_px, scene.height_px) / _GRID
    size = (max(2, round(scene.width_px / cell)), max(2, round(scene.height_px / cell)))
    small = cv2.resize(scene.pixels, size, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)) + 0.5 * np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    even = (edges < 45) & (grey > max(_LEAST_SKY, float(np.median(grey))))
    even &= small[..., 2].astype(np.int16) + 8 >= small[..., 0]  # blue or grey, not sunlit brick
    return Sight(scene, find_ground(scene, rng), np.asarray(edges, np.float32), _from_top(even), cell)


def _from_top(even: Flags) -> Flags:
    sky = np.zeros_like(even)
    sky[0] = even[0]
    for row in range(1, len(even)):
        sky[row] = sky[row - 1] & even[row]
    # A facade may be as even and bright, but then the photo has no broad strip of it.
    return sky if sky[: len(sky) // 5].mean() > 0.25 else np.zeros_like(sky)
