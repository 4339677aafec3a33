"""The brush that draws cables into a photo: tubes with light along them, frayed ends, and a soft shadow."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from hazardlens.training.composing.arrays import Floats, blurred, vector
from hazardlens.training.composing.cables_curves import Strand
from hazardlens.training.composing.light import add_grain, grain_of, stored_again, to_linear
from hazardlens.training.composing.scene import Pixels

_SHIFT: Final = 4  # OpenCV draws at sixteenths of a pixel
_COPPER: Final = (0.62, 0.36, 0.2)
_COATS: Final[tuple[tuple[tuple[float, float, float], float], ...]] = (
    ((0.05, 0.05, 0.055), 0.58), ((0.16, 0.16, 0.17), 0.12), ((0.72, 0.71, 0.68), 0.12), ((0.42, 0.42, 0.41), 0.08),
    ((0.75, 0.3, 0.08), 0.04), ((0.7, 0.62, 0.15), 0.02), ((0.12, 0.2, 0.5), 0.02), ((0.5, 0.1, 0.09), 0.02),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shadow:
    """The shadow that cables cast on what is behind or under them."""

    shift_px: tuple[float, float]
    softness_px: float
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """Cables drawn into a photo: the new pixels, and how much of each pixel the cables cover, (H, W) float32."""

    pixels: Pixels
    share: Floats


def pick_coat(rng: np.random.Generator) -> Floats:
    """(3,) what share of light a cable's coat sends back: mostly black."""
    weights = np.array([weight for _, weight in _COATS])
    coat, _ = _COATS[int(rng.choice(len(_COATS), p=weights / weights.sum()))]
    return vector(coat) * np.float32(rng.uniform(0.7, 1.35))


def paint(
    pixels: Pixels, strands: Sequence[tuple[Strand, Floats]], shadow: Shadow | None, rng: np.random.Generator
) -> Painted | None:
    """Draw cables, each with its coat, in this order; None when none of them is in the photo.

    Args:
        pixels: (H, W, 3) the photo.
        strands: cables and (3,) coats.
        shadow: on a wall or the ground; None before the sky.
        rng: light, frays, sharpness, noise.
    """
    region = _region(pixels, strands, shadow)
    if region is None:
        return None
    x_min, y_min, x_max, y_max = region
    fine = 3 if (x_max - x_min) * (y_max - y_min) < 90_000 else 2
    light = _light(pixels[y_min:y_max, x_min:x_max])
    canvas = np.zeros(((y_max - y_min) * fine, (x_max - x_min) * fine, 4), np.uint8)
    lit_from = vector([rng.uniform(-0.8, 0.8), -1])
    for strand, coat in strands:
        moved = Strand((strand.points - vector([x_min, y_min])) * fine, strand.widths * fine, strand.loose_end)
        _tube(canvas, moved, coat * light, lit_from, rng)
        if strand.loose_end and rng.random() < 0.4:
            _fray(canvas, moved, light, rng)
    small = cv2.resize(canvas, (x_max - x_min, y_max - y_min), interpolation=cv2.INTER_AREA)
    part = np.asarray(small, np.float32) * np.float32(1 / 255)
    part[..., :3] *= part[..., :3] / np.maximum(part[..., 3:], 1 / 255)  # colours were drawn as a screen shows them
    return _blend(pixels, blurred(part, rng.uniform(0.3, 0.7)), region, shadow, rng)


def _region(
    pixels: Pixels, strands: Sequence[tuple[Strand, Floats]], shadow: Shadow | None
) -> tuple[int, int, int, int] | None:
    margin = 4 + max(float(strand.widths.max()) for strand, _ in strands) * 3
    if shadow is not None:
        margin += max(abs(shadow.shift_px[0]), abs(shadow.shift_px[1])) + 2 * shadow.softness_px
    points = np.concatenate([strand.points for strand, _ in strands])
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    height, width = pixels.shape[:2]
    x_min, y_min = max(0, int(low[0])), max(0, int(low[1]))
    x_max, y_max = min(width, int(high[0]) + 1), min(height, int(high[1]) + 1)
    return (x_min, y_min, x_max, y_max) if x_max - x_min > 4 and y_max - y_min > 4 else None


def _light(pixels: Pixels) -> Floats:
    linear = to_linear(pixels[::4, ::4]).reshape(-1, 3)
    bright = np.percentile(linear, 80, axis=0)
    return np.asarray(np.clip(0.6 * bright.mean() + 0.4 * bright, 0.01, 0.8), np.float32)


def _tube(
    canvas: npt.NDArray[np.uint8], strand: Strand, lit: Floats, lit_from: Floats, rng: np.random.Generator
) -> None:
    gloss = rng.uniform(1.15, 2.2)
    edge, middle = lit * np.float32(0.55), lit
    bright = lit * np.float32(gloss) + np.float32(0.02 * float(lit.mean() > 0.002))
    for colour, share, off in ((edge, 1.0, 0.0), (middle, 0.66, 0.1), (bright, 0.26, 0.22)):
        widths = strand.widths * np.float32(share)
        if share < 1 and float(widths.max()) < 1.2:
            continue
        points = strand.points + lit_from * (strand.widths * np.float32(off))[:, None]
        _stroke(canvas, points, widths, colour)


def _stroke(canvas: npt.NDArray[np.uint8], points: Floats, widths: Floats, colour: Floats) -> None:
    screen = [int(255 * value) for value in np.sqrt(np.clip(colour, 0, 1))]
    fixed = np.round(points * 2**_SHIFT).astype(np.int32)
    sizes = np.maximum(np.round(widths), 1).astype(int)
    ends = [0, *(np.flatnonzero(np.diff(sizes)) + 1), len(sizes) - 1]
    for first, last in pairwise(ends):
        if last > first:  # one call for each stretch of equal width
            line = [fixed[first : last + 1]]
            cv2.polylines(canvas, line, False, (*screen, 255), int(sizes[first]), cv2.LINE_AA, _SHIFT)  # noqa: FBT003


def _fray(canvas: npt.NDArray[np.uint8], strand: Strand, light: Floats, rng: np.random.Generator) -> None:
    width = float(strand.widths[-1])
    ahead = strand.points[-1] - strand.points[-4]
    heading = float(np.arctan2(ahead[1], ahead[0]))
    for _ in range(int(rng.integers(2, 7))):
        turn = heading + rng.normal(0, 0.5)
        along = np.linspace(0, 1, 6)[:, None] * width * rng.uniform(1.5, 4)
        bend = np.linspace(0, rng.normal(0, 0.6), 6)
        way = np.stack([np.cos(turn + bend), np.sin(turn + bend)], axis=1)
        points = np.asarray(strand.points[-1] + way * along, np.float32)
        coat = vector(_COPPER) * np.float32(rng.uniform(0.6, 1.3))
        _stroke(canvas, points, np.full(6, max(1.0, width * 0.3), np.float32), coat * light)


def _blend(
    pixels: Pixels, part: Floats, region: tuple[int, int, int, int], shadow: Shadow | None, rng: np.random.Generator
) -> Painted:
    x_min, y_min, x_max, y_max = region
    under = pixels[y_min:y_max, x_min:x_max]
    share = np.clip(part[..., 3], 0, 1)
    dark = np.ones_like(share)
    if shadow is not None:
        dark = 1 - shadow.strength * _cast(share, shadow)
    linear = to_linear(under)
    after = linear * (dark * (1 - share))[..., None] + part[..., :3]
    grain = float(np.clip(grain_of(np.ascontiguousarray(under)), 0.6, 3.0))
    after = add_grain(np.asarray(after, np.float32), share, grain, rng)
    changed = (share > 0.004) | (dark < 0.99)
    result, whole = pixels.copy(), np.zeros(pixels.shape[:2], np.float32)
    result[y_min:y_max, x_min:x_max][changed] = stored_again(after, rng)[changed]
    whole[y_min:y_max, x_min:x_max] = share
    return Painted(result, whole)


def _cast(share: Floats, shadow: Shadow) -> Floats:
    move = np.array([[1, 0, shadow.shift_px[0]], [0, 1, shadow.shift_px[1]]], np.float32)
    moved = cv2.warpAffine(share, move, (share.shape[1], share.shape[0]))
    return blurred(np.asarray(moved, np.float32), shadow.softness_px)
