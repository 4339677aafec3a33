"""Heaping things so that each rests on what lies below it."""

import math
import random
from typing import Any, Final

import numpy as np
from mathutils import Matrix

CELL_M: Final = 0.01
TILT_MAX: Final = 0.75


class Heap:
    """A height map of a rectangle that things are dropped onto.

    Attributes:
        centre_m: x, y of the middle.
        half_m: half the width and half the depth.
    """

    def __init__(
        self,
        centre_m: tuple[float, float],
        half_m: tuple[float, float],
        floor_m: float,
        *,
        wall_m: float = 0.0,
        square: float = 9.0,
    ) -> None:
        """A level floor, or with `wall_m` a bowl with walls of that height and corners as those of `clay.oval`."""
        self.centre_m, self.half_m = centre_m, half_m
        rows, columns = (round(2 * half / CELL_M) + 1 for half in (half_m[1], half_m[0]))
        self._y, self._x = np.meshgrid(
            np.linspace(-half_m[1], half_m[1], rows), np.linspace(-half_m[0], half_m[0], columns), indexing="ij"
        )
        reach = (np.abs(self._x / half_m[0]) ** square + np.abs(self._y / half_m[1]) ** square) ** (1 / square)
        steep = 0.12 if square > 3 else 0.4
        self._heights = floor_m + wall_m * np.clip((reach - 1 + steep) / steep, 0, 1)

    def drop(
        self, thing: Any, rng: random.Random, *, upset: float = 0.2, at_m: tuple[float, float] | None = None
    ) -> None:
        """Lay a thing with `radius_m` and `height_m` somewhere; `upset` is how far it tilts beside the slope."""
        radius, height = float(thing["radius_m"]), float(thing["height_m"])
        x, y = self._spot(radius, rng) if at_m is None else at_m
        under = (self._x - x) ** 2 + (self._y - y) ** 2 <= radius**2
        if not under.any():
            return
        below = self._heights[under]
        slope = self._slope(under)
        tilts = [max(-TILT_MAX, min(TILT_MAX, 0.8 * part + rng.gauss(0, upset))) for part in slope]
        plane = tilts[0] * (self._x[under] - x) + tilts[1] * (self._y[under] - y)
        z = float(np.percentile(below - plane, 88))
        face_down = rng.random() < 0.12 and height > 0.03
        turn = (
            Matrix.Rotation(math.atan(-tilts[0]), 4, "Y")
            @ Matrix.Rotation(math.atan(tilts[1]), 4, "X")
            @ Matrix.Rotation(rng.uniform(0, 6.3), 4, "Z")
        )
        if face_down:
            turn = turn @ Matrix.Rotation(math.pi, 4, "X") @ Matrix.Translation((0, 0, -height))
        place = Matrix.Translation((self.centre_m[0] + x, self.centre_m[1] + y, z))
        thing.matrix_world = place @ turn @ Matrix.Diagonal((*thing.scale, 1.0))
        self._heights[under] = np.maximum(below, z + plane + 0.5 * height)

    def top_m(self, x_m: float, y_m: float) -> float:
        """Height of what lies at a point, in the scene's x and y."""
        column = round((x_m - self.centre_m[0] + self.half_m[0]) / CELL_M)
        row = round((y_m - self.centre_m[1] + self.half_m[1]) / CELL_M)
        rows, columns = self._heights.shape
        return float(self._heights[min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)])

    def _spot(self, radius_m: float, rng: random.Random) -> tuple[float, float]:
        """The lowest of a few places that leave the thing inside."""
        free = [max(half - radius_m * 0.92, 0.0) for half in self.half_m]
        spots = [(rng.uniform(-free[0], free[0]), rng.uniform(-free[1], free[1])) for _ in range(4)]
        return min(
            spots,
            key=lambda spot: float(
                np.mean(self._heights[(self._x - spot[0]) ** 2 + (self._y - spot[1]) ** 2 <= radius_m**2])
            ),
        )

    def _slope(self, under: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[float, float]:
        terms = np.stack([self._x[under], self._y[under], np.ones(int(under.sum()))], 1)
        slope = np.linalg.lstsq(terms, self._heights[under], rcond=None)[0]
        return float(slope[0]), float(slope[1])
