"""The ways in which cables run, hang, coil and lie: curves in pixels of the photo, before they are drawn."""

from dataclasses import dataclass

import numpy as np

from hazardlens.training.composing.arrays import Floats, vector

_STEPS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Strand:
    """One cable.

    Attributes:
        points: (N, 2) float32 pixels.
        widths: (N,) float32 pixels, smaller where it is further away.
        loose_end: whether the last point is an end that shows, not one that leaves the picture or is fixed.
    """

    points: Floats
    widths: Floats
    loose_end: bool = False


def wavy(count: int, rng: np.random.Generator, bumps: int) -> Floats:
    """(count,) smooth wandering, deviation about 1."""
    knots = rng.standard_normal(bumps + 3)
    place = np.linspace(1, bumps + 1, count)
    low = place.astype(int)
    part = (1 - np.cos(np.pi * (place - low))) / 2
    return np.asarray(knots[low] * (1 - part) + knots[np.minimum(low + 1, bumps + 2)] * part, np.float32)


def slung(first: Floats, last: Floats, sag_px: float, width_px: float, rng: np.random.Generator) -> Strand:
    """Between two fixed points, hanging through by `sag_px` in its middle, somewhat unevenly."""
    along = np.linspace(0, 1, _STEPS, dtype=np.float32)
    lean = np.float32(rng.uniform(0.75, 1.35)) if sag_px > 6 else np.float32(1)
    droop = 4 * along**lean * (1 - along**lean)
    points = first + (last - first) * along[:, None]
    points[:, 1] += sag_px * droop
    if sag_px > 6:  # a slack cable keeps bends from the drum
        points += (wavy(_STEPS, rng, 7) * np.sin(np.pi * along) * np.float32(0.02 * sag_px + 0.4))[:, None] * vector(
            [0.6, 1]
        )
    far = np.linspace(np.exp(rng.normal(0, 0.12)), np.exp(rng.normal(0, 0.12)), _STEPS)
    return Strand(np.asarray(points, np.float32), np.asarray(width_px * far, np.float32))


def hanging(top: Floats, length_px: float, width_px: float, rng: np.random.Generator) -> Strand:
    """From a fixed point downwards to an end that hangs free, with what stiffness and drum have left in it."""
    along = np.linspace(0, 1, _STEPS, dtype=np.float32)
    start = rng.normal(0, 0.9) if rng.random() < 0.6 else rng.choice([-1.0, 1.0]) * rng.uniform(0.9, 2.2)
    heading = start * np.exp(-along * rng.uniform(3, 12)) + rng.normal(0, 0.1)
    heading = heading + wavy(_STEPS, rng, 5) * np.float32(rng.uniform(0.02, 0.3))
    heading = heading + np.clip(along - rng.uniform(0.55, 0.9), 0, None) * rng.normal(0, 7)
    step = np.float32(length_px / _STEPS)
    moves = np.stack([np.sin(heading), np.cos(heading)], axis=1) * step
    return Strand(np.asarray(top + np.cumsum(moves, axis=0), np.float32), _even(width_px), loose_end=True)


def coiled(centre: Floats, radius_px: float, flat: float, width_px: float, rng: np.random.Generator) -> Strand:
    """Turn upon turn round a hook or on the floor, none quite like the other, with a tail.

    Args:
        centre: (2,) pixels.
        radius_px: mean radius.
        flat: height over width: 1 on a wall before the camera, less on the floor.
        width_px: of the cable.
        rng: how untidy.
    """
    turns = rng.uniform(2.5, 8)
    count = int(turns * 26)
    angle = np.linspace(0, 2 * np.pi * turns, count, dtype=np.float32) + np.float32(rng.uniform(0, 6.3))
    untidy = np.float32(rng.uniform(0.03, 0.16))
    radius = radius_px * (1 + untidy * wavy(count, rng, int(turns * 2)))
    shift = np.stack([wavy(count, rng, int(turns)), wavy(count, rng, int(turns))], axis=1) * untidy * radius_px
    points = centre + shift + np.stack([np.cos(angle) * radius, np.sin(angle) * radius * flat], axis=1)
    if flat > 0.7:  # it hangs: longer below
        below = np.maximum(points[:, 1] - centre[1], 0)
        points[:, 1] += below * np.float32(rng.uniform(0.05, 0.6))
    if rng.random() < 0.7:
        tail = hanging(points[-1], radius_px * rng.uniform(0.6, 2.2), width_px, rng).points
        tail = points[-1] + (tail - points[-1]) * vector([1, max(flat, 0.25)])
        points = np.concatenate([points, tail])
    return Strand(np.asarray(points, np.float32), np.full(len(points), width_px, np.float32), loose_end=True)


def lying(start: Floats, reach_px: float, horizon_px: float, width_px: float, rng: np.random.Generator) -> Strand:
    """On the ground, wandering off from `start`; it is drawn as thin as the ground there is far away."""
    count = 2 * _STEPS
    heading = rng.uniform(-0.5, 0.5) + np.cumsum(wavy(count, rng, 12)) * np.float32(rng.uniform(0.02, 0.075))
    side = np.float32(rng.choice([-1.0, 1.0]))
    near = max(float(start[1]) - horizon_px, 8.0)
    depth = np.full(count, near, np.float32)
    x = np.full(count, start[0], np.float32)
    step = reach_px / count
    for k in range(1, count):
        scale = depth[k - 1] / near
        x[k] = x[k - 1] + side * np.cos(heading[k]) * step * scale
        depth[k] = max(depth[k - 1] + np.sin(heading[k]) * step * scale * 0.45, 0.15 * near)
    points = np.stack([x, depth + np.float32(horizon_px)], axis=1)
    return Strand(points, np.asarray(width_px * np.clip(depth / near, 0.2, 2.5), np.float32), loose_end=True)


def fallen(
    top: Floats, foot: Floats, reach_px: float, horizon_px: float, width_px: float, rng: np.random.Generator
) -> Strand:
    """Down from a fixed point to the ground, and on along it."""
    sag = 0.12 * float(np.hypot(*(foot - top))) * rng.uniform(0.2, 1.6)
    down = slung(top, foot, sag, width_px, rng)
    along = lying(foot, reach_px, horizon_px, width_px, rng)
    points = _rounded(np.concatenate([down.points[:-1], along.points]))
    return Strand(points, np.concatenate([down.widths[:-1], along.widths]), loose_end=True)


def _rounded(points: Floats) -> Floats:
    padded = np.pad(points, ((4, 4), (0, 0)), mode="edge")
    weights = np.hanning(11)[1:-1] / np.hanning(11).sum()
    smooth = [np.convolve(padded[:, axis], weights, mode="valid") for axis in (0, 1)]
    return np.asarray(np.stack(smooth, axis=1), np.float32)


def bundle(strand: Strand, count: int, apart_px: float, rng: np.random.Generator) -> list[Strand]:
    """`count` cables that keep to the same way, crossing each other."""
    tangent = np.gradient(strand.points, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    normal /= np.maximum(np.hypot(normal[:, 0], normal[:, 1]), 1e-3)[:, None]
    strands = []
    for k in range(count):
        aside = (k - (count - 1) / 2) * apart_px + wavy(len(normal), rng, 5) * np.float32(apart_px * 0.7)
        width = strand.widths * np.float32(rng.uniform(0.6, 1.15))
        cut = len(normal) - (int(rng.integers(0, len(normal) // 8)) if strand.loose_end else 0)
        points = np.asarray(strand.points + normal * aside[:, None], np.float32)
        strands.append(Strand(points[:cut], np.asarray(width[:cut], np.float32), strand.loose_end))
    return strands


def _even(width_px: float) -> Floats:
    return np.full(_STEPS, width_px, np.float32)
