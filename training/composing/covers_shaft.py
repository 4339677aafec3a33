"""What is seen through an open manhole: frame, ledge, wall, rungs, and what stands or lies at the bottom."""

from dataclasses import dataclass

import numpy as np

from hazardlens.training.composing.arrays import Floats, vector
from hazardlens.training.composing.covers_solid import Outline
from hazardlens.training.composing.light import Light
from hazardlens.training.composing.noise import noise_at


@dataclass(frozen=True, slots=True, eq=False)
class Shaft:
    """A hole in the ground. Lengths in half widths of its opening.

    Attributes:
        opening: outline at ground level.
        seat: depth of the ledge on which the cover lies.
        inner: outline below the ledge.
        depth: of the bottom.
        wall: albedo (3,) of the wall.
        frame: albedo (3,) of the frame, above the ledge.
        bricks: whether the wall is laid of bricks or rings; else it is smooth.
        rungs_at_rad: where on the wall the rungs are, or None.
        bottom: "water", "mud", "rubbish" or "dry".
        ragged: how far the broken edge of the opening strays.
    """

    opening: Outline
    seat: float
    inner: Outline
    depth: float
    wall: Floats
    frame: Floats
    bricks: bool
    rungs_at_rad: float | None
    bottom: str
    ragged: float


def draw_shaft(outline: Outline, rng: np.random.Generator) -> Shaft:
    """A shaft under a cover of this outline."""
    wall = {"brick": (0.24, 0.13, 0.09), "concrete": (0.3, 0.29, 0.26), "dark": (0.1, 0.095, 0.085)}
    kind = str(rng.choice(["brick", "concrete", "concrete", "dark"]))
    iron = rng.random() < 0.65
    frame = (0.11, 0.1, 0.09) if iron else (0.3, 0.29, 0.27)
    deep = rng.random() < 0.7
    return Shaft(
        opening=outline,
        seat=float(rng.uniform(0.06, 0.22)),
        inner=outline.scaled(float(rng.uniform(0.8, 0.93))),
        depth=float(rng.uniform(2.0, 7.0) if deep else rng.uniform(0.7, 2.0)),
        wall=vector(wall[kind]) * np.float32(rng.uniform(0.6, 1.3)),
        frame=vector(frame) * np.float32(rng.uniform(0.7, 1.5)),
        bricks=kind == "brick" or rng.random() < 0.3,
        rungs_at_rad=float(rng.uniform(0, 2 * np.pi)) if rng.random() < 0.4 else None,
        bottom=str(rng.choice(["water", "water", "mud", "mud", "rubbish", "dry"])),
        ragged=float(rng.uniform(0.02, 0.1) if rng.random() < 0.3 else rng.uniform(0, 0.015)),
    )


def look_into(
    shaft: Shaft, eye: Floats, rays: Floats, way_in: Floats, light: Light, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """What rays that enter the opening meet.

    Args:
        shaft: the hole.
        eye: (3, 1) the camera.
        rays: (3, N) of which each meets the ground inside the opening.
        way_in: (N,) how far along the ray that is.
        light: on the ground.
        rng: stains and rubbish.

    Returns:
        (3, N) colours, linear and without shadows of a cover; (N,) how far along the ray; (3, N) the points.
    """
    _, frame_out = shaft.opening.span(eye, rays)
    frame_out = np.maximum(frame_out, way_in)  # a ragged edge lets rays in beside the opening
    seat_at = (-np.float32(shaft.seat) - eye[2]) / rays[2]
    _, wall_out = shaft.inner.span(eye, rays)
    wall_out = np.maximum(wall_out, seat_at)
    bottom_at = (-np.float32(shaft.depth) - eye[2]) / rays[2]
    on_frame = frame_out < seat_at
    at_seat = eye + rays * seat_at
    on_seat = ~on_frame & (shaft.inner.distance(at_seat[0], at_seat[1]) > 0)
    on_wall = ~on_frame & ~on_seat & (wall_out < bottom_at)
    way = np.where(on_frame, frame_out, np.where(on_seat, seat_at, np.where(on_wall, wall_out, bottom_at)))
    points = np.asarray(eye + rays * way, np.float32)
    facing = np.where(on_frame | on_wall, 0, 1).astype(np.float32)
    reached = light_inside(shaft, points, facing, light)
    albedo = np.where(on_wall, _wall(shaft, points, rng), _bottom(shaft, points, rng))
    albedo = np.where(on_frame | on_seat, shaft.frame[:, None], albedo)
    return np.asarray(albedo * reached * light.colour[:, None], np.float32), np.asarray(way, np.float32), points


def light_inside(shaft: Shaft, points: Floats, facing_up: Floats, light: Light) -> Floats:
    """How much light (1: as on open ground) reaches (3, N) points in the shaft; (N,) says which face up."""
    depth = np.maximum(-points[2], 0)
    size = np.float32(min(shaft.inner.half_width, shaft.inner.half_depth))
    wide = size * size / (size * size + depth * depth)
    sky = np.where(facing_up > 0, wide, 0.3 * (1 - depth / np.sqrt(depth * depth + 3 * size * size)))
    sun = light.sun
    entry = depth / np.maximum(sun[2], 0.05)
    outside = shaft.opening.distance(points[0] + sun[0] * entry, points[1] + sun[1] * entry)
    seen = np.clip(0.5 - outside / (0.02 + 0.03 * entry), 0, 1)
    inward = -(points[0] * sun[0] + points[1] * sun[1]) / np.maximum(np.hypot(points[0], points[1]), 1e-3)
    slant = np.where(facing_up > 0, 1.0, np.maximum(inward, 0) / max(float(sun[2]), 0.2))
    lit = (1 - light.sun_share) * sky + light.sun_share * seen * slant
    return np.asarray(lit + 0.012 * np.exp(-0.4 * depth), np.float32)


def _wall(shaft: Shaft, points: Floats, rng: np.random.Generator) -> Floats:
    angle = np.arctan2(points[1], points[0])
    height = points[2]
    stains = np.clip(1 + 0.3 * noise_at(angle, height * 0.4, rng, scale=0.6), 0.3, 1.8)
    if shaft.bricks:
        course = np.floor(height / 0.16)
        along = np.mod(angle / 0.42 + 0.5 * np.mod(course, 2), 1)
        joint = (np.mod(height / 0.16, 1) < 0.14) | (along < 0.06)
        stains = np.where(joint, stains * 0.6, stains)
    if shaft.rungs_at_rad is not None:
        off = np.abs(np.angle(np.exp(1j * (angle - shaft.rungs_at_rad))))
        rung = (off < 0.26) & (np.mod(-height - 0.35, 0.75) < 0.09) & (height < -0.3)
        stains = np.where(rung, 1.9, stains)
    wet = np.clip(1.1 + height / shaft.depth * 0.6, 0.3, 1)
    return np.asarray(shaft.wall[:, None] * (stains * wet), np.float32)


def _bottom(shaft: Shaft, points: Floats, rng: np.random.Generator) -> Floats:
    spots = noise_at(points[0], points[1], rng, scale=0.5)
    if shaft.bottom == "water":  # it mirrors the sky, less where the shaft's wall stands before it
        spots = noise_at(points[0], points[1], rng, scale=0.12)
        mirrored = np.clip(0.4 + 0.1 * spots - 0.35 * np.hypot(points[0], points[1]), 0.02, 1.2)
        return np.asarray(vector([0.8, 0.9, 1.0])[:, None] * mirrored, np.float32)
    if shaft.bottom == "rubbish":
        pieces = noise_at(points[0], points[1], rng, scale=1.4)
        hue = np.stack([noise_at(points[0], points[1], rng, scale=0.7) for _ in range(3)])
        bright = np.where(pieces > 0.8, 2.4, np.where(pieces < -0.4, 0.35, 1))
        return np.asarray(np.clip((0.17 + 0.02 * hue) * bright, 0.02, 0.7), np.float32)
    base = (0.12, 0.1, 0.07) if shaft.bottom == "mud" else (0.2, 0.19, 0.17)
    return np.asarray(vector(base)[:, None] * np.clip(1 + 0.4 * spots, 0.2, 2), np.float32)
