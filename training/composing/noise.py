"""Cheap natural irregularity: a tile of fractal noise that wraps round, looked up at any coordinates."""

from functools import lru_cache

import cv2
import numpy as np

from hazardlens.training.composing.arrays import Floats

TILE_PX = 256


@lru_cache(maxsize=1)
def _tile() -> Floats:
    # One tile for all scenes: each looks it up from an offset and at a scale of its own, so none repeats another.
    rng = np.random.default_rng(20)
    total = np.zeros((TILE_PX, TILE_PX), np.float32)
    for octave in range(2, 8):
        cells = 2**octave
        small = rng.standard_normal((cells, cells)).astype(np.float32)
        wrapped = np.pad(small, 2, mode="wrap")
        size = TILE_PX * (cells + 4) // cells
        large = cv2.resize(wrapped, (size, size), interpolation=cv2.INTER_CUBIC)
        margin = 2 * TILE_PX // cells
        total += large[margin : margin + TILE_PX, margin : margin + TILE_PX] * 0.62 ** (octave - 2)
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def noise_at(x: Floats, y: Floats, rng: np.random.Generator, *, scale: float = 1.0) -> Floats:
    """Fractal noise at points: mean about 0, deviation about 1, features of about 1 / `scale` units and finer.

    Args:
        x: coordinates, any shape of one or two axes.
        y: likewise.
        rng: where in the endless pattern these points lie.
        scale: larger is finer.
    """
    shift_x, shift_y = rng.uniform(0, TILE_PX, 2)
    factor = np.float32(TILE_PX / 4 * scale)
    columns = np.asarray(x * factor + np.float32(shift_x), np.float32)
    rows = np.asarray(y * factor + np.float32(shift_y), np.float32)
    return _look_up(columns.ravel(), rows.ravel()).reshape(x.shape)


def _look_up(columns: Floats, rows: Floats) -> Floats:
    # remap takes no side longer than 32767, and a flat list of pixels is longer.
    more = -columns.size % 512
    folded = [np.pad(axis, (0, more)).reshape(-1, 512) for axis in (columns, rows)]
    found = cv2.remap(_tile(), folded[0], folded[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(found, np.float32).ravel()[: columns.size]
