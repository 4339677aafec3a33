"""Things cut out of photos by GrabCut (Rother, Kolmogorov and Blake, 2004), told from what lies round their boxes."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Corner = npt.NDArray[np.int_]

_ROUNDS = 4


def cut_out(
    picture: Picture, low: Corner, high: Corner, *, long_px: int, margin: float, whole: Callable[[Mask], bool]
) -> Picture | None:
    """Cut out what a box holds.

    Args:
        picture: (H, W, 3) uint8, BGR.
        low: (column, row) of the box's first pixel.
        high: (column, row) behind its last pixel.
        long_px: long side of the result.
        margin: share of the box's sides that is looked at beyond it, to learn what is not the thing.
        whole: whether a mask within the box is a thing that came off cleanly.

    Returns:
        (h, w, 4) uint8 RGBA, black where nothing is; None where it did not come off cleanly.
    """
    rim = ((high - low) * margin).astype(int) + 2
    first = np.maximum(low - rim, 0)
    last = np.minimum(high + rim, (picture.shape[1], picture.shape[0]))
    scale = long_px / max(high - low)
    near = np.asarray(picture[first[1] : last[1], first[0] : last[0]], np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    near = np.asarray(cv2.resize(near, None, fx=float(scale), fy=float(scale), interpolation=how), np.uint8)
    x_0, y_0 = ((low - first) * scale).astype(int)
    x_1, y_1 = ((high - first) * scale).astype(int)
    cv2.setRNGSeed(1)
    mask = np.zeros(near.shape[:2], np.uint8)
    rect = (int(x_0), int(y_0), int(x_1 - x_0), int(y_1 - y_0))
    cv2.grabCut(near, mask, rect, np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS, cv2.GC_INIT_WITH_RECT)
    inner = _largest((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD))[y_0:y_1, x_0:x_1]
    if not whole(inner):
        return None
    soft = cv2.GaussianBlur(inner.astype(np.uint8) * 255, (0, 0), 1.2)
    alpha = np.clip((soft.astype(np.float32) - 110) * 2.2, 0, 255).astype(np.uint8)
    colour = cv2.cvtColor(near[y_0:y_1, x_0:x_1], cv2.COLOR_BGR2RGB)
    return np.asarray(np.dstack([np.where(alpha[..., None] > 0, colour, 0), alpha]), np.uint8)


def _largest(mask: Mask) -> Mask:
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    _, parts, stats, _ = cv2.connectedComponentsWithStats(closed)
    if len(stats) < 2:
        return np.zeros(mask.shape, bool)
    part = np.asarray(parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), np.uint8)
    outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(part, outlines, -1, 1, -1)  # eyes, ears and handles are no holes
    return np.asarray(part > 0)
