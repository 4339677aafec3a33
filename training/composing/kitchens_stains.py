"""Dirt that lies flat on a surface: grease, splashes, drips, mould, puddles and crumbs, drawn into the photo itself."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.dishes import FOOD
from hazardlens.training.composing.kitchens_surfaces import Surface
from hazardlens.training.composing.noise import noise_at
from hazardlens.training.composing.scene import Box, Pixels

KINDS: Final = {
    "counter": ("splashes", "puddle", "crumbs", "grease", "splashes"),
    "sink": ("scum", "splashes", "water", "water"),
    "hob": ("grease", "burnt", "splashes", "grease", "burnt"),
    "floor": ("puddle", "crumbs", "splashes", "footprints"),
    "wall": ("drips", "mould", "grease", "splashes"),
}
_SEEN: Final = 0.22


@dataclass(frozen=True, slots=True)
class _Film:
    """A patch of dirt: its reach in metres, how dense it is, how much and how finely that varies, and its colour."""

    radius_m: float
    base: float
    rough: float
    fine: float
    colour: tuple[int, int, int]
    spotted: bool = False


_FILMS: Final = {
    "puddle": _Film(0.3, 0.6, 0.0, 1.0, (78, 58, 36)),
    "grease": _Film(0.6, 0.45, 0.3, 0.9, (105, 72, 28), spotted=True),
    "burnt": _Film(0.3, 0.85, 0.0, 1.0, (32, 24, 18)),
    "scum": _Film(0.55, 0.3, 0.5, 2.2, (84, 76, 52)),
    "water": _Film(0.9, 0.78, 0.0, 1.0, (128, 116, 88)),
    "mould": _Film(0.5, -0.35, 1.3, 5.0, (34, 40, 30)),
    "footprints": _Film(0.5, 0.1, 0.5, 1.6, (74, 66, 56)),
}


def stain(pixels: Pixels, surface: Surface, kind: str, rng: np.random.Generator) -> tuple[Pixels, Box | None]:
    """Dirty a surface of a photo.

    Args:
        pixels: (H, W, 3) uint8 RGB; not changed.
        surface: what gets dirty; nothing beyond its corners is touched.
        kind: one of `KINDS` of the surface.
        rng: where and how.

    Returns:
        The photo, and the box round the dirt that one can see, or None when there is hardly any.
    """
    height, width = pixels.shape[:2]
    low = np.maximum(np.floor(surface.corners.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(surface.corners.max(axis=0)).astype(int) + 1, (width, height))
    if np.any(high - low < 6):
        return pixels, None
    place = (slice(low[1], high[1]), slice(low[0], high[0]))
    within = _faded(surface.mask((height, width))[place])
    x, y = _on_surface(surface, low, high)
    cover, tint = _pattern(kind, x, y, rng)
    cover = f32(cover * within)
    before = f32(pixels[place])
    # Dirt is lit like what it lies on, and lets some of it through.
    lit = np.clip(cv2.blur(before, (9, 9)).mean(axis=2, keepdims=True) / 165, 0.12, 1.25)
    after = before + (tint * lit - before) * cover[..., None]
    result = pixels.copy()
    changed = cover > 1e-3
    result[place] = np.where(changed[..., None], np.clip(after + 0.5, 0, 255).astype(np.uint8), pixels[place])
    visible = (cover > _SEEN) & (np.abs(after - before).max(axis=2) > 14)
    return result, _box(visible, low)


def _faded(within: Floats) -> Floats:
    # Dirt thins out towards the edges of a surface: it is hardly ever cut off along a straight line.
    side = max(3, int(0.3 * min(within.shape))) | 1
    padded = cv2.copyMakeBorder(within, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    soft = cv2.blur(padded, (side, side), borderType=cv2.BORDER_CONSTANT)[1:-1, 1:-1]
    return f32(within * np.clip((soft - 0.4) * 3, 0, 1))


def _on_surface(surface: Surface, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    # Metres along and into the surface, so that blots lie flat in perspective.
    columns, rows = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    middle = surface.middle
    flat = surface.flatness(middle[1])
    x = (columns - middle[0]) / surface.px_per_m
    y = (rows - middle[1]) / (surface.px_per_m * flat)
    return f32(x), f32(y)


def _pattern(kind: str, x: Floats, y: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """How much of each pixel is covered, and the colour of the dirt in daylight."""
    if kind == "splashes":
        return _blots(x, y, rng, count=int(rng.integers(8, 40)), size_m=0.011), _food(rng)
    if kind == "crumbs":
        return _blots(x, y, rng, count=int(rng.integers(30, 90)), size_m=0.006), _food(rng)
    if kind == "drips":
        return _drips(x, y, rng), f32([110, 66, 24]) * f32(rng.uniform(0.6, 1.2))
    film = _FILMS[kind]
    cover = _patch(x, y, rng, film.radius_m)
    if film.rough:
        cover = f32(cover * np.clip(noise_at(x, y, rng, scale=film.fine) * film.rough + film.base, 0, 0.9))
    else:
        cover = f32(cover * film.base)
    if film.spotted:
        cover = np.maximum(cover, _blots(x, y, rng, count=25, size_m=0.008) * f32(0.8))
    return cover, f32(film.colour) * f32(rng.uniform(0.7, 1.3))


def _food(rng: np.random.Generator) -> Floats:
    return f32(FOOD[int(rng.integers(0, len(FOOD)))]) * f32(rng.uniform(0.6, 1.0))


def _heart(x: Floats, y: Floats, rng: np.random.Generator) -> tuple[float, float]:
    return (
        float(np.quantile(x[0], rng.uniform(0.25, 0.75))),
        float(np.quantile(y[:, 0], rng.uniform(0.3, 0.7))),
    )


def _patch(x: Floats, y: Floats, rng: np.random.Generator, radius_m: float) -> Floats:
    at_x, at_y = _heart(x, y, rng)
    radius = radius_m * rng.uniform(0.6, 1.3)
    away = np.sqrt((x - at_x) ** 2 + (y - at_y) ** 2) / radius
    return f32(np.clip((1 + 0.45 * noise_at(x, y, rng, scale=0.9) - away) * 3, 0, 1))


def _blots(x: Floats, y: Floats, rng: np.random.Generator, *, count: int, size_m: float) -> Floats:
    # Drawn as ellipses at 8 times a pixel's accuracy; most lie round one heart.
    mask = np.zeros(x.shape, np.uint8)
    step_x = float(x[0, 1] - x[0, 0])
    step_y = float(y[1, 0] - y[0, 0])
    at_x, at_y = _heart(x, y, rng)
    spread = rng.uniform(0.12, 0.4)
    for _ in range(count):
        u, v = at_x + rng.normal(0, spread), at_y + rng.normal(0, spread * 0.7)
        radius = size_m * float(rng.lognormal(-0.2, 0.75))
        centre = (round((u - float(x[0, 0])) / step_x * 8), round((v - float(y[0, 0])) / step_y * 8))
        axes = (max(3, round(radius / step_x * 8)), max(3, round(radius / step_y * 8)))
        if min(centre) > -4000 and max(centre) < 16000:
            cv2.ellipse(mask, centre, axes, float(rng.uniform(-20, 20)), 0, 360, int(rng.integers(120, 240)), -1,
                        cv2.LINE_AA, 3)  # fmt: skip
    # No drop is an ellipse: a ragged edge, thinner here and thicker there.
    ragged = np.clip(0.75 + 0.35 * noise_at(x, y, rng, scale=6.0), 0.1, 1)
    return f32(cv2.blur(mask, (3, 3)) / f32(255) * ragged)


def _drips(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    columns = f32(x[0])
    lengths = noise_at(columns[None] * 9, np.zeros_like(columns[None]), rng, scale=1.0)[0]
    top = float(np.quantile(y[:, 0], rng.uniform(0, 0.3)))
    span = float(y[-1, 0] - y[0, 0])
    reach = np.clip(lengths * 0.3 + 0.25, 0, 1) * span
    run = np.clip(1 - (y - top) / np.maximum(reach, 1e-3)[None], 0, 1) * (y >= top)
    return f32(np.clip(run * 1.6, 0, 0.55) * np.clip((lengths - 0.5) * 3, 0, 1)[None] * _patch(x, y, rng, 0.6))


def _box(visible: Floats, low: Floats) -> Box | None:
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    if visible.sum() < 30 or rows.size < 3 or columns.size < 3:
        return None
    x, y = int(low[0]), int(low[1])
    return float(columns[0] + x), float(rows[0] + y), float(columns[-1] + 1 + x), float(rows[-1] + 1 + y)
