"""Names for the arrays that drawing uses, and OpenCV's calls with types that hold."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


def vector(values: Sequence[float]) -> Floats:
    """A few numbers as float32."""
    return np.array(values, np.float32)


def resized(picture: Floats, size_wh: tuple[int, int], *, smooth: bool = False) -> Floats:
    """(h, w[, c]) brought to another size: each pixel the mean of what it covers, or `smooth` between few pixels."""
    how = cv2.INTER_LINEAR if smooth else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, size_wh, interpolation=how), np.float32)


def blurred(picture: Floats, sigma_px: float) -> Floats:
    """(h, w[, c]) seen through a lens that is a little out of focus."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.float32)
