"""Manholes as people photograph them: near, or with the photo framed round them, on real ground."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.arrays import Floats, blurred
from hazardlens.training.composing.covers_place import Place, find_place, put
from hazardlens.training.composing.covers_states import draw_manhole_in
from hazardlens.training.composing.ground import Ground, find_ground
from hazardlens.training.composing.noise import noise_at
from hazardlens.training.composing.scene import Pixels, Scene
from hazardlens.training.data.records import PhotoRecord

STREETS: Final = frozenset({"cn-bins-web", "cn-bins-web-mh", "amsterdam-garbage", "amsterdam-garbage-mh", "mine-atanu"})
NEARNESS: Final = (1.7, 7.0)  # heights of the camera in half widths of a cover: bent down to it, or far from it
_LABELS: Final = ("manhole_open", "manhole_raised", "manhole_ok")
_SHARES: Final = (0.38, 0.4, 0.22)
_OTHER: Final = 0.12  # share of other things on ground that may fill the whole picture
_CUT: Final = (0.06, 0.6)  # a box of which so much is left after framing would no longer be what it was


@dataclass(frozen=True, slots=True)
class CloseUp:
    """A piece of real ground enlarged until it fills the picture, with a manhole seen from near."""

    name: str = "covers-close-up"

    def suits(self, record: PhotoRecord) -> bool:
        """Photos of streets and estates."""
        return record.source in STREETS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Cut out ground that holds no box, enlarge it, draw on it."""
        ground = find_ground(scene, rng)
        found = _free_ground(scene, ground, rng)
        if found is None:
            return None
        x, y, share = found
        near = framed(scene, (x, y), share, rng)
        if near is None:
            return None
        half = float(min(near.width_px, near.height_px) * np.exp(rng.uniform(np.log(0.14), np.log(0.42))))
        at = (rng.uniform(0.3, 0.7) * scene.width_px, rng.uniform(0.35, 0.7) * scene.height_px)
        place = Place(at, half, float((min(ground.horizon_px, y - 10) - y) / share * rng.uniform(0.5, 1.4)))
        return _put_any(near, place, share, rng)


@dataclass(frozen=True, slots=True)
class Framed:
    """A manhole on free ground, and the photo cut to what is round it; boxes that stay in it stay."""

    name: str = "covers-framed"

    def suits(self, record: PhotoRecord) -> bool:
        """Photos of streets and estates."""
        return record.source in STREETS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Find ground, cut the photo round it, draw on it."""
        place = find_place(scene, find_ground(scene, rng), rng, (NEARNESS[0], 4.5))
        if place is None:
            return None
        share = float(np.clip(place.half_width_px / scene.width_px / rng.uniform(0.1, 0.3), 0.3, 1))
        for _ in range(8):
            x = int(
                np.clip(place.at_px[0] / scene.width_px - rng.uniform(0.3, 0.7) * share, 0, 1 - share) * scene.width_px
            )
            y = int(
                np.clip(place.at_px[1] / scene.height_px - rng.uniform(0.4, 0.75) * share, 0, 1 - share)
                * scene.height_px
            )
            near = framed(scene, (x, y), share, rng)
            if near is not None:
                at = (place.at_px[0] - x) / share, (place.at_px[1] - y) / share
                closer = Place(at, place.half_width_px / share, (place.horizon_px - y) / share)
                return _put_any(near, closer, share, rng)
        return None


def _put_any(near: Scene, place: Place, share: float, rng: np.random.Generator) -> Scene | None:
    label = _LABELS[int(rng.choice(len(_LABELS), p=_SHARES))]
    softness = (0.3 + 0.12 / share, 0.45 + 0.25 / share)
    return put(near, draw_manhole_in(label, place.half_width_px, rng), label, place, rng, softness)


def _free_ground(scene: Scene, ground: Ground, rng: np.random.Generator) -> tuple[int, int, float] | None:
    for _ in range(40):
        share = rng.uniform(0.28, 0.62)
        x, y = rng.uniform(0, 1 - share) * scene.width_px, rng.uniform(0.3, 1 - share) * scene.height_px
        last = x + share * scene.width_px - 1, y + share * scene.height_px - 1
        if y > 0 and ground.odd_share_of(x, y, *last) < _OTHER:
            return int(x), int(y), float(share)
    return None


def framed(scene: Scene, corner_px: tuple[int, int], share: float, rng: np.random.Generator) -> Scene | None:
    """A piece of a photo enlarged to its size, with the boxes that lie in it; None when it would cut one apart.

    Args:
        scene: the photo.
        corner_px: (x, y) of the piece's upper left corner.
        share: of the photo's width and height.
        rng: the fine detail that enlarging cannot bring.
    """
    x, y = corner_px
    width, height = int(share * scene.width_px), int(share * scene.height_px)
    size = np.array([scene.width_px, scene.height_px] * 2, np.float32)
    scale = size / np.array([width, height] * 2, np.float32)
    whole = np.asarray((scene.boxes_xyxy - np.array([x, y, x, y], np.float32)) * scale, np.float32)
    seen = np.asarray(np.clip(whole, 0, size), np.float32)
    left = _areas(seen) / np.maximum(_areas(whole), 1e-3)
    if np.any((left > _CUT[0]) & (left < _CUT[1])):
        return None
    kept = np.flatnonzero(left >= _CUT[1])
    pixels = _enlarged(scene.pixels[y : y + height, x : x + width], (scene.width_px, scene.height_px), rng)
    labels = tuple(scene.labels[index] for index in kept)
    return Scene(pixels, np.asarray(seen[kept], np.float32), labels, scene.looked_for)


def _areas(boxes_xyxy: Floats) -> Floats:
    sides = boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def _enlarged(pixels: Pixels, size_wh: tuple[int, int], rng: np.random.Generator) -> Pixels:
    # Enlarging leaves no fine detail, which no camera so near would miss: some grit makes up for it.
    large = np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_CUBIC), np.float32)
    if pixels.shape[1] > 0.8 * size_wh[0]:
        return np.asarray(np.clip(large, 0, 255), np.uint8)
    u, v = np.meshgrid(np.arange(size_wh[0], dtype=np.float32), np.arange(size_wh[1], dtype=np.float32))
    depth = 0.6 + 0.8 * v / size_wh[1]  # finer where it is further away
    places = [np.asarray(axis / depth, np.float32) for axis in (0.01 * u, 0.015 * v)]
    grit = noise_at(places[0], places[1], rng, scale=2.5)
    grit = grit - blurred(grit, 2.5)
    amount = np.float32(rng.uniform(0.2, 0.7) * min(float(large.std()), 22))
    return np.asarray(np.clip(large + amount * grit[..., None], 0, 255), np.uint8)
