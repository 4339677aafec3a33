"""Compositions that put manholes into real ground: open, raised or broken ones, flush ones, and what only looks so."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.arrays import Floats, vector
from hazardlens.training.composing.covers_like import KINDS, put_likeness
from hazardlens.training.composing.covers_near import NEARNESS, STREETS, CloseUp, Framed
from hazardlens.training.composing.covers_pattern import Face, Make, draw_face
from hazardlens.training.composing.covers_place import Place, find_place, put
from hazardlens.training.composing.covers_render import Collar
from hazardlens.training.composing.covers_states import closed, draw_manhole_in, in_state
from hazardlens.training.composing.ground import find_ground
from hazardlens.training.composing.scene import Scene
from hazardlens.training.data.records import PhotoRecord


@dataclass(frozen=True, slots=True)
class DrawnCover:
    """A manhole drawn on free ground of a street photo."""

    name: str
    label: str

    def suits(self, record: PhotoRecord) -> bool:
        """Photos of streets and estates."""
        return record.source in STREETS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Find ground, build a manhole in the wanted state, draw it."""
        place = find_place(scene, find_ground(scene, rng), rng, NEARNESS)
        return (
            None
            if place is None
            else put(scene, draw_manhole_in(self.label, place.half_width_px, rng), self.label, place, rng)
        )


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
        label = "manhole_open" if rng.random() < 0.5 else "manhole_raised"
        manhole = in_state(closed(make, face, rng), label, place.half_width_px, rng)
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
        place = find_place(scene, find_ground(scene, rng), rng, NEARNESS)
        return None if place is None else put_likeness(scene, str(rng.choice(KINDS)), place, rng)


COVERS: Final = (
    DrawnCover("covers-open", "manhole_open"),
    DrawnCover("covers-raised", "manhole_raised"),
    DrawnCover("covers-flush", "manhole_ok"),
    CloseUp(),
    Framed(),
    RealCover(),
    Likeness(),
)
