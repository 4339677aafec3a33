"""What people put into an open hole, or beside it, so that nobody falls in."""

import math
from typing import Any

import numpy as np

from hazardlens.training.rendering.studio.assets import Assets
from hazardlens.training.rendering.studio.covers.sites import Site
from hazardlens.training.rendering.studio.materials import plain
from hazardlens.training.rendering.studio.shapes import block, drum, group, mesh_object, ring, tube


def marker(site: Site, assets: Assets) -> Any:
    """A branch, a plank, a cone, a bin, a tyre, a stool or bricks in the hole; part of the hole stays in view."""
    kinds = [_branch, _branch, _plank, _cone, _pole, _bin]
    thing = kinds[int(site.rng.integers(len(kinds)))](site, assets)
    thing.parent = site.carrier
    return thing


def warning(assets: Assets, rng: np.random.Generator, place_m: tuple[float, float, float]) -> Any:
    """A cone, a barrel, or a barrier of bars that stands beside a site."""
    kind = rng.random()
    if kind < 0.55:
        thing = cone(assets, rng)
    elif kind < 0.7 and assets.has("construction_barrel"):
        thing = assets.place("construction_barrel")
    else:
        thing = _barrier(rng)
    thing.location = place_m
    thing.rotation_euler[2] = float(rng.uniform(0, 6.3))
    return thing


def cone(assets: Assets, rng: np.random.Generator) -> Any:
    """A traffic cone."""
    if assets.has("traffic_cone") and rng.random() < 0.5:
        return assets.place("traffic_cone", height_m=float(rng.uniform(0.45, 0.8)))
    orange, white = plain((0.75, 0.13, 0.03), roughness=0.5), plain((0.7, 0.7, 0.68), roughness=0.4)
    height = float(rng.uniform(0.45, 0.75))
    foot = block("foot", (0, 0, 0.015), (0.36, 0.36, 0.03), plain((0.02, 0.02, 0.02)) if rng.random() < 0.5 else orange)
    bands = []
    for k in range(4):
        paint, low, high = white if k == 1 else orange, 0.14 - 0.028 * k, 0.112 - 0.028 * k
        middle = (0, 0, 0.03 + height * (k + 0.5) / 4)
        bands.append(drum("band", middle, low, height / 4, paint, top_radius_m=high, sides=24))
    return group("cone", [foot, *bands])


def _branch(site: Site, assets: Assets) -> Any:
    """A branch with twigs and leaves."""
    del assets
    rng = site.rng
    bark = plain((0.1, 0.07, 0.045), roughness=0.9)
    height, lean = float(rng.uniform(0.7, 1.6)), rng.uniform(-0.25, 0.25, 2)
    stem = [
        (float(lean[0]) * t * height, float(lean[1]) * t * height + 0.03 * math.sin(5 * t), -0.5 + t * (height + 0.5))
        for t in (0.0, 0.35, 0.7, 1.0)
    ]
    parts = [tube("stem", stem, 0.014, bark, sides=1)]
    leaves: list[tuple[float, float, float]] = []
    for _ in range(int(rng.integers(5, 12))):
        t = float(rng.uniform(0.4, 1.0))
        base = np.array(stem[1]) * (1 - t) + np.array(stem[3]) * t
        tip = base + np.array([*rng.normal(0, 0.28, 2), rng.uniform(0.05, 0.4)])
        parts.append(
            tube(
                "twig",
                [base.tolist(), ((base + tip) / 2 + rng.normal(0, 0.02, 3)).tolist(), tip.tolist()],
                0.005,
                bark,
                sides=0,
            )
        )
        leaves += [
            tuple((base + (tip - base) * rng.uniform(0.3, 1.05) + rng.normal(0, 0.04, 3)).tolist())
            for _ in range(int(rng.integers(3, 16)))
        ]
    green = (0.07, 0.15, 0.03) if rng.random() < 0.7 else (0.25, 0.15, 0.05)
    parts.append(foliage(leaves, 0.045, plain(green, roughness=0.6), rng))
    return group("branch", parts)


def foliage(
    places: list[tuple[float, float, float]], size_m: float, look: Any, rng: np.random.Generator, *, flat: bool = False
) -> Any:
    """Leaves: pointed quads at places, turned at random, or lying nearly flat."""
    vertices: list[tuple[float, float, float]] = []
    faces: list[tuple[int, ...]] = []
    shape = np.array(
        [(-1, 0, 0), (-0.4, -0.4, 0.08), (0.35, -0.38, 0.1), (1, 0, 0.15), (0.35, 0.38, 0.02), (-0.4, 0.4, 0.05)]
    )
    for place in places:
        turn = _spin(rng, 0.15 if flat else 1.4)
        first = len(vertices)
        vertices += [tuple(v) for v in (shape * size_m * rng.uniform(0.5, 1.3) @ turn + place).tolist()]
        faces.append(tuple(range(first, first + 6)))
    return mesh_object("leaves", vertices, faces, look)


def _spin(rng: np.random.Generator, tip: float) -> Any:
    a, b = rng.uniform(0, 6.3), rng.normal(0, tip)
    flat = np.array([[math.cos(a), math.sin(a), 0], [-math.sin(a), math.cos(a), 0], [0, 0, 1]])
    return np.array([[1, 0, 0], [0, math.cos(b), math.sin(b)], [0, -math.sin(b), math.cos(b)]]) @ flat


def _plank(site: Site, assets: Assets) -> Any:
    """Planks laid across, or one that sticks out."""
    del assets
    rng = site.rng
    wood = plain(tuple((np.array([0.32, 0.22, 0.12]) * rng.uniform(0.5, 1.4)).tolist()), roughness=0.85)
    reach = 2 * site.make.reach_m + float(rng.uniform(0.1, 0.6))
    if rng.random() < 0.5:
        return block(
            "plank",
            (0, 0, 0.25),
            (0.14, 0.025, 1.3),
            wood,
            turn_rad=(float(rng.normal(0, 0.25)), float(rng.normal(0, 0.3)), float(rng.uniform(0, 3))),
        )
    offsets = rng.uniform(-0.5, 0.5, int(rng.integers(1, 3))) * site.make.half_m[1]
    return group(
        "planks",
        [
            block(
                "plank",
                (0, float(y), 0.02 + 0.028 * k),
                (reach, 0.13, 0.024),
                wood,
                turn_rad=(0, 0, float(rng.normal(0, 0.3))),
            )
            for k, y in enumerate(offsets)
        ],
    )


def _cone(site: Site, assets: Assets) -> Any:
    thing = cone(assets, site.rng)
    sunk = -0.1 if site.make.half_m[0] < 0.3 else -0.25
    thing.location = (float(site.rng.normal(0, 0.06)), float(site.rng.normal(0, 0.06)), sunk)
    thing.rotation_euler = (float(site.rng.normal(0, 0.25)), float(site.rng.normal(0, 0.25)), 0)
    return thing


def _pole(site: Site, assets: Assets) -> Any:
    """A stick with a rag or a bag on top."""
    del assets
    rng = site.rng
    lean = rng.normal(0, 0.15, 2)
    top = (float(lean[0]), float(lean[1]), float(rng.uniform(0.7, 1.4)))
    stick = tube(
        "stick",
        [(0, 0, -0.6), top],
        float(rng.uniform(0.01, 0.025)),
        plain((0.3, 0.2, 0.1), roughness=0.8),
        sharp=True,
        sides=1,
    )
    rag = drum(
        "rag",
        (top[0], top[1], top[2] - 0.12),
        0.09,
        0.28,
        plain(((0.6, 0.03, 0.03), (0.7, 0.7, 0.7), (0.8, 0.5, 0.02))[rng.integers(3)], roughness=0.6),
        sides=7,
        top_radius_m=0.02,
    )
    return group("pole", [stick, rag])


def _bin(site: Site, assets: Assets) -> Any:
    """A bucket or a tyre over a part of the hole."""
    del assets
    rng = site.rng
    if rng.random() < 0.4 and site.make.half_m[0] > 0.25:
        tyre = ring(
            "tyre",
            (float(rng.uniform(-0.1, 0.1)), float(rng.uniform(-0.1, 0.1)), 0.09),
            (0.17, 0.3),
            (-0.09, 0.09),
            plain((0.015, 0.015, 0.016), roughness=0.8),
            sides=48,
        )
        tyre.rotation_euler = (float(rng.normal(0, 0.1)), float(rng.normal(0, 0.1)), 0)
        return group("tyre", [tyre])
    paint = plain(tuple(rng.uniform(0.02, 0.6, 3).tolist()), roughness=0.4)
    radius = min(0.16, 0.6 * min(site.make.half_m))
    pail = drum("pail", (0, 0, 0.1), radius * 0.8, 0.4, paint, top_radius_m=radius, sides=32)
    pail.rotation_euler = (float(rng.normal(0, 0.15)), float(rng.normal(0, 0.15)), 0)
    return group("pail", [pail])


def _barrier(rng: np.random.Generator) -> Any:
    """A low frame of tubes, painted in two colours."""
    paints = (plain((0.7, 0.08, 0.04), roughness=0.4), plain((0.75, 0.75, 0.72), roughness=0.4))
    if rng.random() < 0.3:
        paints = (plain((0.8, 0.5, 0.02), roughness=0.4), plain((0.03, 0.03, 0.03), roughness=0.4))
    width, height = float(rng.uniform(0.9, 1.5)), float(rng.uniform(0.6, 1.0))
    parts = [block("post", (x, 0, height / 2), (0.04, 0.04, height), paints[0]) for x in (-width / 2, width / 2)]
    parts += [block("foot", (x, 0, 0.02), (0.05, 0.5, 0.04), paints[0]) for x in (-width / 2, width / 2)]
    fields = 6
    for k in range(fields):
        x = width * ((k + 0.5) / fields - 0.5)
        parts.append(block("board", (x, 0, height - 0.1), (width / fields - 0.001, 0.025, 0.16), paints[k % 2]))
    return group("barrier", parts)
