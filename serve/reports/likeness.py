"""How alike two photos look: a 64-bit hash of the decoded pixels, and how many bits of two hashes differ."""

from typing import Final

import numpy as np
from PIL import Image

from hazardlens.model.images import Pixels

BANDS: Final = 4
_SIDE_PX: Final = 8
_LEAST_SPREAD: Final = 4.0
"""Standard deviation of grey values below which there is nothing to tell one picture from another."""


def look_of(pixels: Pixels) -> str | None:
    """The difference hash: is each of 8 x 8 fields brighter than its neighbour to the right?

    Args:
        pixels: (H, W, 3) uint8, RGB, upright, of any size.

    Returns:
        16 hex characters; None for a picture of one tone, whose hash would be noise.
    """
    grey = Image.fromarray(pixels).convert("L").resize((_SIDE_PX + 1, _SIDE_PX), Image.Resampling.BOX)
    fields = np.asarray(grey, np.int16)
    if float(fields.std()) < _LEAST_SPREAD:
        return None
    return np.packbits(fields[:, :-1] > fields[:, 1:]).tobytes().hex()


def bits_apart(one: str, two: str) -> int:
    """How many of the 64 bits of two hashes differ."""
    return (int(one, 16) ^ int(two, 16)).bit_count()


def bands_of(look: str) -> tuple[str, ...]:
    """The four quarters of a hash, each with its number: hashes that differ in less than 4 bits share one at least."""
    return tuple(f"{at}{look[4 * at : 4 * at + 4]}" for at in range(BANDS))
