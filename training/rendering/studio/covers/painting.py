"""What lies on the ground but once: markings, patches, cracks, stains, puddles. Painted onto a map of the near ground."""

import math
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hazardlens.training.rendering.studio.covers.fields import Floats, clouds, step

SPAN_M: Final = 12.0
SIZE_PX: Final = 1280
Point = tuple[float, float]


class Map:
    """A map of the ground round the origin, SPAN_M wide.

    Attributes:
        colour: (SIZE_PX, SIZE_PX, 3) what was painted.
        share: (SIZE_PX, SIZE_PX) how much of it covers the ground.
        wet: (SIZE_PX, SIZE_PX) 0 dry, 1 under water.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.colour: Floats = np.zeros((SIZE_PX, SIZE_PX, 3), np.float32)
        self.share: Floats = np.zeros((SIZE_PX, SIZE_PX), np.float32)
        self.wet: Floats = np.zeros((SIZE_PX, SIZE_PX), np.float32)
        self._wear = clouds(rng, SIZE_PX, roughness=0.75)

    def lay(self, mask: Floats, colour: tuple[float, float, float], strength: float = 1.0) -> None:
        """Paint a colour where the mask is 1."""
        part = (mask * np.float32(strength)).astype(np.float32)
        total = part + self.share * (1 - part)
        weight = np.where(total > 1e-4, part / np.maximum(total, 1e-4), 0)[..., None]
        self.colour = (self.colour * (1 - weight) + np.asarray(colour, np.float32) * weight).astype(np.float32)
        self.share = total.astype(np.float32)

    def stains(self) -> None:
        """Uneven ground: darker and dustier places, tyre tracks, drops of oil."""
        rng = self.rng
        self.lay(step(clouds(rng, SIZE_PX, roughness=1.5), -0.5, 2.2), (0.12, 0.11, 0.1), float(rng.uniform(0.1, 0.5)))
        self.lay(step(clouds(rng, SIZE_PX, roughness=1.4), 0.2, 2.0), (0.56, 0.52, 0.45), float(rng.uniform(0.0, 0.45)))
        for _ in range(int(rng.integers(0, 7))):
            self.spot(tuple(rng.uniform(-4, 4, 2)), float(rng.uniform(0.03, 0.3)), (0.07, 0.065, 0.06), float(rng.uniform(0.3, 0.8)))
        for _ in range(int(rng.integers(0, 3))):
            self.stripe(tuple(rng.uniform(-4, 4, 2)), float(rng.normal(0, 0.2)), (14.0, 0.22), (0.1, 0.1, 0.1), worn=0.75)

    def stripe(self, middle_m: Point, turn_rad: float, size_m: Point, colour: tuple[float, float, float], *, worn: float) -> None:
        """A painted bar; `worn` is the share that traffic has taken off."""
        mask = self._drawn(lambda draw: draw.polygon(_corners(middle_m, turn_rad, size_m), fill=255), 0.8)
        self.lay(mask * step(self._wear, worn * 3 - 2.0, worn * 3 - 1.2), colour, 0.92)

    def patch(self, middle_m: Point, turn_rad: float, size_m: Point, tone: float) -> None:
        """Newer asphalt, sealed with tar along its edge."""
        corners = _corners(middle_m, turn_rad, size_m)
        self.lay(self._drawn(lambda draw: draw.polygon(corners, fill=255), 0.7), (tone, tone, tone), 0.75)
        if self.rng.random() < 0.6:
            width = int(self.rng.integers(2, 8))
            edge = self._drawn(lambda draw: draw.line([*corners, corners[0]], fill=255, width=width), 0.8)
            self.lay(edge * step(self._wear, -1.5, 0), (0.07, 0.07, 0.075), 0.85)

    def crack(self, start_m: Point, heading_rad: float, length_m: float, width_px: int = 1) -> None:
        """A crack that wanders and forks."""
        points = self._wander(start_m, heading_rad, length_m)
        mask = self._drawn(lambda draw: draw.line(points, fill=255, width=width_px), 0.6)
        self.lay(mask, (0.06, 0.055, 0.05), 0.9)
        if self.rng.random() < 0.5 and length_m > 0.5:
            middle = _metres(points[len(points) // 2])
            self.crack(middle, heading_rad + float(self.rng.choice([-1, 1])) * 0.9, length_m * 0.5, 1)

    def crazed(self, middle_m: Point, reach_m: float) -> None:
        """Asphalt that has broken up like a crocodile's skin round a cover."""
        for turn in np.arange(int(self.rng.integers(5, 12))) * 2.4 + self.rng.uniform(0, 6):
            reach = reach_m * float(self.rng.uniform(0.5, 0.9))
            start = (middle_m[0] + reach * math.cos(turn), middle_m[1] + reach * math.sin(turn))
            self.crack(start, float(turn + self.rng.normal(0, 0.5)), float(self.rng.uniform(0.2, 1.0)))
        for _ in range(int(self.rng.integers(1, 6))):
            turn = float(self.rng.uniform(0, 6.3))
            reach = reach_m * float(self.rng.uniform(1.0, 1.5))
            self.crack((middle_m[0] + reach * math.cos(turn), middle_m[1] + reach * math.sin(turn)), turn + 1.5, float(self.rng.uniform(0.3, 0.9)))

    def joints(self, along_m: float, across_m: float, turn_rad: float) -> None:
        """The joints between fields of concrete."""
        shift = self.rng.uniform(0, 3, 2)
        for number in range(-4, 5):
            for step_m, turn in ((along_m, turn_rad + math.pi / 2), (across_m, turn_rad)):
                reach = number * step_m + float(shift[0])
                middle = (-reach * math.sin(turn), reach * math.cos(turn))
                corners = _corners(middle, turn, (18.0, 0.012))
                self.lay(self._drawn(lambda draw, c=corners: draw.polygon(c, fill=255), 0.5), (0.2, 0.18, 0.16), 0.8)

    def spot(self, middle_m: Point, radius_m: float, colour: tuple[float, float, float], strength: float, *, sharp: bool = False) -> None:
        """A blot with an uneven edge."""
        self.lay(self._blot(middle_m, radius_m, sharp=sharp), colour, strength)

    def puddle(self, middle_m: Point, radius_m: float) -> None:
        """Standing water, with a damp edge."""
        self.wet = np.maximum(self.wet, self._blot(middle_m, radius_m, sharp=True))
        self.wet = np.maximum(self.wet, 0.55 * self._blot(middle_m, radius_m * 1.35, sharp=False))

    def rain(self, amount: float) -> None:
        """All wet, with water standing where it is low."""
        low = step(clouds(self.rng, SIZE_PX, roughness=1.5), 1.6 - 1.8 * amount, 2.0 - 1.8 * amount)
        self.wet = np.maximum(self.wet, np.maximum(np.float32(0.62 * min(amount * 2, 1)), low))

    def _blot(self, middle_m: Point, radius_m: float, *, sharp: bool) -> Floats:
        line = (np.arange(SIZE_PX, dtype=np.float32) + 0.5) / SIZE_PX * SPAN_M - SPAN_M / 2
        squash = float(self.rng.uniform(0.6, 1.0))
        away = np.hypot(line[None] - np.float32(middle_m[0]), (line[:, None] - np.float32(middle_m[1])) / np.float32(squash))
        rough = 1 + 0.13 * self._wear
        return step(1 - away / (radius_m * rough), 0.0, 0.08 if sharp else 0.5)

    def _drawn(self, stroke: object, soft_px: float) -> Floats:
        sheet = Image.new("L", (SIZE_PX, SIZE_PX))
        stroke(ImageDraw.Draw(sheet))  # type: ignore[operator]
        return np.asarray(sheet.filter(ImageFilter.GaussianBlur(soft_px)), np.float32) / np.float32(255)

    def _wander(self, start_m: Point, heading_rad: float, length_m: float) -> list[Point]:
        x, y = start_m
        points, done = [_pixels((x, y))], 0.0
        while done < length_m:
            stride = float(self.rng.uniform(0.03, 0.12))
            heading_rad += float(self.rng.normal(0, 0.35))
            x, y = x + stride * math.cos(heading_rad), y + stride * math.sin(heading_rad)
            points.append(_pixels((x, y)))
            done += stride
        return points


def _pixels(point_m: Point) -> Point:
    return ((point_m[0] / SPAN_M + 0.5) * SIZE_PX, (point_m[1] / SPAN_M + 0.5) * SIZE_PX)


def _metres(point_px: Point) -> Point:
    return ((point_px[0] / SIZE_PX - 0.5) * SPAN_M, (point_px[1] / SIZE_PX - 0.5) * SPAN_M)


def _corners(middle_m: Point, turn_rad: float, size_m: Point) -> list[Point]:
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)
    half = [(a * size_m[0] / 2, b * size_m[1] / 2) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return [_pixels((middle_m[0] + x * cos - y * sin, middle_m[1] + x * sin + y * cos)) for x, y in half]
