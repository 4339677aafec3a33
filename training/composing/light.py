"""How light falls in a photo, and how a drawn part is made to look as if the same camera had taken it.

Light is counted in linear units: a pixel's value squared is near enough to what the sensor received.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from hazardlens.training.composing.arrays import Floats, blurred, resized, vector
from hazardlens.training.composing.scene import Box, Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The light of one place.

    Attributes:
        colour: (3,) float32, linear: what a white surface there would send.
        sun: (3,) float32, unit vector towards the sun or lamp, z up.
        sun_share: how much of the light on level ground comes from there, 0 (overcast) to 1.
    """

    colour: Floats
    sun: Floats
    sun_share: float


def to_linear(pixels: Pixels) -> Floats:
    """(..., 3) uint8 to linear float32, 0 to 1."""
    return np.asarray(np.square(pixels.astype(np.float32) * np.float32(1 / 255)), np.float32)


def to_pixels(linear: Floats) -> Pixels:
    """Back again, rounded and clipped."""
    return np.asarray(np.sqrt(np.clip(linear, 0, 1)) * np.float32(255) + np.float32(0.5), np.uint8)


def light_at(ground: Floats, rng: np.random.Generator) -> Light:
    """A light that explains a piece of ground, which is taken to reflect a fifth to two fifths of it.

    Args:
        ground: (N, 3) linear pixels of the ground round the place.
        rng: what cannot be seen is drawn: the sun's place and how hard the light is.
    """
    mean = np.median(ground, axis=0)
    grey = float(mean @ vector([0.3, 0.55, 0.15])) + 1e-4
    tinted = 0.65 * grey + 0.35 * mean
    azimuth, height = rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(22, 72))
    sun = np.array([np.cos(azimuth) * np.cos(height), np.sin(azimuth) * np.cos(height), np.sin(height)])
    share = float(rng.uniform(0.45, 0.8) if rng.random() < 0.4 else rng.uniform(0.0, 0.3))
    colour = tinted / rng.uniform(0.2, 0.42)
    return Light(np.asarray(np.clip(colour, 0.004, 1.6), np.float32), np.asarray(sun, np.float32), share)


def grain_of(pixels: Pixels) -> float:
    """How noisy an even piece of a photo is: the deviation of its finest detail, in levels of 0 to 255."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)
    fine = grey[1:-1, 1:-1] - 0.25 * (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:])
    return float(np.median(np.abs(fine))) * 1.3 if fine.size else 0.0


def add_grain(linear: Floats, weight: Floats, level: float, rng: np.random.Generator) -> Floats:
    """Give (h, w, 3) linear pixels sensor noise of `level` (0 to 255 levels), as strong as (h, w) `weight` says."""
    height, width = weight.shape
    noise = rng.standard_normal((height, width, 1), np.float32)
    coarse = rng.standard_normal((height // 2 + 1, width // 2 + 1, 3), np.float32)  # cameras smooth colour more
    colour = resized(coarse, (width, height), smooth=True)
    noise = blurred(noise, 0.55).reshape(height, width, 1) + np.float32(0.3) * colour
    noise = noise * np.float32(level * 1.6 / 255)
    values = np.sqrt(np.clip(linear, 0, 1)) + noise * weight[..., None]
    return np.asarray(np.square(np.clip(values, 0, 1)), np.float32)


def stored_again(linear: Floats, rng: np.random.Generator) -> Pixels:
    """(h, w, 3) linear light as pixels, now and then with the blocks that the photo got when it was stored."""
    pixels = to_pixels(linear)
    if rng.random() < 0.35:
        return pixels
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 93))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def box_of(mask: Floats, origin_px: tuple[int, int], level: float = 0.35) -> Box | None:
    """The box round all pixels of (h, w) `mask` above `level`, or None when there are none.

    Args:
        mask: how much of each pixel the part covers.
        origin_px: (column, row) of the mask's first pixel in the photo.
        level: from which share on a pixel counts.
    """
    seen = mask > level
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not rows.size:
        return None
    x, y = origin_px
    return (float(columns[0] + x), float(rows[0] + y), float(columns[-1] + 1 + x), float(rows[-1] + 1 + y))
