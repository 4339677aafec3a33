"""Keeps the few frames of a clip that may be shown to people, as JPEGs, while hundreds go by."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import simplejpeg

JPEG_QUALITY: Final = 90

_MAX_WORTHY: Final = 48
_MAX_OVERVIEW: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One kept frame.

    Attributes:
        look: which look it was.
        time_s: of the frame.
        jpeg: upright, without metadata.
        width: of the JPEG, in pixels.
        height: of the JPEG, in pixels.
    """

    look: int
    time_s: float
    jpeg: bytes
    width: int
    height: int


class Stills:
    """At most 48 frames that show something, and at most 8 that show how the clip goes."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._worthy: dict[int, tuple[float, Still]] = {}
        self._overview: dict[int, Still] = {}
        self._stride, self._count = 1, 0

    def keep(self, look: int, time_s: float, pixels: npt.NDArray[np.uint8], worth: float) -> None:
        """Keep a frame for what it shows; the least worthy goes when there are too many.

        Args:
            look: which look it was.
            time_s: of the frame.
            pixels: (H, W, 3) uint8, RGB, upright.
            worth: the best score on it.
        """
        if len(self._worthy) >= _MAX_WORTHY:
            least = min(self._worthy, key=lambda one: self._worthy[one][0])
            if self._worthy[least][0] >= worth:
                return
            del self._worthy[least]
        self._worthy[look] = worth, self._overview.get(look) or _still(look, time_s, pixels)

    def pass_by(self, look: int, time_s: float, pixels: npt.NDArray[np.uint8]) -> None:
        """Every so many frames keep one, whatever it shows: the longer the clip, the further apart."""
        if self._count % self._stride == 0:
            self._overview[look] = _still(look, time_s, pixels)
            if len(self._overview) > _MAX_OVERVIEW:
                self._overview = dict(list(self._overview.items())[::2])
                self._stride *= 2
        self._count += 1

    def worthy(self) -> dict[int, Still]:
        """Look to the frame that was kept for what it shows."""
        return {look: still for look, (_, still) in self._worthy.items()}

    def overview(self, count: int, *, beside: Iterable[int]) -> list[Still]:
        """At most `count` frames spread over the clip, none of them one of the looks in `beside`."""
        others = [still for look, still in self._overview.items() if look not in set(beside)]
        wanted = min(count, len(others))
        return [others[(2 * n + 1) * len(others) // (2 * wanted)] for n in range(wanted)]


def _still(look: int, time_s: float, pixels: npt.NDArray[np.uint8]) -> Still:
    height, width = pixels.shape[:2]
    rows = np.ascontiguousarray(pixels)
    jpeg = simplejpeg.encode_jpeg(rows, quality=JPEG_QUALITY, colorspace="RGB", colorsubsampling="420")
    return Still(look, time_s, bytes(jpeg), width, height)
