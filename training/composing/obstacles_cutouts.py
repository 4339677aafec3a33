"""Cut-out photos of real things: read once, shrunk once per size, tinted anew each time."""

import csv
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.obstacles_view import FloorView
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError

_KEPT: Final = 192  # shrunk cut-outs in memory: about 30 MB
_HEIGHTS_PX: Final = tuple(round(14 * 1.16**step) for step in range(28))

# Usual height in metres of what stands about; what is not named here does not.
HEIGHTS_M: Final = {
    "trash bag": (0.38, 0.8),
    "suitcase": (0.5, 0.75),
    "chair": (0.75, 0.95),
    "dining table": (0.72, 0.78),
    "bicycle": (0.95, 1.1),
    "potted plant": (0.5, 1.0),
    "bench": (0.75, 0.9),
    "oven": (0.85, 0.9),
    "refrigerator": (1.3, 1.8),
    "tv": (0.4, 0.6),
    "toilet": (0.7, 0.8),
}


@dataclass(slots=True, eq=False)
class Cutouts:
    """The cut-outs of a parts folder.

    Attributes:
        pictures: by kind, (h, w, 4) uint8 RGBA, in the order of cutouts.csv.
    """

    pictures: dict[str, list[npt.NDArray[np.uint8]]]
    _shrunk: OrderedDict[tuple[str, int, int], Floats] = field(default_factory=OrderedDict)

    def kinds(self) -> tuple[str, ...]:
        """What there is, sorted."""
        return tuple(sorted(self.pictures))

    def draw(
        self, layer: Layer, view: FloorView, kind: str, at_m: tuple[float, float, float], rng: np.random.Generator
    ) -> int:
        """Stand one of `kind` at (x, y, z) metres, facing the camera, and return the thing's number."""
        index = int(rng.integers(0, len(self.pictures[kind])))
        scale = view.scale(at_m[1])
        low, high = HEIGHTS_M[kind]
        picture = self.sized(kind, index, rng.uniform(low, high) * scale)
        colour, alpha = f32(picture[..., :3] / np.maximum(picture[..., 3:], 1e-3)), picture[..., 3]
        if kind == "trash bag":
            colour = _bag_tint(colour, alpha, rng)
        elif rng.random() < 0.5:
            colour = f32(colour * rng.uniform(0.8, 1.15, 3))
        if rng.random() < 0.5:
            colour, alpha = colour[:, ::-1], alpha[:, ::-1]
        foot = view.project(f32([at_m]))[0]
        height, width = alpha.shape
        sink = 0.02 * height  # real things touch the floor with more than one pixel
        corner = (round(float(foot[0]) - width / 2), round(float(foot[1]) - height + sink))
        return layer.over(np.asarray(_grounded(colour), np.float32), np.asarray(alpha, np.float32), corner)

    def sized(self, kind: str, index: int, height_px: float) -> Floats:
        """(h, w, 4) float32 premultiplied RGBA, colours 0 to 255 and alpha 0 to 1, at about this height."""
        nearest = min(_HEIGHTS_PX, key=lambda step: abs(step - height_px))
        key = (kind, index, nearest)
        if key in self._shrunk:
            self._shrunk.move_to_end(key)
            return self._shrunk[key]
        self._shrunk[key] = _shrink(self.pictures[kind][index], nearest)
        if len(self._shrunk) > _KEPT:
            self._shrunk.popitem(last=False)
        return self._shrunk[key]


def read_cutouts(parts: Path) -> Cutouts:
    """Read all cut-outs of things that stand about.

    Args:
        parts: folder with `cutouts.csv`, whose columns `cutout` and `what` name the pictures and what they show.

    Raises:
        DatasetMissingError: there is no such table.
        DatasetInvalidError: a picture cannot be read, or has no transparency.
    """
    table = parts / "cutouts.csv"
    if not table.is_file():
        raise DatasetMissingError(f"{table}: there is no such file")
    pictures: dict[str, list[npt.NDArray[np.uint8]]] = {}
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["what"] in HEIGHTS_M and row.get("borders_touched", "0") == "0":
                pictures.setdefault(row["what"], []).append(_read(parts / row["cutout"]))
    return Cutouts(pictures)


def _read(path: Path) -> npt.NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        raise DatasetInvalidError(f"{path}: expected a picture with transparency")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA), np.uint8)


def _shrink(picture: npt.NDArray[np.uint8], height_px: int) -> Floats:
    scale = height_px / picture.shape[0]
    size_wh = (max(2, round(picture.shape[1] * scale)), height_px)
    # The outermost pixels of a cut-out still show what was behind it.
    alpha = np.clip((picture[..., 3:].astype(np.float32) / 255 - 0.4) / 0.5, 0, 1)
    premultiplied = np.concatenate([picture[..., :3] * alpha, alpha], axis=2)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(premultiplied, size_wh, interpolation=how), np.float32)


def _bag_tint(colour: Floats, alpha: Floats, rng: np.random.Generator) -> Floats:
    choice = rng.random()
    if choice < 0.4:
        return np.asarray(colour * f32(rng.uniform(0.85, 1.1)), np.float32)
    grey = (colour @ f32([0.3, 0.59, 0.11]))[..., None]
    mean = float(grey[..., 0][alpha > 0.5].mean()) if (alpha > 0.5).any() else 128.0
    fold = (grey - mean) * f32(1.15)
    if choice < 0.75:  # black film: dark, with glints where it is creased
        glints = np.clip(fold - 22, 0, None) * f32(1.6)
        return np.asarray(np.clip(34 + fold * f32(0.38) + glints, 3, 235), np.float32)
    film = f32(rng.uniform(60, 215, 3)) if choice < 0.9 else f32(rng.uniform(190, 225) * np.ones(3))
    return np.asarray(np.clip(film + fold * f32(0.8), 4, 250), np.float32)


def _grounded(colour: Floats) -> Floats:
    fall = np.linspace(1.06, 0.78, colour.shape[0], dtype=np.float32)[:, None, None]
    return np.asarray(colour * fall, np.float32)
