"""Walls, floor and ceiling of a kitchen: tiles, paint, wear."""

import math
from typing import Final

from hazardlens.training.rendering.studio.kitchens.plan import Room
from hazardlens.training.rendering.studio.materials import Colour, Surface, plain
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import block

PAINTS: Final[tuple[Colour, ...]] = (
    (0.75, 0.74, 0.7),
    (0.7, 0.66, 0.55),
    (0.45, 0.5, 0.42),
    (0.5, 0.42, 0.32),
    (0.4, 0.5, 0.55),
    (0.3, 0.3, 0.29),
)
TILES: Final[tuple[Colour, ...]] = (
    (0.75, 0.75, 0.73),
    (0.75, 0.75, 0.73),
    (0.7, 0.65, 0.52),
    (0.5, 0.5, 0.48),
    (0.35, 0.45, 0.5),
    (0.25, 0.12, 0.07),
    (0.1, 0.1, 0.1),
    (0.5, 0.6, 0.5),
)


def build_shell(kit: Kit, room: Room) -> None:
    """The walls behind and beside the counter, the floor, a ceiling that throws no shadow."""
    rng = kit.rng
    worn = rng.choice((0.0, 0.2, 0.4, 0.6))
    high, (left, right) = rng.uniform(2.4, 3.1), room.walls_m
    wide, deep = right - left, room.back_m - room.front_m
    middle = (left + right) / 2
    tile = kit.fresh(_wall_tiles(kit, worn))
    paint = kit.fresh(Surface(role="plaster", colour=rng.choice(PAINTS), relief=0.1, dirt=worn, dirt_size=1.5))
    tiled = high if rng.random() < 0.5 else rng.uniform(1.4, 1.9)
    if room.style == "old" and rng.random() < 0.5:
        tile = paint
    for z0, z1, material in ((0, tiled, tile), (tiled, high, paint)):
        if z1 - z0 > 0.02:
            block(
                "wall",
                (middle, room.back_m + 0.05, (z0 + z1) / 2),
                (wide, z1 - z0, 0.1),
                material,
                turn_rad=(math.pi / 2, 0, 0),
            )
            for x in (left - 0.05, right + 0.05):
                block(
                    "side",
                    (x, room.back_m - deep / 2, (z0 + z1) / 2),
                    (deep, z1 - z0, 0.1),
                    material,
                    turn_rad=(math.pi / 2, 0, math.pi / 2),
                )
    block("floor", (middle, room.back_m - deep / 2, -0.05), (wide, deep, 0.1), kit.fresh(_floor(kit, room, worn)))
    ceiling = block(
        "ceiling",
        (middle, room.back_m - deep / 2, high + 0.05),
        (wide, deep, 0.1),
        plain((0.7, 0.7, 0.68), roughness=0.9),
    )
    ceiling.visible_shadow = ceiling.visible_diffuse = False


def _wall_tiles(kit: Kit, worn: float) -> Surface:
    rng = kit.rng
    size = rng.choice(((0.3, 0.6), (0.6, 0.3), (0.3, 0.3), (0.15, 0.15), (0.1, 0.1), (0.2, 0.1), (0.25, 0.4)))
    grout: Colour = rng.choice(((0.6, 0.6, 0.57), (0.3, 0.28, 0.24), (0.12, 0.1, 0.08)))
    return Surface(
        colour=rng.choice(TILES), tiles_m=size, tile_shift=rng.choice((0, 0, 0, 0.5)), grout=grout,
        roughness=rng.uniform(0.08, 0.4), relief=0,
        dirt=worn, dirt_colour=(0.2, 0.14, 0.06), dirt_size=rng.uniform(1, 4), dirt_amount=rng.uniform(0.15, 0.4),
    )  # fmt: skip


def _floor(kit: Kit, room: Room, worn: float) -> Surface:
    rng = kit.rng
    shine = rng.uniform(0.12, 0.5)
    if rng.random() < 0.2:
        return Surface(
            role="wood" if room.style in {"home", "shared"} else "concrete",
            tile_m=1.4,
            roughness=shine,
            relief=0.1,
            dirt=worn,
        )
    if rng.random() < 0.08:
        return Surface(role="tiles", tile_m=rng.uniform(1, 1.8), roughness=shine, relief=0.2, dirt=worn)
    size = rng.choice((0.1, 0.2, 0.3, 0.3, 0.4, 0.6, 0.8))
    colour = rng.choice((*TILES, (0.3, 0.1, 0.06), (0.22, 0.2, 0.17), (0.6, 0.55, 0.45)))
    return Surface(
        colour=colour, tiles_m=(size, size), grout=(0.15, 0.13, 0.1), roughness=shine, relief=0, dirt=worn,
        dirt_size=rng.uniform(0.8, 3),
        dirt_colour=(0.1, 0.08, 0.05),
    )  # fmt: skip
