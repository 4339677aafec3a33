"""Pictures drawn in memory, as images of Blender: what is printed on cartons, signs and notices."""

import random
from typing import Any, Final

import bpy
import numpy as np
from PIL import Image, ImageDraw, ImageFont

Ink = tuple[int, int, int]
Box = tuple[float, float, float, float]
Strokes = tuple[tuple[tuple[float, float], ...], ...]

_AN: Final[Strokes] = (
    ((0.5, 0.0), (0.5, 0.13)),
    ((0.1, 0.32), (0.1, 0.15), (0.9, 0.15), (0.9, 0.32)),
    ((0.45, 0.25), (0.25, 0.68), (0.85, 0.98)),
    ((0.72, 0.45), (0.5, 0.8), (0.12, 0.98)),
    ((0.06, 0.45), (0.94, 0.45)),
)
_QUAN: Final[Strokes] = (
    ((0.05, 0.42), (0.5, 0.02), (0.95, 0.42)),
    ((0.24, 0.48), (0.76, 0.48)),
    ((0.26, 0.7), (0.74, 0.7)),
    ((0.1, 0.95), (0.9, 0.95)),
    ((0.5, 0.48), (0.5, 0.95)),
)
_CHU: Final[Strokes] = (
    ((0.5, 0.0), (0.5, 0.95)),
    ((0.16, 0.12), (0.16, 0.45), (0.84, 0.45), (0.84, 0.12)),
    ((0.06, 0.58), (0.06, 0.95), (0.94, 0.95), (0.94, 0.58)),
)
_KOU: Final[Strokes] = (((0.12, 0.14), (0.88, 0.14), (0.88, 0.92), (0.12, 0.92), (0.12, 0.14)),)
_TONG: Final[Strokes] = (
    ((0.08, 0.1), (0.2, 0.22)),
    ((0.04, 0.4), (0.2, 0.4), (0.16, 0.8), (0.04, 0.9)),
    ((0.14, 0.84), (0.4, 0.95), (0.96, 0.95)),
    ((0.4, 0.08), (0.88, 0.08), (0.66, 0.25)),
    ((0.4, 0.8), (0.4, 0.28), (0.9, 0.28), (0.9, 0.8)),
    ((0.4, 0.45), (0.9, 0.45)),
    ((0.4, 0.62), (0.9, 0.62)),
    ((0.65, 0.28), (0.65, 0.8)),
)
SAFE_EXIT: Final = (_AN, _QUAN, _CHU, _KOU)
"""Strokes of 安全出口, each character in a square of side 1: no font with such characters is at hand."""
WAY_OUT: Final = (_TONG, _CHU, _KOU)


def as_image(picture: Image.Image, name: str = "printed") -> Any:
    """An image of Blender with the pixels of a picture."""
    width, height = picture.size
    image = bpy.data.images.new(name, width, height)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = np.asarray(picture.convert("RGB"), np.float32)[::-1] / 255
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    return image


def words(draw: ImageDraw.ImageDraw, text: str, at: tuple[float, float], size_px: int, ink: Ink) -> None:
    """Latin text, centred."""
    draw.text(at, text, font=ImageFont.load_default(size_px), fill=ink, anchor="mm")


def strokes(
    draw: ImageDraw.ImageDraw, characters: tuple[Strokes, ...], box: Box, ink: Ink, weight: float = 0.12
) -> None:
    """Characters given by their strokes, side by side in a box (x0, y0, x1, y1)."""
    side = min((box[2] - box[0]) / (len(characters) * 1.12), box[3] - box[1])
    x = (box[0] + box[2] - side * 1.12 * len(characters)) / 2
    y = (box[1] + box[3] - side) / 2
    width = max(1, round(side * weight))
    for character in characters:
        for line in character:
            draw.line([(x + a * side, y + b * side) for a, b in line], fill=ink, width=width, joint="curve")
        x += 1.12 * side


def scribble(draw: ImageDraw.ImageDraw, count: int, box: Box, ink: Ink, rng: random.Random) -> None:
    """Marks that from afar look like a line of Chinese characters."""
    strokes(draw, tuple(_invented(rng) for _ in range(count)), box, ink, 0.1)


def _invented(rng: random.Random) -> Strokes:
    lines: list[tuple[tuple[float, float], ...]] = []
    for _ in range(rng.randint(2, 4)):
        y = rng.uniform(0.05, 0.95)
        lines.append(((rng.uniform(0, 0.3), y), (rng.uniform(0.7, 1), y)))
    for _ in range(rng.randint(1, 3)):
        x = rng.uniform(0.15, 0.85)
        lines.append(((x, rng.uniform(0, 0.3)), (x + rng.uniform(-0.2, 0.2), rng.uniform(0.7, 1))))
    if rng.random() < 0.4:
        a, b = rng.uniform(0.1, 0.4), rng.uniform(0.6, 0.9)
        lines.append(((a, a), (b, a), (b, b), (a, b), (a, a)))
    return tuple(lines)


def paper(
    size_wh: tuple[int, int], colour: Ink, rng: random.Random, *, grain: float = 5.0, stains: int = 0
) -> Image.Image:
    """A sheet with a grain and blurred stains."""
    noise = np.random.default_rng(rng.getrandbits(32))
    width, height = size_wh
    coarse = noise.normal(0, grain, (8, 8)).astype(np.float32)
    shade = np.asarray(Image.fromarray(coarse, "F").resize(size_wh, Image.Resampling.BICUBIC))
    shade = shade + noise.normal(0, grain * 0.6, (height, width))
    y, x = np.mgrid[0:height, 0:width]
    for _ in range(stains):
        cx, cy, radius = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.05, 0.3) * width
        shade = shade - rng.uniform(8, 45) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / radius**2)
    pixels = np.asarray(colour, np.float32) + shade[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
