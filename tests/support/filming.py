"""Clips made of photos: a camera on a tripod or in a hand looks at one photo, and for a while at another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, overload

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

_MARGIN: Final = 1.15
"""How much larger than the frame a photo is shown, so that the camera can move on it."""
_NOISE: Final = 2.0


@dataclass(frozen=True)
class Film(Sequence[Pixels]):
    """Frames that are made when they are asked for.

    Attributes:
        usual: seen at all other times.
        other: seen from `from_s` for `for_s` seconds; it comes and goes with a cut.
        in_hand: whether the camera drifts and shakes.
    """

    usual: Path
    other: Path
    seconds: float
    from_s: float
    for_s: float
    size_wh: tuple[int, int] = (320, 240)
    fps: int = 13
    in_hand: bool = False

    def __len__(self) -> int:
        return round(self.seconds * self.fps)

    @overload
    def __getitem__(self, index: int) -> Pixels: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pixels]: ...
    def __getitem__(self, index: int | slice) -> Pixels | Sequence[Pixels]:
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        time_s = index / self.fps
        shown = self.other if self.from_s <= time_s < self.from_s + self.for_s else self.usual
        return self._shoot(_enlarged(shown, self.size_wh), time_s, np.random.default_rng(index))

    def _shoot(self, photo: Image.Image, time_s: float, rng: np.random.Generator) -> Pixels:
        width, height = self.size_wh
        across, down = _sway(time_s) if self.in_hand else (0.0, 0.0)
        left = (photo.width - width) / 2 + across * width
        top = (photo.height - height) / 2 + down * height
        view = photo.transform(self.size_wh, Image.Transform.AFFINE, (1, 0, left, 0, 1, top), Image.Resampling.BILINEAR)
        grain = rng.normal(0, _NOISE, (height, width, 1))
        return np.clip(np.asarray(view, np.float32) + grain, 0, 255).astype(np.uint8)


def _sway(time_s: float) -> tuple[float, float]:
    """A slow drift and a tremble, as shares of the frame."""
    turn = 2 * math.pi * time_s
    across = 0.03 * math.sin(0.5 * time_s) + 0.005 * (math.sin(1.3 * turn) + 0.4 * math.sin(4.1 * turn))
    down = 0.03 * math.sin(0.35 * time_s) + 0.005 * (math.sin(1.7 * turn) + 0.4 * math.sin(3.7 * turn))
    return across, down


@cache
def _enlarged(path: Path, size_wh: tuple[int, int]) -> Image.Image:
    photo = Image.open(path).convert("RGB")
    scale = _MARGIN * max(size_wh[0] / photo.width, size_wh[1] / photo.height)
    return photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.Resampling.BICUBIC)
