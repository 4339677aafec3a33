"""Where in a photo a manhole can lie, and how a drawn one becomes part of the photo there."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.training.composing.arrays import Floats, blurred, resized
from hazardlens.training.composing.camera import GroundCamera, camera_over
from hazardlens.training.composing.covers_extras import branches, litter
from hazardlens.training.composing.covers_render import Drawn, Manhole, draw_manhole, region_of
from hazardlens.training.composing.ground import Ground
from hazardlens.training.composing.light import Light, add_grain, box_of, grain_of, light_at, stored_again, to_linear
from hazardlens.training.composing.scene import Box, Pixels, Scene

SHARP: Final = (0.35, 0.75)  # deviations in px between which the camera's own softness is drawn
_TRIES: Final = 80
_WORST: Final = 1.7  # cost of ground on which a cover may still lie
_LITTERED: Final = 0.45
_WARNED: Final = 0.1  # share of open manholes with branches in them
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

    def around(self, scene: Scene) -> Pixels:
        """The pixels of the ground there."""
        x, y, half = int(self.at_px[0]), int(self.at_px[1]), int(self.half_width_px)
        return np.ascontiguousarray(scene.pixels[max(0, y - half) : y + half, max(0, x - 2 * half) : x + 2 * half])

    def light(self, scene: Scene, rng: np.random.Generator) -> Light:
        """A light that explains how the ground looks there."""
        near = self.around(scene).reshape(-1, 3)
        return light_at(to_linear(near[:: max(1, len(near) // 2000)]), rng)


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
    pitch = float(np.arctan2(scene.height_px / 2 - ground.horizon_px, focal))
    lowest, highest = np.log(nearness)
    draws = rng.random((_TRIES, 3))
    for across, down, near in draws.tolist():
        u, v = (0.05 + 0.9 * across) * scene.width_px, (0.3 + 0.68 * down) * scene.height_px
        below = float(np.sin(pitch) + (v - scene.height_px / 2) / focal * np.cos(pitch))
        half = float(focal * below / np.exp(lowest + (highest - lowest) * near))
        flat = min(max(below, 0.05), 1)
        if below < 0.08 or not max(_LEAST_PX, 0.022 * side) < half < 0.36 * side or half * flat < 4:
            continue
        cost = ground.cost_of(u - 1.1 * half, v - 1.2 * half * flat, u + 1.1 * half, v + 1.2 * half * flat)
        if cost < _WORST:
            found.append((cost, Place((u, v), half, ground.horizon_px)))
        if len(found) >= 6:
            break
    # Even ground, and mostly rather a large cover: people photograph what they report from near.
    liking = float(rng.uniform(-0.15, 0.8))
    return min(found, key=lambda pair: pair[0] - liking * np.log(pair[1].half_width_px))[1] if found else None


def put(
    scene: Scene,
    manhole: Manhole,
    label: str | None,
    place: Place,
    rng: np.random.Generator,
    softness_px: tuple[float, float] = SHARP,
) -> Scene | None:
    """`scene` with a manhole drawn at `place`; None when it would hide what has a box, or is hardly in the photo.

    Args:
        scene: the photo.
        manhole: what to draw.
        label: of its box; None for something that has none.
        place: where.
        rng: light, dirt, noise.
        softness_px: how soft the photo is, from and to.
    """
    turn = float(rng.uniform(0, 2 * np.pi) if manhole.shaft.opening.is_round else rng.normal(0, 0.5))
    camera = place.camera(scene, turn)
    light = place.light(scene, rng)
    wanted = region_of(manhole, camera, light)
    region = (max(0, wanted[0]), max(0, wanted[1]), min(scene.width_px, wanted[2]), min(scene.height_px, wanted[3]))
    if region[2] - region[0] < 12 or region[3] - region[1] < 6:
        return None
    drawn = draw_manhole(manhole, camera, light, region, rng)
    box = _box(drawn, manhole, label)
    if box is None or _hides(scene, drawn, box):
        return None
    if rng.random() < _LITTERED:
        drawn = litter(drawn, light, place.half_width_px, rng)
    pixels = finish(scene, drawn, grain_of(place.around(scene)), rng, softness_px)
    if label == "manhole_open" and rng.random() < _WARNED and not _overlaps(scene, _above(box)):
        pixels = branches(pixels, box, rng)
    return scene.with_part(pixels, label, box)


def finish(
    scene: Scene, drawn: Drawn, grain: float, rng: np.random.Generator, softness_px: tuple[float, float] = SHARP
) -> Pixels:
    """The photo with the part in it, as soft and as noisy as its surroundings; the rest keeps its pixels."""
    x, y = drawn.origin_px
    height, width = drawn.ground.shape
    before = to_linear(scene.pixels[y : y + height, x : x + width])
    part = np.concatenate([drawn.colour, (drawn.hole + drawn.cover + drawn.rest)[..., None]], axis=2)
    part = blurred(part, rng.uniform(*softness_px))
    share = np.clip(part[..., 3], 0, 1)
    after = before * (drawn.ground * (1 - share))[..., None] + part[..., :3] * _drift(before)[..., None]
    after = add_grain(np.asarray(after, np.float32), share, float(np.clip(grain, 0.6, 3.5)), rng)
    changed = (share > 0.004) | (drawn.ground < 0.99)
    result = scene.pixels.copy()
    result[y : y + height, x : x + width][changed] = stored_again(after, rng)[changed]
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


def _above(box: Box) -> Box:
    wide = box[2] - box[0]
    return (box[0] - wide, box[1] - 2 * wide, box[2] + wide, box[3])


def _overlaps(scene: Scene, box: Box) -> bool:
    low = np.maximum(scene.boxes_xyxy[:, :2], np.array(box[:2], np.float32))
    high = np.minimum(scene.boxes_xyxy[:, 2:], np.array(box[2:], np.float32))
    return bool(np.any(np.all(high > low, axis=1)))


def _hides(scene: Scene, drawn: Drawn, box: Box) -> bool:
    if _overlaps(scene, box):
        return True
    x, y = drawn.origin_px
    covered = drawn.hole + drawn.cover + drawn.rest
    height, width = covered.shape
    for x_min, y_min, x_max, y_max in (scene.boxes_xyxy - np.array([x, y, x, y], np.float32)).astype(int):
        under = covered[max(0, y_min) : max(0, min(y_max, height)), max(0, x_min) : max(0, min(x_max, width))]
        if under.size and float(under.sum()) > 8:
            return True
    return False
