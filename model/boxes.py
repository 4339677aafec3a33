"""Box arithmetic. Every function names the format and the axis order that it takes and gives.

`xyxy` is (x_min, y_min, x_max, y_max), `cxcywh` is (centre x, centre y, width, height). Any float dtype and any one
frame of coordinates: pixels in, pixels out; fractions in, fractions out.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


def xyxy_to_cxcywh(boxes_xyxy: FloatArray) -> FloatArray:
    """(N, 4) corners to (N, 4) centres and sizes."""
    low, high = boxes_xyxy[:, :2], boxes_xyxy[:, 2:]
    return np.concatenate([(low + high) / 2, high - low], axis=1)


def cxcywh_to_xyxy(boxes_cxcywh: FloatArray) -> FloatArray:
    """(N, 4) centres and sizes to (N, 4) corners."""
    centre, half = boxes_cxcywh[:, :2], boxes_cxcywh[:, 2:] / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def clip_xyxy(boxes_xyxy: FloatArray, size_wh: tuple[float, float]) -> FloatArray:
    """(N, 4) corners cut to the rectangle from (0, 0) to `size_wh`."""
    width, height = size_wh
    return np.clip(boxes_xyxy, 0, np.asarray([width, height, width, height], dtype=boxes_xyxy.dtype))


def area_xyxy(boxes_xyxy: FloatArray) -> FloatArray:
    """(N, 4) corners to (N,) areas; a box with crossed corners has area 0."""
    sides = np.clip(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], 0, None)
    return sides[:, 0] * sides[:, 1]


def intersection_matrix(first_xyxy: FloatArray, second_xyxy: FloatArray) -> FloatArray:
    """(N, 4) and (M, 4) corners to (N, M) areas of overlap."""
    low = np.maximum(first_xyxy[:, None, :2], second_xyxy[None, :, :2])
    high = np.minimum(first_xyxy[:, None, 2:], second_xyxy[None, :, 2:])
    sides: FloatArray = np.clip(high - low, 0, None)
    return np.multiply(sides[..., 0], sides[..., 1])


def iou_matrix(first_xyxy: FloatArray, second_xyxy: FloatArray) -> FloatArray:
    """(N, 4) and (M, 4) corners to (N, M) intersection over union; 0 where both boxes are empty."""
    overlap = intersection_matrix(first_xyxy, second_xyxy)
    union = area_xyxy(first_xyxy)[:, None] + area_xyxy(second_xyxy)[None, :] - overlap
    return np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
