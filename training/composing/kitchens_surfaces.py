"""Counters, sinks, hobs, floors and tiles of real kitchens, as people marked them: nothing else tells reliably."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.scene import Box, Scene

_MODULE_M: Final = 0.6  # kitchens are built in modules of this width
_EYE_OVER_M: Final = {"floor": 1.5}
_EYE_OVER_COUNTER_M: Final = 0.62
_FOCAL: Final = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A flat place in a photo.

    Attributes:
        kind: `counter`, `sink`, `hob`, `floor` or `wall`.
        corners: (N, 2) float32, pixels.
        px_per_m: at its middle.
        focal_px: of the photo.
    """

    kind: str
    corners: Floats
    px_per_m: float
    focal_px: float

    @property
    def middle(self) -> tuple[float, float]:
        """The mean of its corners, pixels."""
        mean = self.corners.mean(axis=0)
        return float(mean[0]), float(mean[1])

    @property
    def box(self) -> Box:
        """The box round it, pixels."""
        low, high = self.corners.min(axis=0), self.corners.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def _over_px(self, row_px: float) -> float:
        # How far the horizon is above a row: a level plane grows in proportion to that.
        eye = _EYE_OVER_M.get(self.kind, _EYE_OVER_COUNTER_M)
        return max(eye * self.px_per_m + row_px - self.middle[1], 0.3 * eye * self.px_per_m)

    def scale(self, row_px: float) -> float:
        """Pixels per metre at a row."""
        if self.kind == "wall":
            return self.px_per_m
        return self.px_per_m * self._over_px(row_px) / self._over_px(self.middle[1])

    def flatness(self, row_px: float) -> float:
        """Height of a circle that lies there, as a share of its width."""
        if self.kind == "wall":
            return 1.0
        over = self._over_px(row_px)
        return float(np.clip(over / np.hypot(over, self.focal_px), 0.16, 0.8))

    def mask(self, shape_hw: tuple[int, int]) -> Floats:
        """(H, W) float32: 1 on it."""
        mask = np.zeros(shape_hw, np.uint8)
        cv2.fillPoly(mask, [np.round(self.corners).astype(np.int32)], 255)
        return f32(mask) / f32(255)

    def points(self, count: int, rng: np.random.Generator, *, crowd: float = 0.0) -> Floats:
        """(count, 2) float32: places on it in pixels, from far to near.

        Args:
            count: how many.
            rng: where.
            crowd: 0 spreads them over the whole surface, 1 puts all on one spot.
        """
        middle, heart = f32(self.middle), self._one(rng)
        found = np.stack([self._one(rng) * (1 - crowd) + heart * crowd for _ in range(count)])
        found = middle + (found - middle) * f32(0.92)
        return f32(found[np.argsort(found[:, 1])])

    def _one(self, rng: np.random.Generator) -> Floats:
        # A point of a triangle of the fan; the fan's triangles are weighed by their area.
        apex, first, second = self.corners[0], self.corners[1:-1], self.corners[2:]
        sides = np.stack([first - apex, second - apex])
        areas = np.abs(sides[0, :, 0] * sides[1, :, 1] - sides[0, :, 1] * sides[1, :, 0])
        number = int(rng.choice(len(areas), p=areas / areas.sum()))
        u, v = np.sort(rng.random(2))
        return f32(apex + u * (first[number] - apex) + (v - u) * (second[number] - apex))


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: str
    module: float
    corners: tuple[float, ...]


@lru_cache(maxsize=1)
def marked() -> dict[str, tuple[_Mark, ...]]:
    """What was marked, by photo: fractions of its width and height."""
    text = resources.files("hazardlens.training.composing").joinpath("kitchen_surfaces.csv").read_text("utf-8")
    found: dict[str, tuple[_Mark, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        corners = tuple(float(value) / 100 for value in row["corners_percent"].split())
        mark = _Mark(row["surface"], float(row["module_percent"]) / 100, corners)
        found[row["photo"]] = (*found.get(row["photo"], ()), mark)
    return found


def surfaces_of(scene: Scene) -> list[Surface]:
    """The marked surfaces of a scene that is a whole photo; none where nobody marked any."""
    size = f32([scene.width_px, scene.height_px])
    focal_px = _FOCAL * max(scene.width_px, scene.height_px)
    return [
        Surface(mark.kind, f32(mark.corners).reshape(-1, 2) * size, mark.module * scene.width_px / _MODULE_M, focal_px)
        for mark in marked().get(scene.photo, ())
    ]


def zoomed(scene: Scene, surface: Surface, factor: float, rng: np.random.Generator) -> tuple[Scene, Surface]:
    """The part of an unlabelled scene round a surface, enlarged to the scene's size, as from a camera that came closer.

    Args:
        scene: without boxes.
        surface: what must stay in view.
        factor: how much larger, at least 1.
        rng: where in the picture the surface ends up.
    """
    width, height = scene.width_px, scene.height_px
    crop = max(2, round(width / factor)), max(2, round(height / factor))
    x, y = (
        int(np.clip(at - size * rng.uniform(0.35, 0.65), 0, whole - size))
        for at, size, whole in zip(surface.middle, crop, (width, height), strict=True)
    )
    part = scene.pixels[y : y + crop[1], x : x + crop[0]]
    enlarged = np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    ratio = f32([width / crop[0], height / crop[1]])
    corners = (surface.corners - f32([x, y])) * ratio
    closer = Surface(surface.kind, f32(corners), surface.px_per_m * float(ratio[0]), surface.focal_px * float(ratio[0]))
    return Scene(enlarged, scene.boxes_xyxy, scene.labels, scene.looked_for), closer
