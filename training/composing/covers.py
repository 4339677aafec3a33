"""Compositions that put manholes into real ground: open, raised or broken ones, flush ones, and what only looks so."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hazardlens.training.composing.arrays import Floats, blurred, resized, vector
from hazardlens.training.composing.camera import GroundCamera, camera_over
from hazardlens.training.composing.covers_pattern import draw_face, draw_make
from hazardlens.training.composing.covers_render import Drawn, Manhole, draw_manhole, region_of
from hazardlens.training.composing.covers_states import OPEN, RAISED, closed, flush, pick
from hazardlens.training.composing.ground import Ground, find_ground
from hazardlens.training.composing.light import add_grain, box_of, grain_of, light_at, to_linear
from hazardlens.training.composing.scene import Box, Scene
from hazardlens.training.data.records import PhotoRecord

STREETS: Final = frozenset({"cn-bins-web", "cn-bins-web-mh", "amsterdam-garbage", "amsterdam-garbage-mh", "mine-atanu"})
_TRIES: Final = 60
_WORST: Final = 1.7  # cost of a cell on which a cover may still lie
_LEAST_PX: Final = 9.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a manhole of half width 1 goes: its centre and half width in the photo, and the horizon there."""

    at_px: tuple[float, float]
    half_width_px: float
    horizon_px: float

    def camera(self, scene: Scene, turn_rad: float) -> GroundCamera:
        """The camera that sees it so."""
        return camera_over((scene.width_px, scene.height_px), self.horizon_px, self.at_px, self.half_width_px, turn_rad)


def find_place(scene: Scene, ground: Ground, rng: np.random.Generator, nearness: tuple[float, float]) -> Place | None:
    """A free piece of ground for a manhole, or None.

    Args:
        scene: the photo.
        ground: what is known about its ground.
        rng: which piece, and how large.
        nearness: least and most height of the camera in half widths of the cover; a person's is 4 to 6.
    """
    found: list[tuple[float, Place]] = []
    side = max(scene.width_px, scene.height_px)
    focal = 0.85 * side
    pitch = np.arctan2(scene.height_px / 2 - ground.horizon_px, focal)
    for _ in range(_TRIES):
        u, v = rng.uniform(0.05, 0.95) * scene.width_px, rng.uniform(0.3, 0.98) * scene.height_px
        below = np.sin(pitch) + (v - scene.height_px / 2) / focal * np.cos(pitch)
        half = focal * below / np.exp(rng.uniform(*np.log(nearness)))
        flat = float(np.clip(below, 0.05, 1))
        if below < 0.08 or not max(_LEAST_PX, 0.022 * side) < half < 0.36 * side or half * flat < 4:
            continue
        cost = ground.cost_of(u - 1.1 * half, v - 1.2 * half * flat, u + 1.1 * half, v + 1.2 * half * flat)
        if cost < _WORST:
            found.append((cost, Place((float(u), float(v)), float(half), ground.horizon_px)))
        if len(found) >= 5:
            break
    return min(found, key=lambda pair: pair[0])[1] if found else None


def put(scene: Scene, manhole: Manhole, label: str | None, place: Place, rng: np.random.Generator) -> Scene | None:
    """`scene` with a manhole drawn at `place`; None when it would touch a box or leave the photo."""
    turn = float(rng.uniform(0, 2 * np.pi) if manhole.shaft.opening.is_round else rng.normal(0, 0.5))
    camera = place.camera(scene, turn)
    x, y, half = int(place.at_px[0]), int(place.at_px[1]), int(place.half_width_px)
    near = scene.pixels[max(0, y - half) : y + half, max(0, x - 2 * half) : x + 2 * half]
    light = light_at(to_linear(near.reshape(-1, 3)[:: max(1, near.size // 6000)]), rng)
    wanted = region_of(manhole, camera, light)
    region = (max(0, wanted[0]), max(0, wanted[1]), min(scene.width_px, wanted[2]), min(scene.height_px, wanted[3]))
    if region[2] - region[0] < 12 or region[3] - region[1] < 6:
        return None
    drawn = draw_manhole(manhole, camera, light, region, rng)
    box = _box(drawn, manhole, label)
    if box is None or _touches(scene, box):
        return None
    return scene.with_part(finish(scene, drawn, grain_of(np.ascontiguousarray(near)), rng), label, box)


def finish(scene: Scene, drawn: Drawn, grain: float, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """The photo with the part in it, as sharp and as noisy as its surroundings."""
    x, y = drawn.origin_px
    height, width = drawn.ground.shape
    before = to_linear(scene.pixels[y : y + height, x : x + width])
    part = np.concatenate([drawn.colour, (drawn.hole + drawn.cover + drawn.rest)[..., None]], axis=2)
    part = blurred(part, rng.uniform(0.35, 0.75))
    share = np.clip(part[..., 3], 0, 1)
    after = before * (drawn.ground * (1 - share))[..., None] + part[..., :3] * _drift(before)[..., None]
    after = add_grain(np.asarray(after, np.float32), share, float(np.clip(grain, 0.6, 3.5)), rng)
    values = np.sqrt(np.clip(after, 0, 1)) * 255
    changed = (share > 0.004) | (drawn.ground < 0.99)
    result = scene.pixels.copy()
    result[y : y + height, x : x + width][changed] = np.asarray(values + 0.5, np.uint8)[changed]
    return result


def _drift(linear: Floats) -> Floats:
    # Large shadows and the fall of a lamp's light go on over the part.
    grey = linear.mean(axis=2)
    coarse = resized(grey, (5, 5))
    coarse = np.clip(coarse / (np.median(coarse) + 1e-4), 0.6, 1.6)
    return resized(coarse, (grey.shape[1], grey.shape[0]), smooth=True)


def _box(drawn: Drawn, manhole: Manhole, label: str | None) -> Box | None:
    narrow = manhole.collar is not None and manhole.collar.width < 0.12
    whole = drawn.hole + drawn.rest * narrow
    if label != "manhole_open":
        whole = whole + drawn.cover
    if float(whole.sum()) < 40:
        return None
    return box_of(np.asarray(whole, np.float32), drawn.origin_px)


def _touches(scene: Scene, box: Box) -> bool:
    low = np.maximum(scene.boxes_xyxy[:, :2], vector(box[:2]))
    high = np.minimum(scene.boxes_xyxy[:, 2:], vector(box[2:]))
    return bool(np.any(np.all(high > low, axis=1)))


@dataclass(frozen=True, slots=True)
class DrawnCover:
    """A manhole drawn on free ground of any street photo."""

    name: str
    label: str
    build: Callable[[Manhole, np.random.Generator], Manhole]

    def suits(self, record: PhotoRecord) -> bool:
        """Photos taken out of doors."""
        return record.source in STREETS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Find ground, build a manhole in the wanted state, draw it."""
        place = find_place(scene, find_ground(scene, rng), rng, (1.7, 7.0))
        if place is None:
            return None
        make = draw_make(rng)
        manhole = self.build(closed(make, draw_face(make, rng), rng), rng)
        return put(scene, manhole, self.label, place, rng)


def _raised(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    return pick(RAISED, rng)(manhole, rng)


def _open(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    return pick(OPEN, rng)(manhole, rng)


COVERS: Final = (
    DrawnCover("covers-open", "manhole_open", _open),
    DrawnCover("covers-raised", "manhole_raised", _raised),
    DrawnCover("covers-flush", "manhole_ok", flush),
)
