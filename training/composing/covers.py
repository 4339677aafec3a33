"""Compositions that put manholes into real ground: open, raised or broken ones, flush ones, and what only looks so."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.arrays import Floats, blurred, vector
from hazardlens.training.composing.covers_like import KINDS, put_likeness
from hazardlens.training.composing.covers_pattern import Face, Make, draw_face, draw_make
from hazardlens.training.composing.covers_place import Place, find_place, put
from hazardlens.training.composing.covers_render import Collar, Manhole
from hazardlens.training.composing.covers_states import OPEN, RAISED, closed, flush, pick
from hazardlens.training.composing.ground import Ground, find_ground
from hazardlens.training.composing.noise import noise_at
from hazardlens.training.composing.scene import Pixels, Scene
from hazardlens.training.data.records import PhotoRecord

STREETS: Final = frozenset({"cn-bins-web", "cn-bins-web-mh", "amsterdam-garbage", "amsterdam-garbage-mh", "mine-atanu"})
_NEARNESS: Final = (1.7, 7.0)  # heights of the camera in half widths of a cover: bent down to it, or far from it
_CLOSE_UP: Final = 0.12  # share of other things on ground that may fill the whole picture

Build = Callable[[Manhole, np.random.Generator], Manhole]


def raised(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """Raised, tilted, displaced, sunk or broken."""
    return pick(RAISED, rng)(manhole, rng)


def opened(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """The cover is gone, or lies apart."""
    return pick(OPEN, rng)(manhole, rng)


_STATES: Final[tuple[tuple[str, Build, float], ...]] = (
    ("manhole_open", opened, 0.38), ("manhole_raised", raised, 0.4), ("manhole_ok", flush, 0.22),
)  # fmt: skip


def _any_state(rng: np.random.Generator) -> tuple[str, Build]:
    label, build, _ = _STATES[int(rng.choice(len(_STATES), p=[share for _, _, share in _STATES]))]
    return label, build


@dataclass(frozen=True, slots=True)
class DrawnCover:
    """A manhole drawn on free ground of a street photo."""

    name: str
    label: str
    build: Build

    def suits(self, record: PhotoRecord) -> bool:
        """Photos of streets and estates."""
        return record.source in STREETS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Find ground, build a manhole in the wanted state, draw it."""
        place = find_place(scene, find_ground(scene, rng), rng, _NEARNESS)
        if place is None:
            return None
        make = draw_make(rng)
        return put(scene, self.build(closed(make, draw_face(make, rng), rng), rng), self.label, place, rng)


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
        width, height = int(share * scene.width_px), int(share * scene.height_px)
        cut = _enlarged(scene.pixels[y : y + height, x : x + width], (scene.width_px, scene.height_px), rng)
        near = Scene(cut, np.zeros((0, 4), np.float32), (), scene.looked_for)
        size = min(scene.width_px, scene.height_px)
        half = float(size * np.exp(rng.uniform(np.log(0.13), np.log(0.4))))
        at = (rng.uniform(0.3, 0.7) * scene.width_px, rng.uniform(0.35, 0.7) * scene.height_px)
        place = Place(at, half, float((min(ground.horizon_px, y - 10) - y) / share * rng.uniform(0.5, 1.4)))
        make = draw_make(rng)
        label, build = _any_state(rng)
        softness = (0.4 + 0.12 / share, 0.6 + 0.25 / share)
        return put(near, build(closed(make, draw_face(make, rng), rng), rng), label, place, rng, softness)


def _free_ground(scene: Scene, ground: Ground, rng: np.random.Generator) -> tuple[int, int, float] | None:
    for _ in range(40):
        share = rng.uniform(0.28, 0.62)
        x, y = rng.uniform(0, 1 - share) * scene.width_px, rng.uniform(0.3, 1 - share) * scene.height_px
        last = x + share * scene.width_px - 1, y + share * scene.height_px - 1
        if y > 0 and ground.odd_share_of(x, y, *last) < _CLOSE_UP:
            return int(x), int(y), float(share)
    return None


def _enlarged(pixels: Pixels, size_wh: tuple[int, int], rng: np.random.Generator) -> Pixels:
    # Enlarging leaves no fine detail, which no camera so near would miss: some grit makes up for it.
    large = np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_CUBIC), np.float32)
    u, v = np.meshgrid(np.arange(size_wh[0], dtype=np.float32), np.arange(size_wh[1], dtype=np.float32))
    depth = 0.6 + 0.8 * v / size_wh[1]  # finer where it is further away
    places = [np.asarray(axis / depth, np.float32) for axis in (0.01 * u, 0.015 * v)]
    grit = noise_at(places[0], places[1], rng, scale=2.5)
    grit = grit - blurred(grit, 2.5)
    amount = np.float32(rng.uniform(0.3, 0.9) * min(float(large.std()), 25))
    return np.asarray(np.clip(large + amount * grit[..., None], 0, 255), np.uint8)


@dataclass(frozen=True, slots=True)
class RealCover:
    """A real flush cover that has a box: opened, raised or broken where it lies, with its own face."""

    name: str = "covers-real"

    def suits(self, record: PhotoRecord) -> bool:
        """Photos with a flush cover that has a box."""
        return "manhole_ok" in record.labels

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Read size and perspective off the box, lift the face, draw the new state over the old cover."""
        which = [k for k, label in enumerate(scene.labels) if label == "manhole_ok"]
        if not which:
            return None
        chosen = int(rng.choice(which))
        place = _place_of(scene, chosen)
        kept = [k for k in range(len(scene.labels)) if k != chosen]
        without = replace(scene, boxes_xyxy=scene.boxes_xyxy[kept], labels=tuple(scene.labels[k] for k in kept))
        if place is None:
            return None
        make = Make(is_round=True, half_depth=1.0, material="iron", pattern="plain")
        face = _lifted(scene, place, draw_face(make, rng), rng)
        label, build = _STATES[int(rng.random() < 0.5)][:2]
        manhole = build(closed(make, face, rng), rng)
        width, albedo = float(rng.uniform(0.3, 0.42)), vector([0.3, 0.29, 0.27])
        collar = Collar(width, albedo * np.float32(rng.uniform(0.4, 1.2)), 0.96)  # hides what is left of the old one
        return put(without, replace(manhole, collar=collar), label, place, rng)


def _place_of(scene: Scene, index: int) -> Place | None:
    x_min, y_min, x_max, y_max = scene.boxes_xyxy[index].tolist()
    half, flat = (x_max - x_min) / 2, min((y_max - y_min) / (x_max - x_min), 0.97)
    if half < 10 or flat < 0.12:
        return None
    middle = (x_min + x_max) / 2, (y_min + y_max) / 2
    focal = 0.85 * max(scene.width_px, scene.height_px)
    pitch = float(np.arcsin(flat) - np.arctan2(middle[1] - scene.height_px / 2, focal))
    return Place(middle, half, float(scene.height_px / 2 - focal * np.tan(min(pitch, 1.45))))


def _lifted(scene: Scene, place: Place, drawn: Face, rng: np.random.Generator) -> Face:
    side = drawn.solid.shape[0]
    line = np.linspace(-1.0, 1.0, side, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    points = np.stack([x.ravel(), y.ravel(), np.zeros(x.size, np.float32)], axis=1)
    pixels = place.camera(scene, 0.0).project(points).reshape(side, side, 2)
    seen = cv2.remap(scene.pixels, pixels[..., 0], pixels[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    light: Floats = place.light(scene, rng).colour
    albedo = np.square(np.asarray(seen, np.float32) / 255) / np.maximum(light, 0.02)
    return replace(drawn, albedo=np.asarray(np.clip(albedo, 0.01, 0.8), np.float32), slope=drawn.slope * 0)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Something dark, round or flat on the ground that is no manhole. It adds no box."""

    name: str = "covers-likeness"

    def suits(self, record: PhotoRecord) -> bool:
        """Photos of streets and estates."""
        return record.source in STREETS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Find ground, draw one of the kinds."""
        place = find_place(scene, find_ground(scene, rng), rng, _NEARNESS)
        return None if place is None else put_likeness(scene, str(rng.choice(KINDS)), place, rng)


COVERS: Final = (
    DrawnCover("covers-open", "manhole_open", opened),
    DrawnCover("covers-raised", "manhole_raised", raised),
    DrawnCover("covers-flush", "manhole_ok", flush),
    CloseUp(),
    RealCover(),
    Likeness(),
)
