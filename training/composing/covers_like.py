"""What only looks like a manhole: stains, puddles, patches, shadows, painted rings, tyres. They get no box."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hazardlens.training.composing.arrays import Floats, resized, vector
from hazardlens.training.composing.camera import GroundCamera
from hazardlens.training.composing.covers_pattern import FACE_PX, REACH, Face
from hazardlens.training.composing.covers_place import Place, finish, put
from hazardlens.training.composing.covers_render import Cover, Drawn, Manhole
from hazardlens.training.composing.covers_shaft import draw_shaft
from hazardlens.training.composing.covers_solid import Outline, pose
from hazardlens.training.composing.light import Light, grain_of
from hazardlens.training.composing.noise import noise_at
from hazardlens.training.composing.scene import Scene

KINDS: Final = ("stain", "puddle", "patch", "shadow", "ring", "tyre")
_REACH: Final = Outline(is_round=True, half_width=1.5, half_depth=1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A mark on the ground.

    Attributes:
        share: how much of the ground's own light it hides behind a colour of its own.
        dim: by what the ground's light is multiplied.
        edge: how soft its edge is, in half widths.
        ragged: how far the edge strays.
        is_round: or square.
        hollow: inner radius of a ring, in outer ones; 0 for a full disc.
        mirrors: whether its colour is the sky's.
    """

    share: float = 0.0
    dim: float = 1.0
    edge: float = 0.02
    ragged: float = 0.0
    is_round: bool = True
    hollow: float = 0.0
    mirrors: bool = False


def _mark(kind: str, rng: np.random.Generator) -> _Mark:
    two = rng.random(2)
    four_sided = bool(rng.random() < 0.5)
    if kind == "stain":
        return _Mark(dim=0.25 + 0.45 * two[0], edge=0.05 + 0.35 * two[1], ragged=0.25)
    if kind == "puddle":
        return _Mark(share=0.2 + 0.5 * two[0], dim=0.35 + 0.35 * two[1], ragged=0.22, mirrors=True)
    if kind == "patch":
        return _Mark(share=0.6 + 0.35 * two[0], ragged=0.05 * two[1], is_round=not four_sided)
    if kind == "shadow":
        return _Mark(dim=0.3 + 0.3 * two[0], edge=0.03 + 0.12 * two[1], ragged=0.3 * two[0], is_round=not four_sided)
    return _Mark(share=0.5 + 0.4 * two[0], ragged=0.015, hollow=0.75 + 0.18 * two[1])


def put_likeness(scene: Scene, kind: str, place: Place, rng: np.random.Generator) -> Scene | None:
    """`scene` with one of KINDS on its ground at `place`, and no box for it."""
    if kind == "tyre":
        return put(scene, _tyre(rng), None, place, rng)
    light = place.light(scene, rng)
    drawn = _draw(scene, _mark(kind, rng), place.camera(scene, float(rng.uniform(0, 6.3))), light, rng)
    return scene.with_part(finish(scene, drawn, grain_of(place.around(scene)), rng), None, None) if drawn else None


def _draw(scene: Scene, mark: _Mark, camera: GroundCamera, light: Light, rng: np.random.Generator) -> Drawn | None:
    corners = np.concatenate([_REACH.rim(), np.zeros((40, 1), np.float32)], axis=1)
    pixels = camera.project(corners)
    low = np.maximum(np.floor(pixels.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(pixels.max(axis=0)), [scene.width_px, scene.height_px]).astype(int)
    width, height = (high - low).tolist()
    if width < 8 or height < 4:
        return None
    u, v = np.meshgrid(np.arange(2 * width) / 2 + low[0] - 0.25, np.arange(2 * height) / 2 + low[1] - 0.25)
    rays = camera.rays(u.ravel().astype(np.float32), v.ravel().astype(np.float32))
    ground = camera.position[:, None] + rays * (-camera.position[2] / np.minimum(rays[2], -1e-3))
    inside = _inside(mark, ground, rng)
    spots = noise_at(ground[0], ground[1], rng, scale=0.5)
    if mark.mirrors:
        glow = vector([0.42, 0.46, 0.5]) * np.float32(rng.uniform(0.3, 1.6))
    else:
        glow = vector([0.5, 0.48, 0.44] if mark.hollow else [0.1, 0.1, 0.1]) * np.float32(rng.uniform(0.5, 1.6))
    share = inside * np.float32(mark.share)
    colour = glow[:, None] * light.colour[:, None] * np.clip(1 + 0.2 * spots, 0.3, 1.8) * share
    dims = 1 - (1 - np.float32(mark.dim)) * inside
    stack = np.concatenate([colour, share[None], dims[None]]).T.reshape(2 * height, 2 * width, 5)
    flat = np.concatenate(
        [resized(np.ascontiguousarray(stack[..., k]), (width, height))[..., None] for k in range(5)], 2
    )
    none = np.zeros((height, width), np.float32)
    return Drawn((int(low[0]), int(low[1])), flat[..., :3], none, none, flat[..., 3], flat[..., 4])


def _inside(mark: _Mark, ground: Floats, rng: np.random.Generator) -> Floats:
    long = np.float32(rng.uniform(0.5, 1.0))
    distance = Outline(mark.is_round, 0.9, 0.9).distance(ground[0], ground[1] / long)
    distance = distance + np.float32(mark.ragged) * noise_at(ground[0], ground[1], rng, scale=0.25)
    inside = np.clip(0.5 - distance / np.float32(mark.edge), 0, 1)
    if mark.hollow:
        inside = inside * np.clip(0.5 + (distance + np.float32(0.9 * (1 - mark.hollow))) / np.float32(mark.edge), 0, 1)
    return np.asarray(inside, np.float32)


def _tyre(rng: np.random.Generator) -> Manhole:
    line = np.linspace(-REACH, REACH, FACE_PX, dtype=np.float32)
    radius = np.hypot(*np.meshgrid(line, line))
    wall = 1 + 0.25 * np.cos(radius * rng.uniform(25, 60))
    albedo = vector([0.035, 0.035, 0.037]) * np.float32(rng.uniform(0.7, 2)) * wall[..., None]
    solid = np.asarray(radius > rng.uniform(0.5, 0.65), np.float32)
    slope = np.zeros((FACE_PX, FACE_PX, 2), np.float32)
    face = Face(np.asarray(albedo, np.float32), slope, solid, vector([0.03, 0.03, 0.03]))
    thickness = float(rng.uniform(0.3, 0.6))
    outline = Outline(is_round=True, half_width=1.0, half_depth=1.0)
    shaft = replace(draw_shaft(outline.scaled(0.001), rng), ragged=0.0)
    lies = pose(0.0, float(abs(rng.normal(0, 0.05))), 0.4, (0.0, 0.0, thickness))
    return Manhole(shaft, Cover(outline, thickness, lies, face), None)
