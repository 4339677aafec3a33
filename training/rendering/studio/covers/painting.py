"""What lies on the ground but once, painted onto a map: markings, patches, cracks, stains, puddles."""

import math
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hazardlens.training.rendering.studio.covers.fields import Floats, clouds, step

SPAN_M: Final = 12.0
SIZE_PX: Final = 1024
Point = tuple[float, float]
Corner = tuple[int, int]


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
        self._wear = broad(rng, roughness=0.75)

    def lay(self, mask: Floats, colour: tuple[float, float, float], strength: float = 1.0, at: Corner = (0, 0)) -> None:
        """Paint a colour where the mask is 1; `at` is the row and column of the map where the mask begins."""
        window = np.s_[at[0] : at[0] + mask.shape[0], at[1] : at[1] + mask.shape[1]]
        part = mask * np.float32(strength)
        total = part + self.share[window] * (1 - part)
        weight = (part / np.maximum(total, np.float32(1e-4)))[..., None]
        below = self.colour[window]
        below += (np.asarray(colour, np.float32) - below) * weight
        self.share[window] = total

    def stains(self) -> None:
        """Uneven ground: darker and dustier places, tyre tracks, drops of oil."""
        rng = self.rng
        self.lay(step(broad(rng, roughness=1.5), -0.5, 2.2), (0.12, 0.11, 0.1), float(rng.uniform(0.1, 0.5)))
        self.lay(step(broad(rng, roughness=1.4), 0.2, 2.0), (0.56, 0.52, 0.45), float(rng.uniform(0.0, 0.45)))
        for _ in range(int(rng.integers(0, 7))):
            self.spot(
                tuple(rng.uniform(-4, 4, 2)),
                float(rng.uniform(0.03, 0.3)),
                (0.07, 0.065, 0.06),
                float(rng.uniform(0.3, 0.8)),
            )
        for _ in range(int(rng.integers(0, 3))):
            self.stripe(
                tuple(rng.uniform(-4, 4, 2)), float(rng.normal(0, 0.2)), (14.0, 0.22), (0.1, 0.1, 0.1), worn=0.75
            )

    def stripe(
        self, middle_m: Point, turn_rad: float, size_m: Point, colour: tuple[float, float, float], *, worn: float
    ) -> None:
        """A painted bar; `worn` is the share that traffic has taken off."""
        mask, at = self._draw(_corners(middle_m, turn_rad, size_m), 0.8)
        self.lay(self._worn(mask, at, worn * 3 - 2.0, worn * 3 - 1.2), colour, 0.92, at)

    def patch(self, middle_m: Point, turn_rad: float, size_m: Point, tone: float) -> None:
        """Newer asphalt, sealed with tar along its edge."""
        corners = _corners(middle_m, turn_rad, size_m)
        mask, at = self._draw(corners, 0.7)
        self.lay(mask, (tone, tone, tone), 0.75, at)
        if self.rng.random() < 0.6:
            width = int(self.rng.integers(2, 8))
            edge, at = self._draw([*corners, corners[0]], 0.8, width)
            self.lay(self._worn(edge, at, -1.5, 0), (0.07, 0.07, 0.075), 0.85, at)

    def crack(self, start_m: Point, heading_rad: float, length_m: float, width_px: int = 1) -> None:
        """A crack that wanders and forks."""
        points = self._wander(start_m, heading_rad, length_m)
        mask, at = self._draw(points, 0.6, width_px)
        self.lay(mask, (0.06, 0.055, 0.05), 0.9, at)
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
            self.crack(
                (middle_m[0] + reach * math.cos(turn), middle_m[1] + reach * math.sin(turn)),
                turn + 1.5,
                float(self.rng.uniform(0.3, 0.9)),
            )

    def joints(self, along_m: float, across_m: float, turn_rad: float) -> None:
        """The joints between fields of concrete."""
        shift = self.rng.uniform(0, 3, 2)
        for number in range(-4, 5):
            for step_m, turn in ((along_m, turn_rad + math.pi / 2), (across_m, turn_rad)):
                reach = number * step_m + float(shift[0])
                middle = (-reach * math.sin(turn), reach * math.cos(turn))
                mask, at = self._draw(_corners(middle, turn, (18.0, 0.012)), 0.5)
                self.lay(mask, (0.2, 0.18, 0.16), 0.8, at)

    def spot(
        self,
        middle_m: Point,
        radius_m: float,
        colour: tuple[float, float, float],
        strength: float,
        *,
        sharp: bool = False,
    ) -> None:
        """A blot with an uneven edge."""
        mask, at = self._blot(middle_m, radius_m, sharp=sharp)
        self.lay(mask, colour, strength, at)

    def puddle(self, middle_m: Point, radius_m: float) -> None:
        """Standing water, with a damp edge."""
        for reach, level, sharp in ((radius_m, 1.0, True), (radius_m * 1.35, 0.55, False)):
            mask, (top, left) = self._blot(middle_m, reach, sharp=sharp)
            window = np.s_[top : top + mask.shape[0], left : left + mask.shape[1]]
            self.wet[window] = np.maximum(self.wet[window], np.float32(level) * mask)

    def rain(self, amount: float) -> None:
        """All wet, with water standing where it is low."""
        low = step(broad(self.rng, roughness=1.5), 1.6 - 1.8 * amount, 2.0 - 1.8 * amount)
        self.wet = np.maximum(self.wet, np.maximum(np.float32(0.62 * min(amount * 2, 1)), low))

    def _blot(self, middle_m: Point, radius_m: float, *, sharp: bool) -> tuple[Floats, Corner]:
        reach = radius_m * 1.6
        low, high = (
            _pixels((middle_m[0] - reach, middle_m[1] - reach)),
            _pixels((middle_m[0] + reach, middle_m[1] + reach)),
        )
        (left, top), (right, bottom) = ((int(np.clip(v, 0, SIZE_PX)) for v in corner) for corner in (low, high))
        line = (np.arange(SIZE_PX, dtype=np.float32) + 0.5) / SIZE_PX * SPAN_M - SPAN_M / 2
        squash = float(self.rng.uniform(0.6, 1.0))
        away = np.hypot(line[None, left:right] - middle_m[0], (line[top:bottom, None] - middle_m[1]) / squash)
        rough = radius_m * (1 + 0.13 * self._wear[top:bottom, left:right])
        return step(np.asarray(1 - away / rough, np.float32), 0.0, 0.08 if sharp else 0.5), (top, left)

    def _draw(self, points: list[Point], soft_px: float, width_px: int = 0) -> tuple[Floats, Corner]:
        """A filled polygon, or a line of that width, and the corner of its window."""
        margin = width_px + 4
        spots = np.array(points)
        left, top = np.clip(np.floor(spots.min(axis=0)) - margin, 0, SIZE_PX).astype(int)
        right, bottom = np.clip(np.ceil(spots.max(axis=0)) + margin, 0, SIZE_PX).astype(int)
        if right <= left or bottom <= top:
            return np.zeros((0, 0), np.float32), (0, 0)
        sheet = Image.new("L", (int(right - left), int(bottom - top)))
        moved = [(x - left, y - top) for x, y in points]
        draw = ImageDraw.Draw(sheet)
        draw.line(moved, fill=255, width=width_px) if width_px else draw.polygon(moved, fill=255)
        soft = sheet.filter(ImageFilter.GaussianBlur(soft_px))
        return np.asarray(soft, np.float32) / np.float32(255), (int(top), int(left))

    def _worn(self, mask: Floats, at: Corner, low: float, high: float) -> Floats:
        """The mask, less what traffic has taken off."""
        part = self._wear[at[0] : at[0] + mask.shape[0], at[1] : at[1] + mask.shape[1]]
        return np.asarray(mask * step(part, low, high), np.float32)

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


def broad(rng: np.random.Generator, *, roughness: float) -> Floats:
    """Clouds as large as the map, from fewer points."""
    field = Image.fromarray(clouds(rng, SIZE_PX // 2, roughness=roughness))
    return np.array(field.resize((SIZE_PX, SIZE_PX), Image.Resampling.BILINEAR), np.float32)


def _pixels(point_m: Point) -> Point:
    return ((point_m[0] / SPAN_M + 0.5) * SIZE_PX, (point_m[1] / SPAN_M + 0.5) * SIZE_PX)


def _metres(point_px: Point) -> Point:
    return ((point_px[0] / SIZE_PX - 0.5) * SPAN_M, (point_px[1] / SIZE_PX - 0.5) * SPAN_M)


def _corners(middle_m: Point, turn_rad: float, size_m: Point) -> list[Point]:
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)
    half = [(a * size_m[0] / 2, b * size_m[1] / 2) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return [_pixels((middle_m[0] + x * cos - y * sin, middle_m[1] + x * sin + y * cos)) for x, y in half]
