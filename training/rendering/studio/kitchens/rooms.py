"""Rooms to cook in: walls, floor, a counter or steel bench with a sink let in, cupboards, a window, shelves."""

import math
from dataclasses import dataclass, field
from typing import Any, Final

from hazardlens.training.rendering.studio.kitchens import sinks
from hazardlens.training.rendering.studio.kitchens.sinks import SinkPlan
from hazardlens.training.rendering.studio.materials import Colour, Surface, glass, plain
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import block, panel

STYLES: Final = ("home", "home", "old", "shared", "restaurant", "restaurant", "stall")

_PAINTS: Final[tuple[Colour, ...]] = (
    (0.75, 0.74, 0.7),
    (0.7, 0.66, 0.55),
    (0.45, 0.5, 0.42),
    (0.5, 0.42, 0.32),
    (0.4, 0.5, 0.55),
    (0.3, 0.3, 0.29),
)
_TILES: Final[tuple[Colour, ...]] = (
    (0.75, 0.75, 0.73),
    (0.75, 0.75, 0.73),
    (0.7, 0.65, 0.52),
    (0.5, 0.5, 0.48),
    (0.35, 0.45, 0.5),
    (0.25, 0.12, 0.07),
    (0.1, 0.1, 0.1),
    (0.5, 0.6, 0.5),
)
_FRONTS: Final[tuple[Colour, ...]] = (
    (0.75, 0.74, 0.7),
    (0.75, 0.74, 0.7),
    (0.4, 0.03, 0.03),
    (0.3, 0.3, 0.3),
    (0.05, 0.06, 0.07),
    (0.2, 0.3, 0.2),
    (0.5, 0.35, 0.15),
    (0.15, 0.25, 0.4),
)


@dataclass(slots=True)
class Room:
    """A kitchen along the x axis: the counter's front is at y = 0, the wall behind it at `back_m`.

    Attributes:
        style: one of `STYLES`.
        top_m: height of the counter.
        back_m: y of the wall.
        ends_m: x of the counter's ends.
        walls_m: x of the side walls.
        front_m: y up to which there is floor.
        sink: let in round x = 0.
        side: +1 where the hob is to the right of the sink, -1 to the left.
        hob_m: x of the hob.
        basins: objects, one for each of the sink's.
        sink_skins: the basins' material when clean and when filthy.
        mess_m: x from and to of the counter between sink and hob.
        rack_m: x of the counter on the other side of the sink.
        window_m: x of the window's middle, None without one.
    """

    style: str
    top_m: float
    back_m: float
    ends_m: tuple[float, float]
    walls_m: tuple[float, float]
    front_m: float
    sink: SinkPlan
    side: int
    hob_m: float
    mess_m: tuple[float, float]
    rack_m: float
    window_m: float | None = None
    basins: list[Any] = field(default_factory=list)
    sink_skins: tuple[Any, Any] = (None, None)


def build_room(kit: Kit) -> Room:
    """Everything that is there in all states, without what stands about."""
    room = _plan(kit)
    _shell(kit, room)
    steel = room.style in {"restaurant", "stall"}
    top = _steel(kit) if steel else _worktop(kit, room)
    _slabs(room, top)
    (_bench if steel else _cupboards)(kit, room)
    _sink(kit, room, top)
    _upper(kit, room)
    return room


def _plan(kit: Kit) -> Room:
    rng = kit.rng
    style = rng.choice(STYLES)
    back = rng.uniform(0.52, 0.68)
    sink = sinks.draw_sink(rng, back / 2 - rng.uniform(-0.01, 0.02), kitchen=style not in {"restaurant", "stall"})
    side, half = rng.choice((-1, 1)), sink.half_width_m
    mess = rng.uniform(0.3, 0.75)
    hob = side * (half + mess + 0.42)
    outer, rack = side * (half + mess + rng.uniform(0.85, 1.5)), -side * (half + rng.uniform(0.35, 1.0))
    ends = (min(outer, rack), max(outer, rack))
    walls = (ends[0] - rng.choice((0.005, 0.7, 1.5)), ends[1] + rng.choice((0.005, 0.7, 1.5)))
    edges = sorted((side * (half + 0.04), side * (half + mess)))
    window = rng.uniform(-0.4, 0.4) if style in {"home", "old", "shared"} and rng.random() < 0.45 else None
    return Room(
        style, rng.uniform(0.78, 0.9), back, ends, walls, -rng.uniform(2.4, 4), sink, side, hob, (edges[0],
        edges[1]), -side * (half + 0.22), window
    )  # fmt: skip


def _shell(kit: Kit, room: Room) -> None:
    rng = kit.rng
    worn = rng.choice((0.0, 0.2, 0.4, 0.6))
    high, (left, right) = rng.uniform(2.4, 3.1), room.walls_m
    wide, deep = right - left, room.back_m - room.front_m
    middle = (left + right) / 2
    tile = kit.fresh(_wall_tiles(kit, worn))
    paint = kit.fresh(Surface(role="plaster", colour=rng.choice(_PAINTS), relief=0.1, dirt=worn, dirt_size=1.5))
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
        colour=rng.choice(_TILES), tiles_m=size, tile_shift=rng.choice((0, 0, 0, 0.5)), grout=grout,
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
    if rng.random() < 0.25:
        return Surface(role="tiles", tile_m=rng.uniform(1, 1.8), roughness=shine, relief=0.2, dirt=worn)
    size = rng.choice((0.1, 0.2, 0.3, 0.3, 0.4, 0.6, 0.8))
    colour = rng.choice((*_TILES, (0.3, 0.1, 0.06), (0.22, 0.2, 0.17), (0.6, 0.55, 0.45)))
    return Surface(
        colour=colour, tiles_m=(size, size), grout=(0.15, 0.13, 0.1), roughness=shine, relief=0, dirt=worn,
        dirt_size=rng.uniform(0.8, 3),
        dirt_colour=(0.1, 0.08, 0.05),
    )  # fmt: skip


def _worktop(kit: Kit, room: Room) -> Any:
    rng = kit.rng
    shine = rng.uniform(0.1, 0.4)
    if room.style == "old" and rng.random() < 0.5:
        size = rng.choice((0.1, 0.15, 0.2, 0.3))
        return kit.fresh(Surface(colour=rng.choice(_TILES), tiles_m=(size, size), roughness=shine, relief=0))
    role = rng.choice(("stone", "stone", "stone", "wood", ""))
    return kit.fresh(
        Surface(role=role, colour=(1, 1, 1) if role else rng.choice(_PAINTS), tile_m=0.9, roughness=shine, relief=0.05)
    )


def _steel(kit: Kit) -> Any:
    grey = kit.rng.uniform(0.4, 0.65)
    return kit.fresh(
        Surface(
            colour=(grey, grey, grey),
            roughness=kit.rng.uniform(0.22, 0.42),
            metallic=1.0,
            relief=0,
            dirt=0.15,
            dirt_size=3,
        )
    )


def _slabs(room: Room, top: Any) -> None:
    """The worktop round the holes of the basins."""
    z, thick = room.top_m - 0.02, 0.04
    front = min(basin.centre_m[1] - basin.half_m[1] for basin in room.sink.basins)
    back = max(basin.centre_m[1] + basin.half_m[1] for basin in room.sink.basins)
    left, right = room.ends_m
    for y0, y1 in ((-0.03, front), (back, room.back_m)):
        block("worktop", ((left + right) / 2, (y0 + y1) / 2, z), (right - left, y1 - y0, thick), top)
    x = left
    for basin in sorted(room.sink.basins, key=lambda one: one.centre_m[0]):
        edge = basin.centre_m[0] - basin.half_m[0]
        if edge - x > 0.002:
            block("worktop", ((x + edge) / 2, (front + back) / 2, z), (edge - x, back - front - 0.001, thick), top)
        x = basin.centre_m[0] + basin.half_m[0]
    block("worktop", ((x + right) / 2, (front + back) / 2, z), (right - x, back - front - 0.001, thick), top)


def _cupboards(kit: Kit, room: Room) -> None:
    rng = kit.rng
    left, right = room.ends_m
    colour = rng.choice(_FRONTS)
    role = "wood" if rng.random() < 0.35 else ""
    front = kit.fresh(
        Surface(
            role=role,
            colour=(1, 1, 1) if role else colour,
            tile_m=0.8,
            roughness=rng.uniform(0.15, 0.5),
            relief=0.05,
            dirt=rng.choice((0, 0, 0.4)),
            dirt_size=3,
        )
    )
    metal = plain((0.5, 0.5, 0.5), roughness=0.3, metallic=1)
    body = kit.paint((0.25, 0.24, 0.22))
    high = room.top_m - 0.14
    block("carcass", ((left + right) / 2, 0.04, 0.1 + high / 2), (right - left, 0.02, high), body)
    block("plinth", ((left + right) / 2, 0.06, 0.05), (right - left, 0.02, 0.1), body)
    count = max(2, round((right - left) / rng.uniform(0.38, 0.6)))
    wide = (right - left) / count
    for number in range(count):
        x = left + wide * (number + 0.5)
        block("door", (x, 0.01, 0.1 + high / 2), (wide - 0.006, 0.02, high - 0.006), front, bevel_m=0.002)
        block("grip", (x + wide * rng.choice((0.0, 0.35)), -0.012, room.top_m - 0.1), (0.1, 0.02, 0.012), metal)
    for x in (left + 0.01, right - 0.01):
        block("cheek", (x, 0.3, room.top_m / 2 - 0.03), (0.02, 0.5, room.top_m - 0.08), front)


def _bench(kit: Kit, room: Room) -> None:
    steel = _steel(kit)
    left, right = room.ends_m
    for x in (left + 0.05, -room.sink.half_width_m - 0.03, room.sink.half_width_m + 0.03, right - 0.05):
        for y in (0.02, room.back_m - 0.05):
            block("leg", (x, y, room.top_m / 2 - 0.02), (0.04, 0.04, room.top_m - 0.04), steel)
    block("apron", ((left + right) / 2, -0.025, room.top_m - 0.06), (right - left, 0.01, 0.09), steel)
    block(
        "undershelf", ((left + right) / 2, room.back_m / 2, 0.2), (right - left - 0.04, room.back_m - 0.04, 0.02), steel
    )
    block("splash", ((left + right) / 2, room.back_m - 0.01, room.top_m + 0.05), (right - left, 0.015, 0.1), steel)


def _sink(kit: Kit, room: Room, top: Any) -> None:
    rng = kit.rng
    clean, foul = sinks.sink_materials(room.sink, kit.assets, rng)
    if room.style == "restaurant" and rng.random() < 0.5:
        clean = top
    metal, dark = plain((0.6, 0.6, 0.6), roughness=0.25, metallic=1), plain((0.01, 0.01, 0.01))
    room.sink_skins = (clean, foul)
    for basin in room.sink.basins:
        room.basins.append(sinks.build_basin(basin, room.top_m, room.sink.rim_m, clean))
        sinks.build_drain(basin, room.top_m, metal, dark)
    sinks.build_tap(room.sink, room.top_m, room.back_m, rng)


def _upper(kit: Kit, room: Room) -> None:
    """A window, wall cupboards or shelves above the counter."""
    rng = kit.rng
    left, right = room.ends_m
    if room.window_m is not None:
        _window(kit, room, room.window_m)
    elif rng.random() < 0.6:
        front = kit.fresh(
            Surface(role="wood" if rng.random() < 0.4 else "", colour=rng.choice(_FRONTS), roughness=0.35, relief=0.03)
        )
        if room.style == "restaurant":
            front = _steel(kit)
        low, count = room.top_m + rng.uniform(0.5, 0.65), max(2, round((right - left) / 0.5))
        wide = (right - left) / count
        for number in range(count):
            block(
                "upper",
                (left + wide * (number + 0.5), room.back_m - 0.17, low + 0.35),
                (wide - 0.005, 0.33, 0.7),
                front,
                bevel_m=0.003,
            )
    else:
        board = _steel(kit) if room.style in {"restaurant", "stall"} else kit.fresh(Surface(role="wood", relief=0.05))
        block(
            "board",
            ((left + right) / 2, room.back_m - 0.13, room.top_m + 0.5),
            ((right - left) * 0.8, 0.25, 0.025),
            board,
        )


def _window(kit: Kit, room: Room, x: float) -> None:
    rng = kit.rng
    wide, high, low = rng.uniform(0.7, 1.2), rng.uniform(0.7, 1.0), room.top_m + rng.uniform(0.2, 0.35)
    frame = kit.paint(rng.choice(((0.75, 0.75, 0.73), (0.2, 0.1, 0.05), (0.3, 0.32, 0.33))), 0.4)
    pane = plain((0.8, 0.9, 1.0), glow=rng.uniform(0.8, 3)) if rng.random() < 0.7 else glass(rng)
    panel("pane", (x, room.back_m - 0.004, low + high / 2), (wide, high), pane)
    for dx, dz, w, h in (
        (0, high / 2, wide + 0.08, 0.05),
        (0, -high / 2, wide + 0.08, 0.05),
        (-wide / 2, 0, 0.05, high),
        (wide / 2, 0, 0.05, high),
        (0, 0, 0.04, high),
    ):
        block("frame", (x + dx, room.back_m - 0.02, low + high / 2 + dz), (w, 0.05, h), frame)
