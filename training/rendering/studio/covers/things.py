"""Single things of a street, each standing at the origin, and the fronts of houses."""

import math
from typing import Any, Final

import numpy as np

from hazardlens.training.rendering.studio.covers.fields import Floats, clouds, grain, mixed
from hazardlens.training.rendering.studio.covers.markers import foliage
from hazardlens.training.rendering.studio.materials import plain
from hazardlens.training.rendering.studio.shapes import block, drum, group, mesh_object, ring

_PAINTS: Final = (
    (0.6, 0.6, 0.6),
    (0.02, 0.02, 0.025),
    (0.7, 0.7, 0.72),
    (0.3, 0.02, 0.02),
    (0.03, 0.07, 0.2),
    (0.2, 0.2, 0.21),
    (0.35, 0.3, 0.22),
)


def facade(rng: np.random.Generator, width_m: float, height_m: float) -> Floats:
    """The front of a house: rows of windows, shops with shutters below."""
    size = 320
    tone = np.array(
        ((0.62, 0.58, 0.5), (0.55, 0.36, 0.29), (0.66, 0.66, 0.64), (0.6, 0.5, 0.36), (0.45, 0.46, 0.47))[
            rng.integers(5)
        ],
        np.float32,
    )
    colour = tone * (1 + 0.05 * clouds(rng, size, roughness=1.3) + 0.03 * grain(rng, size, 0.7))[..., None]
    columns, rows = max(1, round(width_m / rng.uniform(2.2, 3.6))), max(1, round(height_m / 3))
    line = np.arange(size, dtype=np.float32) / size
    across, up = line[None] * columns % 1, line[:, None] * rows % 1
    pale = float(rng.uniform(0.2, 0.8))
    wide, tall = rng.uniform(0.15, 0.36), rng.uniform(0.18, 0.3)
    frame = (np.abs(across - 0.5) < wide + 0.03) & (np.abs(up - 0.55) < tall + 0.03)
    glass = (np.abs(across - 0.5) < wide) & (np.abs(up - 0.55) < tall) & (np.abs(across - 0.5) > 0.012)
    bright = rng.uniform(0.05, 0.5, (rows, columns)).astype(np.float32)
    cell = bright[(line * rows).astype(int)][:, (line * columns).astype(int)]
    colour = mixed(np.asarray(colour, np.float32), (pale, pale, pale), np.asarray(frame, np.float32))
    colour = mixed(colour, np.stack([cell * 0.9, cell, cell * 1.1], axis=2), np.asarray(glass, np.float32))
    shop = (line[:, None] < 0.7 / rows) & (np.abs(across - 0.5) < 0.42)
    shutter = rng.uniform(0.2, 0.6) + 0.05 * np.sin(line[:, None] * 300) + np.zeros((size, size))
    if rng.random() < 0.5:
        colour = mixed(colour, np.stack([shutter] * 3, axis=2).astype(np.float32), np.asarray(shop, np.float32))
    return colour


def car(rng: np.random.Generator) -> Any:
    """A saloon or a van, in outline: enough from some metres away."""
    paint = plain(_PAINTS[rng.integers(len(_PAINTS))], roughness=0.2)
    glass, dark = plain((0.015, 0.018, 0.02), roughness=0.05), plain((0.02, 0.02, 0.02), roughness=0.7)
    tall = float(rng.uniform(0, 0.35))
    lower = [(-2.2, 0.25), (2.15, 0.25), (2.2, 0.6), (2.1, 0.75), (1.0, 0.95), (-1.9, 0.98), (-2.2, 0.9)]
    cabin = [(0.95, 0.94), (0.3, 1.4 + tall), (-1.2, 1.42 + tall), (-1.95, 0.97)]
    roof = [(0.32, 1.4 + tall), (0.2, 1.45 + tall), (-1.1, 1.47 + tall), (-1.22, 1.41 + tall)]
    parts = [_slice("car", lower, 0.88, paint), _slice("cabin", cabin, 0.74, glass), _slice("roof", roof, 0.76, paint)]
    for x in (-1.35, 1.35):
        for y in (-0.8, 0.8):
            parts.append(drum("wheel", (x, y, 0.32), 0.32, 0.2, dark, sides=20, turn_rad=(math.pi / 2, 0, 0)))
            parts.append(
                drum(
                    "rim",
                    (x, y * 1.12, 0.32),
                    0.19,
                    0.03,
                    plain((0.5, 0.5, 0.5), roughness=0.3, metallic=0.8),
                    sides=14,
                    turn_rad=(math.pi / 2, 0, 0),
                )
            )
    parts += [
        block("lamp", (x, y, 0.72), (0.06, 0.3, 0.12), plain(c, roughness=0.1))
        for x, c in ((2.16, (0.8, 0.8, 0.8)), (-2.19, (0.5, 0.02, 0.02)))
        for y in (-0.65, 0.65)
    ]
    parts.append(block("plate", (-2.215, 0, 0.6), (0.02, 0.45, 0.13), plain((0.05, 0.12, 0.5), roughness=0.4)))
    return group("car", parts)


def _slice(name: str, profile: list[tuple[float, float]], half_m: float, look: Any) -> Any:
    """A body of one section across its width, a little narrower at the top."""
    top = max(z for _, z in profile)
    count = len(profile)
    vertices = [
        (x, side * (half_m - 0.12 * max(0.0, z - 0.6) / max(top, 0.7)), z) for side in (-1, 1) for x, z in profile
    ]
    walls = [(i, (i + 1) % count, count + (i + 1) % count, count + i) for i in range(count)]
    return mesh_object(name, vertices, [*walls, tuple(reversed(range(count))), tuple(range(count, 2 * count))], look)


def dustbin(rng: np.random.Generator) -> Any:
    """A dustbin on wheels, in one of the usual colours."""
    paint = plain(
        ((0.02, 0.16, 0.06), (0.03, 0.08, 0.3), (0.1, 0.1, 0.1), (0.35, 0.03, 0.03))[rng.integers(4)], roughness=0.45
    )
    body = block("bin", (0, 0, 0.5), (0.55, 0.6, 0.85), paint, bevel_m=0.04)
    lid = block("lid", (0, 0.02, 0.97), (0.6, 0.68, 0.07), paint, bevel_m=0.03)
    return group("bin", [body, lid])


def bollard(rng: np.random.Generator) -> Any:
    """A post, or a block of stone."""
    tone = ((0.4, 0.4, 0.4), (0.02, 0.02, 0.02), (0.6, 0.4, 0.02), (0.3, 0.29, 0.27))[rng.integers(4)]
    look = plain(tone, roughness=0.5)
    if rng.random() < 0.3:
        return group("bollard", [block("stone", (0, 0, 0.2), (0.4, 0.4, 0.4), look, bevel_m=0.1)])
    return group("bollard", [drum("bollard", (0, 0, 0.4), float(rng.uniform(0.05, 0.13)), 0.8, look, sides=24)])


def pot(rng: np.random.Generator) -> Any:
    """A round pot with earth or a plant in it."""
    radius = float(rng.uniform(0.15, 0.35))
    clay = plain(((0.3, 0.12, 0.06), (0.4, 0.4, 0.38), (0.05, 0.05, 0.05))[rng.integers(3)], roughness=0.7)
    parts = [
        drum("pot", (0, 0, 0.17), radius * 0.75, 0.34, clay, top_radius_m=radius, sides=32),
        drum("soil", (0, 0, 0.335), radius * 0.9, 0.02, plain((0.03, 0.02, 0.012), roughness=0.95), sides=32),
    ]
    if rng.random() < 0.7:
        places = rng.normal((0, 0, 0.6), 0.14, (70, 3))
        parts.append(foliage([tuple(p) for p in places.tolist()], 0.07, plain((0.06, 0.14, 0.03)), rng))
    return group("pot", parts)


def tyre(rng: np.random.Generator) -> Any:
    """An old tyre that lies flat."""
    half = float(rng.uniform(0.08, 0.12))
    return group(
        "tyre",
        [
            ring(
                "tyre", (0, 0, half), (0.18, 0.31), (-half, half), plain((0.018, 0.018, 0.018), roughness=0.8), sides=40
            )
        ],
    )


def cabinet(rng: np.random.Generator) -> Any:
    """A cabinet of a utility."""
    tone = ((0.35, 0.38, 0.36), (0.1, 0.2, 0.12), (0.5, 0.5, 0.48))[rng.integers(3)]
    return group(
        "cabinet",
        [
            block(
                "cabinet",
                (0, 0, 0.6),
                (float(rng.uniform(0.6, 1.2)), 0.4, 1.2),
                plain(tone, roughness=0.5),
                bevel_m=0.01,
            )
        ],
    )
