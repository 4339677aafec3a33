"""Rooms to cook in: walls, floor, a counter or steel bench with a sink let in, cupboards, a window, shelves."""

from typing import Any, Final

from hazardlens.training.rendering.studio.kitchens import sinks
from hazardlens.training.rendering.studio.kitchens.plan import Room, draw_plan
from hazardlens.training.rendering.studio.kitchens.shells import PAINTS, TILES, build_shell
from hazardlens.training.rendering.studio.materials import Colour, Surface, glass, plain
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import block, panel

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


def build_room(kit: Kit) -> Room:
    """Everything that is there in all states, without what stands about."""
    room = draw_plan(kit.rng)
    build_shell(kit, room)
    steel = room.style in {"restaurant", "stall"}
    top = _steel(kit) if steel else _worktop(kit, room)
    _slabs(room, top)
    (_bench if steel else _cupboards)(kit, room)
    _sink(kit, room, top)
    _upper(kit, room)
    return room


def _worktop(kit: Kit, room: Room) -> Any:
    rng = kit.rng
    shine = rng.uniform(0.1, 0.4)
    if room.style == "old" and rng.random() < 0.5:
        size = rng.choice((0.1, 0.15, 0.2, 0.3))
        return kit.fresh(Surface(colour=rng.choice(TILES), tiles_m=(size, size), roughness=shine, relief=0))
    role = rng.choice(("stone", "stone", "stone", "wood", ""))
    return kit.fresh(
        Surface(role=role, colour=(1, 1, 1) if role else rng.choice(PAINTS), tile_m=0.9, roughness=shine, relief=0.05)
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
    pane.cycles.emission_sampling = "NONE"
    panel("pane", (x, room.back_m - 0.004, low + high / 2), (wide, high), pane)
    for dx, dz, w, h in (
        (0, high / 2, wide + 0.08, 0.05),
        (0, -high / 2, wide + 0.08, 0.05),
        (-wide / 2, 0, 0.05, high),
        (wide / 2, 0, 0.05, high),
        (0, 0, 0.04, high),
    ):
        block("frame", (x + dx, room.back_m - 0.02, low + high / 2 + dz), (w, 0.05, h), frame)
