"""Things and animals cut out of real photos that train, once per run; `photo_parts.csv` says where they are."""

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_layer import Layer, turned_room
from hazardlens.training.composing.cutting import Mask, Picture, cut_out
from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.errors import DatasetInvalidError

_LONG_PX: Final = 150
_MARGIN: Final = 0.2
_FILL: Final = (0.3, 0.98)  # of its box that a thing fills
_WHITE: Final = 235
_MOST_GAIN: Final = 1.8


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Something cut out of a photo.

    Attributes:
        kind: what it is, as in `photo_parts.csv`.
        picture: (h, w, 4) float32, premultiplied RGB from 0 to 255 and cover from 0 to 1, as in daylight.
        long_px: its long side in the photo.
    """

    kind: str
    picture: Floats
    long_px: float

    def draw(
        self,
        layer: Layer,
        foot_px: tuple[float, float],
        long_px: float,
        rng: np.random.Generator,
        *,
        tilt_deg: float = 0.0,
    ) -> int:
        """Set it into a scene, either way round, and return its number there.

        Args:
            layer: to draw on.
            foot_px: (column, row) of the middle of its lower edge.
            long_px: its long side there.
            rng: which way round, and in what shade.
            tilt_deg: how far it has tipped to one side.
        """
        picture = self.picture[:, ::-1] if rng.random() < 0.5 else self.picture
        scale = long_px / max(picture.shape[:2])
        size = (max(2, round(picture.shape[1] * scale)), max(2, round(picture.shape[0] * scale)))
        shrunk = f32(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))
        foot = (size[0] / 2, float(size[1]))
        if tilt_deg:
            shrunk, foot = _tipped(shrunk, foot, tilt_deg)
        cover = shrunk[..., 3]
        colour = f32(shrunk[..., :3] / np.maximum(cover, 1e-2)[..., None] * f32(rng.uniform(0.85, 1.08)))
        return layer.over(colour, f32(cover), (round(foot_px[0] - foot[0]), round(foot_px[1] - foot[1])))


def _tipped(picture: Floats, foot: tuple[float, float], tilt_deg: float) -> tuple[Floats, tuple[float, float]]:
    height, width = picture.shape[:2]
    turn = np.asarray(cv2.getRotationMatrix2D(foot, tilt_deg, 1.0), np.float64)
    low, size_wh = turned_room(turn, (width, height))
    turn[:, 2] -= low
    turned = f32(cv2.warpAffine(picture, turn, size_wh, flags=cv2.INTER_LINEAR))
    return turned, (foot[0] - float(low[0]), foot[1] - float(low[1]))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is in a photo: `box` is x_min, y_min, x_max, y_max in fractions of its sides."""

    photo: str
    kind: str
    box: tuple[float, float, float, float]


@lru_cache(maxsize=1)
def places() -> tuple[Place, ...]:
    """All rows of `photo_parts.csv`."""
    text = resources.files("hazardlens.training.composing").joinpath("photo_parts.csv").read_text("utf-8")
    found = []
    for row in csv.DictReader(text.splitlines()):
        x_min, y_min, x_max, y_max = (float(row[name]) / 100 for name in ("x_min", "y_min", "x_max", "y_max"))
        found.append(Place(row["photo"], row["kind"], (x_min, y_min, x_max, y_max)))
    return tuple(found)


@lru_cache(maxsize=2)
def read_pieces(root: Path) -> tuple[Piece, ...]:
    """Cut everything out of the photos of the data set at `root`; what does not come off cleanly is left out.

    Raises:
        DatasetMissingError: a file or a photo is not there.
        DatasetInvalidError: a row, a label file or a picture breaks the format.
    """
    wanted = {place.photo for place in places()}
    records = sorted((item for item in read_records(root) if item.photo in wanted), key=lambda item: item.photo)
    return tuple(piece for record in records for piece in _pieces(record, places()))


def of_kinds(pieces: Sequence[Piece], kinds: Collection[str]) -> tuple[Piece, ...]:
    """Those that are of one of these kinds."""
    return tuple(piece for piece in pieces if piece.kind in kinds)


def _pieces(record: PhotoRecord, everywhere: Sequence[Place]) -> list[Piece]:
    photo = cv2.imread(str(record.path))
    if photo is None:
        raise DatasetInvalidError(f"{record.path}: cannot be decoded")
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
