"""Real bottles, jars, bowls, cups, plates and food, cut out of kitchens and meals that train, once per run."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.cutting import Mask, Picture, cut_out
from hazardlens.training.composing.dishes import Pose, shade_foot
from hazardlens.training.data.records import PhotoRecord, read_records

LONG_M: Final = {"bottle": 0.27, "jar": 0.15, "cup": 0.11, "bowl": 0.18, "plate": 0.25, "meal": 0.26, "food": 0.16}
"""Metres along the long side of each kind. `meal` is a filled plate, `food` lies about."""
_LONG_PX: Final = 130
_MARGIN: Final = 0.2
_FILL: Final = (0.3, 0.98)  # of its box that a thing fills
_MOST_LARGER: Final = 1.7  # than in the photo that it comes from
_WHITE: Final = 235
_MOST_GAIN: Final = 1.8
_SHADE: Final = 0.4  # of its width: the foot that darkens what a thing stands on


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A thing cut out of a photo.

    Attributes:
        kind: a key of `LONG_M`.
        picture: (h, w, 4) float32, premultiplied RGB and cover from 0 to 1, as in daylight.
        long_px: its long side in the photo.
    """

    kind: str
    picture: Floats
    long_px: float


@dataclass(frozen=True, slots=True, eq=False)
class Ware:
    """All pieces that there are; none at all where the photos are not at hand."""

    pieces: tuple[Piece, ...]

    def draw(self, layer: Layer, pose: Pose, rng: np.random.Generator, *, tilt_deg: float = 0.0) -> bool:
        """Stand a piece on its pose.

        Args:
            layer: to draw on.
            pose: where its foot is.
            rng: which, how large, and which way round.
            tilt_deg: how far it has tipped to one side.

        Returns:
            Whether there was one that is sharp enough for this place.
        """
        fitting = [item for item in self.pieces if LONG_M[item.kind] * pose.px_per_m < _MOST_LARGER * item.long_px]
        if not fitting:
            return False
        piece = fitting[int(rng.integers(0, len(fitting)))]
        long_px = LONG_M[piece.kind] * pose.px_per_m * float(rng.uniform(0.85, 1.15))
        picture = piece.picture[:, ::-1] if rng.random() < 0.5 else piece.picture
        scale = long_px / max(picture.shape[:2])
        size = (max(2, round(picture.shape[1] * scale)), max(2, round(picture.shape[0] * scale)))
        shrunk = f32(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))
        foot = (size[0] / 2, float(size[1]))
        if tilt_deg:
            shrunk, foot = _tipped(shrunk, foot, tilt_deg)
        cover = shrunk[..., 3]
        colour = f32(shrunk[..., :3] / np.maximum(cover, 1e-2)[..., None] * f32(rng.uniform(0.85, 1.08)))
        shade_foot(layer, pose, _SHADE * size[0] / pose.px_per_m)
        layer.over(colour, f32(cover), (round(pose.x_px - foot[0]), round(pose.y_px - foot[1])))
        return True


def _tipped(picture: Floats, foot: tuple[float, float], tilt_deg: float) -> tuple[Floats, tuple[float, float]]:
    height, width = picture.shape[:2]
    turn = np.asarray(cv2.getRotationMatrix2D(foot, tilt_deg, 1.0), np.float64)
    corners = f32([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ f32(turn).T
    low = np.floor(corners.min(axis=0))
    high = np.ceil(corners.max(axis=0))
    turn[:, 2] -= low
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    turned = f32(cv2.warpAffine(picture, turn, size, flags=cv2.INTER_LINEAR))
    return turned, (foot[0] - float(low[0]), foot[1] - float(low[1]))


@dataclass(frozen=True, slots=True)
class _Place:
    photo: str
    kind: str
    box: tuple[float, float, float, float]  # x_min, y_min, x_max, y_max, fractions of the photo


@lru_cache(maxsize=1)
def places() -> tuple[_Place, ...]:
    """Where things stand in photos of the pool, as `kitchen_ware.csv` says."""
    text = resources.files("hazardlens.training.composing").joinpath("kitchen_ware.csv").read_text("utf-8")
    found = []
    for row in csv.DictReader(text.splitlines()):
        x_min, y_min, x_max, y_max = (float(row[name]) / 100 for name in ("x_min", "y_min", "x_max", "y_max"))
        found.append(_Place(row["photo"], row["kind"], (x_min, y_min, x_max, y_max)))
    return tuple(found)


@lru_cache(maxsize=2)
def read_ware(root: Path) -> Ware:
    """Cut things out of the photos of the data set at `root`; what does not come off cleanly is left out."""
    wanted = {place.photo for place in places()}
    records = {record.photo: record for record in read_records(root) if record.photo in wanted}
    return Ware(tuple(piece for photo in sorted(records) for piece in _pieces(records[photo], places())))


def _pieces(record: PhotoRecord, everywhere: Sequence[_Place]) -> list[Piece]:
    photo = cv2.imread(str(record.path))
    if photo is None:
        return []
    size = np.array([photo.shape[1], photo.shape[0]])
    white = float(np.percentile(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), 95))
    gain = float(np.clip(_WHITE / max(white, 1), 1, _MOST_GAIN))
    pieces = []
    for place in everywhere:
        if place.photo != record.photo:
            continue
        low = (np.array(place.box[:2]) * size).round().astype(int)
        high = (np.array(place.box[2:]) * size).round().astype(int)
        cut = cut_out(np.asarray(photo, np.uint8), low, high, long_px=_LONG_PX, margin=_MARGIN, whole=_whole)
        if cut is not None:
            pieces.append(Piece(place.kind, _daylight(cut, gain), float(max(high - low))))
    return pieces


def _daylight(cut: Picture, gain: float) -> Floats:
    cover = f32(cut[..., 3:]) / f32(255)
    return f32(np.concatenate([np.clip(f32(cut[..., :3]) * f32(gain), 0, 255) * cover, cover], axis=2))


def _whole(mask: Mask) -> bool:
    return _FILL[0] < float(mask.mean()) < _FILL[1]
