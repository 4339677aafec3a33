"""What makes a kitchen dirty: spills, crumbs, murky water, suds, grease that runs down, waste."""

import math
import random
from collections.abc import Sequence
from typing import Any

import bpy

from hazardlens.training.rendering.studio.kitchens.clay import Clay, blot_outline, oval
from hazardlens.training.rendering.studio.materials import Colour, plain

Area = tuple[float, float, float, float]
"""x from, y from, x to, y to, in metres."""


def spills(
    area: Area,
    z_m: float,
    count: int,
    materials: Sequence[Any],
    rng: random.Random,
    *,
    radius_m: tuple[float, float] = (0.015, 0.07),
) -> Any:
    """Flat patches of sauce, water or grease on a level place."""
    clay = Clay()
    for number in range(count):
        spot = (rng.uniform(area[0], area[2]), rng.uniform(area[1], area[3]), z_m + 0.0004 * number)
        clay.blot(
            spot,
            rng.uniform(*radius_m),
            rng,
            thick_m=0.0015,
            long=rng.uniform(1, 3),
            skin=rng.randrange(len(materials)),
        )
    return clay.thing("spills", materials)


def crumbs(
    area: Area,
    z_m: float,
    count: int,
    materials: Sequence[Any],
    rng: random.Random,
    *,
    size_m: tuple[float, float] = (0.002, 0.01),
) -> Any:
    """Scraps of food: more of them where some lie already."""
    clay = Clay()
    heart = (rng.uniform(area[0], area[2]), rng.uniform(area[1], area[3]))
    spread = ((area[2] - area[0]) / 4, (area[3] - area[1]) / 4)
    for _ in range(count):
        near = rng.random() < 0.6
        x = rng.gauss(heart[0], spread[0]) if near else rng.uniform(area[0], area[2])
        y = rng.gauss(heart[1], spread[1]) if near else rng.uniform(area[1], area[3])
        size = rng.uniform(*size_m)
        spot = (min(max(x, area[0]), area[2]), min(max(y, area[1]), area[3]), z_m + size * 0.35)
        clay.lump(
            spot,
            (size * rng.uniform(0.6, 2.2), size * rng.uniform(0.5, 1), size * rng.uniform(0.3, 0.7)),
            rng,
            skin=rng.randrange(len(materials)),
        )
    return clay.thing("crumbs", materials)


def leaves(
    area: Area, z_m: float, count: int, material: Any, rng: random.Random, *, size_m: tuple[float, float] = (0.02, 0.07)
) -> Any:
    """Vegetable leaves, peel or shreds of paper that lie about, a little curled."""
    clay = Clay()
    for _ in range(count):
        x, y = rng.uniform(area[0], area[2]), rng.uniform(area[1], area[3])
        size, turn, curl = rng.uniform(*size_m), rng.uniform(0, 6.3), rng.uniform(0.05, 0.4)
        outline = blot_outline(rng, size / 2, rng.uniform(1, 2.5), 12)
        points = []
        for a, b in outline:
            along = a * math.cos(turn) + b * math.sin(turn)
            points.append((x + a, y + b, z_m + 0.002 + curl * along * along / size * 2))
        clay.blade(points)
    return clay.thing("leaves", (material,))


def murky_water(
    half_m: tuple[float, float], centre_m: tuple[float, float, float], square: float, rng: random.Random
) -> Any:
    """The level of dirty water in a basin, that one can see a little way into."""
    colour = rng.choice(
        ((0.1, 0.07, 0.03), (0.16, 0.13, 0.08), (0.2, 0.19, 0.15), (0.12, 0.05, 0.02), (0.09, 0.1, 0.05))
    )
    clay = Clay()
    clay.rings([oval(half_m[0] * k, half_m[1] * k, 0, square) for k in (1.0, 0.02)], caps=(False, True))
    water = clay.thing("water", (murk(colour, rng.uniform(0.45, 0.9)),))
    water.location = centre_m
    return water


def suds(area: Area, z_m: float, patches: int, rng: random.Random) -> Any:
    """Foam that floats in flat islands of bubbles."""
    clay = Clay()
    for _ in range(patches):
        x, y, wide = rng.uniform(area[0], area[2]), rng.uniform(area[1], area[3]), rng.uniform(0.01, 0.05)
        for _ in range(rng.randrange(8, 25)):
            size = rng.uniform(0.002, 0.009)
            spot = (x + rng.gauss(0, wide), y + rng.gauss(0, wide * 0.7), z_m)
            if area[0] < spot[0] < area[2] and area[1] < spot[1] < area[3]:
                clay.lump(spot, (size, size, size * 0.6), rng, uneven=0.05)
    return clay.thing("suds", (plain((0.85, 0.85, 0.82), roughness=0.25),))


def runs(width_m: float, height_m: float, count: int, material: Any, rng: random.Random) -> Any:
    """Grease that has run down a wall: streaks and splashes in the x-z plane, facing -y, its middle at the origin."""
    clay = Clay()
    for number in range(count):
        x, z = rng.gauss(0, width_m / 4), rng.gauss(0, height_m / 4)
        x, z = max(-width_m / 2, min(width_m / 2, x)), max(-height_m / 2, min(height_m / 2, z))
        size, streak = rng.uniform(0.004, 0.03), rng.random() < 0.4
        outline = blot_outline(rng, size, 1.3, 14)
        drop = rng.uniform(2, 8) if streak else 1.0
        corners = [
            (x + a * (0.4 if streak else 1), -0.0002 * number, z + b * (drop if b < 0 else 1)) for a, b in outline
        ]
        clay.blade(corners)
    return clay.thing("runs", (material,), smooth=False)


def murk(colour: Colour, thick: float) -> Any:
    """Cheap water: partly a shining surface, partly see-through; `thick` is the share that one cannot see through."""
    material = bpy.data.materials.new("murk")
    material.use_nodes = True
    tree = material.node_tree
    shader, out = tree.nodes["Principled BSDF"], tree.nodes["Material Output"]
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = 0.05
    clear, mix = tree.nodes.new("ShaderNodeBsdfTransparent"), tree.nodes.new("ShaderNodeMixShader")
    clear.inputs[0].default_value = (*(0.4 + 0.6 * value for value in colour), 1)
    mix.inputs[0].default_value = thick
    tree.links.new(clear.outputs[0], mix.inputs[1])
    tree.links.new(shader.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], out.inputs["Surface"])
    return material
