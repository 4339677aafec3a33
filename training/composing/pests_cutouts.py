"""Real rats, cut out of labelled photos once per run, and recoloured as wild ones are."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.cutting import Mask, Picture, cut_out
from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.errors import DatasetInvalidError

# Photos of a source that trains as a whole (datasets/split-v1.toml), on which a whole animal comes off cleanly.
PHOTOS: Final = frozenset(
    f"photos/jorgevc17-rat__{number:03}.jpg" for number in (2, 4, 6, 9, 13, 14, 19, 20, 21, 22, 25, 26, 32, 33)
)
_LONG_PX: Final = 150
_MOST_LARGER: Final = 1.5  # than in the photo
_MARGIN: Final = 0.12
_FILL: Final = (0.34, 0.86)  # of its box that a rat fills
_MOST_ON_EDGE: Final = 0.3  # of the box's edge that lies in the mask: more is a rat that is cut off, or background


@dataclass(frozen=True, slots=True, eq=False)
class Rats:
    """Cut-out rats: (h, w, 4) uint8 RGBA."""

    pictures: tuple[Picture, ...]

    def draw(self, layer: Layer, foot_px: tuple[float, float], length_px: float, rng: np.random.Generator) -> int:
        """Set one so long on the ground, its lowest point at (x, y) pixels, and return the thing's number."""
        picture = self.pictures[int(rng.integers(0, len(self.pictures)))]
        scale = length_px / max(picture.shape[:2])
        size = (max(3, round(picture.shape[1] * scale)), max(3, round(picture.shape[0] * scale)))
        shrunk = f32(cv2.resize(f32(picture), size, interpolation=cv2.INTER_AREA))
        if rng.random() < 0.5:
            shrunk = shrunk[:, ::-1]
        alpha = shrunk[..., 3] / f32(255)
        colour = _wild(f32(shrunk[..., :3] / np.maximum(alpha, 1e-2)[..., None]), rng)
        corner = (round(foot_px[0] - size[0] / 2), round(foot_px[1] - size[1]))
        _shade(layer, corner, size)
        return layer.over(colour, f32(alpha), corner)


@lru_cache(maxsize=2)
def read_rats(root: Path) -> Rats:
    """Cut rats out of the labelled photos of the data set at `root`; what does not come off cleanly is left out.

    Raises:
        DatasetMissingError: a file or a photo is not there.
        DatasetInvalidError: a row, a label file or a picture breaks the format.
    """
    records = [record for record in read_records(root) if record.photo in PHOTOS]
    found = [cut for record in records for cut in _cuts(record)]
    return Rats(tuple(found))


def _cuts(record: PhotoRecord) -> list[Picture]:
    picture = cv2.imread(str(record.path))
    if picture is None:
        raise DatasetInvalidError(f"{record.path}: cannot be decoded")
    height, width = picture.shape[:2]
    cuts: list[Picture] = []
    for label, (cx, cy, box_w, box_h) in zip(record.labels, record.boxes_cxcywh, strict=True):
        if label != "kitchen_pest":
            continue
        low = (np.array([cx - box_w / 2, cy - box_h / 2]) * (width, height)).round().astype(int)
        high = (np.array([cx + box_w / 2, cy + box_h / 2]) * (width, height)).round().astype(int)
        low, high = np.maximum(low, 0), np.minimum(high, (width, height))
        if _MOST_LARGER * max(high - low) < _LONG_PX:
            continue
        cut = cut_out(np.asarray(picture, np.uint8), low, high, long_px=_LONG_PX, margin=_MARGIN, whole=_clean)
        if cut is not None:
            cuts.append(cut)
    return cuts


def _clean(mask: Mask) -> bool:
    """Whether a mask looks like a whole animal: it fills its box so far, is round enough, and is not cut off."""
    fill = float(mask.mean())
    if not _FILL[0] < fill < _FILL[1] or min(mask.shape) < 40:
        return False
    edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(outlines[0]))
    return float(edge.mean()) < _MOST_ON_EDGE and cv2.contourArea(outlines[0]) > 0.72 * hull


def _wild(colour: Floats, rng: np.random.Generator) -> Floats:
    # Pet rats are white or pied; those in kitchens and streets are brown to grey, seldom black.
    grey = (colour @ f32([0.3, 0.59, 0.11]))[..., None]
    choice = rng.random()
    if choice < 0.2:
        return colour
    mean = float(grey.mean()) + 1
    coat = f32(((86, 68, 52), (72, 68, 66), (104, 80, 58), (44, 40, 38))[int(rng.integers(0, 4))])
    detail = np.clip(grey / mean, 0.15, 2.2) ** f32(1.1)
    return f32(np.clip(coat * detail * f32(rng.uniform(0.75, 1.2)), 0, 255) * f32(0.9) + colour * f32(0.1))


def _shade(layer: Layer, corner: tuple[int, int], size: tuple[int, int]) -> None:
    wide, high = size[0] * 1.3, max(3.0, size[1] * 0.4)
    mask = np.zeros((int(high * 2) + 6, int(wide) + 6), np.uint8)
    middle = (mask.shape[1] // 2, mask.shape[0] // 2)
    cv2.ellipse(mask, middle, (max(1, round(size[0] * 0.46)), max(1, round(high * 0.4))), 0, 0, 360, 255, -1)
    side = max(3, int(high * 0.5)) | 1
    soft = f32(cv2.blur(cv2.blur(mask, (side, side)), (side, side))) * f32(0.42 / 255)
    layer.dim(soft, (corner[0] + size[0] // 2 - middle[0], corner[1] + size[1] - round(high * 0.25) - middle[1]))
