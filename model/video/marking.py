"""Draws marks on frames; apart from `marks`, so that a child that draws nothing need not load Pillow."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile  # noqa: F401 - fonts load ImageFile late, which is too late here: see `confining`

from hazardlens.model.drawing import draw_boxes
from hazardlens.model.video.marks import Mark


def draw_marks(
    pixels: npt.NDArray[np.uint8], marks: Sequence[Mark], time_s: float, clip_size_wh: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """A frame with the marks that are there at its time.

    Args:
        pixels: (H, W, 3) uint8, RGB, upright; returned as it is where nothing is to be drawn.
        marks: the last are on top.
        time_s: of the frame.
        clip_size_wh: of the upright clip.
    """
    across, down = pixels.shape[1] / clip_size_wh[0], pixels.shape[0] / clip_size_wh[1]
    there = [(mark, box) for mark in marks if (box := mark.at(time_s)) is not None]
    if not there:
        return pixels
    picture = Image.fromarray(pixels)
    draw_boxes(
        picture,
        [
            ((box[0] * across, box[1] * down, box[2] * across, box[3] * down), mark.text, mark.colour)
            for mark, box in there
        ],
    )
    return np.asarray(picture)
