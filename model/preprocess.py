"""From a photo to the tensor that a detector takes, and the way back for boxes.

Training's evaluation, the export's parity check and serving all call this. The photo is scaled to fit a square canvas,
its aspect kept, and centred on grey. The canvas is a square for every shape of photo: the graph's input is one, and a
model evaluated on other canvases than it serves on gives other boxes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from hazardlens.model.boxes import FloatArray, clip_xyxy
from hazardlens.model.images import Photo

PAD_VALUE: Final = 114
"""Grey of the canvas, 0..255: what the starting weights were trained with."""

# Shrinking by more than this is done in two steps, the first one coarse and fast; it shifts a grey level or two.
_REDUCING_GAP: Final = 2.0


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a photo lies on its canvas: x_canvas = x * scale_x + pad_left, and the same for y.

    Attributes:
        scale_x: canvas pixels per pixel of the upright original, along x.
        scale_y: the same along y; it differs from `scale_x` by rounding to whole canvas pixels.
        pad_left: canvas pixels left of the photo.
        pad_top: canvas pixels above the photo.
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
    """

    scale_x: float
    scale_y: float
    pad_left: float
    pad_top: float
    width: int
    height: int

    def to_canvas(self, boxes_xyxy: FloatArray) -> FloatArray:
        """(N, 4) corners in pixels of the upright original to (N, 4) in canvas pixels."""
        scale, shift = self._scale_and_shift(boxes_xyxy)
        return boxes_xyxy * scale + shift

    def to_original(self, boxes_xyxy: FloatArray) -> FloatArray:
        """(N, 4) corners in canvas pixels to (N, 4) in pixels of the upright original, cut to its edges."""
        scale, shift = self._scale_and_shift(boxes_xyxy)
        return clip_xyxy((boxes_xyxy - shift) / scale, (self.width, self.height))

    def _scale_and_shift(self, like: FloatArray) -> tuple[FloatArray, FloatArray]:
        scale = np.asarray([self.scale_x, self.scale_y, self.scale_x, self.scale_y], like.dtype)
        shift = np.asarray([self.pad_left, self.pad_top, self.pad_left, self.pad_top], like.dtype)
        return scale, shift


def place(width: int, height: int, size_px: int) -> tuple[Placement, tuple[int, int]]:
    """Where a photo of this size comes to lie on a canvas of `size_px` squared, and its size there: (width, height)."""
    scale = size_px / max(width, height)
    fit_w, fit_h = (max(1, round(side * scale)) for side in (width, height))
    left, top = (size_px - fit_w) // 2, (size_px - fit_h) // 2
    return Placement(fit_w / width, fit_h / height, left, top, width, height), (fit_w, fit_h)


def letterbox(photo: Photo, size_px: int) -> tuple[npt.NDArray[np.float32], Placement]:
    """Scale a photo onto a square grey canvas.

    Args:
        photo: at full or reduced size; the placement refers to its original either way.
        size_px: side of the canvas.

    Returns:
        (3, size_px, size_px) float32, RGB in 0..1, and where the photo lies on it.
    """
    placement, (fit_w, fit_h) = place(photo.width, photo.height, size_px)
    fitted = _resize(photo, fit_w, fit_h)
    left, top = int(placement.pad_left), int(placement.pad_top)
    canvas = np.full((3, size_px, size_px), np.float32(PAD_VALUE / 255), np.float32)
    np.divide(fitted.transpose(2, 0, 1), np.float32(255), out=canvas[:, top : top + fit_h, left : left + fit_w])
    return canvas, placement


def _resize(photo: Photo, width: int, height: int) -> npt.NDArray[np.uint8]:
    if photo.pixels.shape[:2] == (height, width):
        return photo.pixels
    # Pillow's bilinear filter averages over all pixels when it shrinks, so thin cables do not break up.
    image = Image.fromarray(photo.pixels)
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=_REDUCING_GAP), np.uint8)
