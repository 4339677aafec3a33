"""Stairwells with the door of a landing, and flights of stairs that are the way out themselves."""

from typing import Any

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.exits import dressing, surfaces
from hazardlens.training.rendering.studio.exits.doors import WALL_M, Exit, build_behind, build_exit, draw_kind
from hazardlens.training.rendering.studio.exits.place import Place, exit_wall
from hazardlens.training.rendering.studio.materials import Surface
from hazardlens.training.rendering.studio.props.kit import Kit, joined

_RISE_M = 0.165
_TREAD_M = 0.27


def flight(
    x_range_m: tuple[float, float], y_m: float, z_m: float, steps: int, way: tuple[int, int], material: Any
) -> Any:
    """Steps that start at (y, z) and lead on along `way`: -1 or 1 in y, up or down in z; with a slab below."""
    points: list[shapes.Point] = []
    faces = []
    for step in range(steps):
        y0, y1 = y_m + way[0] * _TREAD_M * step, y_m + way[0] * _TREAD_M * (step + 1)
        before, tread = z_m + way[1] * _RISE_M * step, z_m + way[1] * _RISE_M * (step + 1)
        start = len(points)
        for y, z in ((y0, before), (y0, tread), (y1, tread)):
            points += [(x_range_m[0], y, z), (x_range_m[1], y, z)]
        faces += [(start, start + 1, start + 3, start + 2), (start + 2, start + 3, start + 5, start + 4)]
    start = len(points)
    ends = ((y_m, z_m), (y_m + way[0] * _TREAD_M * steps, z_m + way[1] * _RISE_M * steps))
    for y, z in ends:
        points += [(x, y, z + drop) for drop in (-0.17, -0.3) for x in x_range_m]
    faces += [(start + 2, start + 3, start + 7, start + 6)]
    faces += [
        (start, start + 2, start + 6, start + 4),
        (start + 1, start + 3, start + 7, start + 5),
        (start, start + 1, start + 5, start + 4),
    ]
    return shapes.mesh_object("flight", points, faces, material)


def _railing(kit: Kit, x: float, ends: tuple[tuple[float, float], tuple[float, float]]) -> None:
    """A handrail with bars from one (y, z) to another."""
    rng = kit.rng
    bars = kit.shared(
        "bars",
        lambda: kit.paint(rng.choice(((0.05, 0.05, 0.05), (0.3, 0.3, 0.32), (0.2, 0.1, 0.05), (0.08, 0.2, 0.15))), 0.5),
    )
    rail = kit.shared(
        "rail",
        lambda: kit.paint(
            rng.choice(((0.3, 0.05, 0.03), (0.35, 0.2, 0.08), (0.5, 0.5, 0.5), (0.05, 0.05, 0.05))), 0.35
        ),
    )
    (y0, z0), (y1, z1) = ends
    shapes.tube("rail", [(x, y0, z0 + 0.95), (x, y1, z1 + 0.95)], 0.028, rail, sharp=True, sides=2)
    for bar in range(12):
        share = (bar + 0.5) / 12
        y, z = y0 + (y1 - y0) * share, z0 + (z1 - z0) * share
        shapes.tube("bar", [(x, y, z - 0.05), (x, y, z + 0.94)], 0.008, bars, sharp=True, sides=0)


def build_stairwell(kit: Kit) -> Place:
    """A landing with a door; one flight leads down beside another that leads up."""
    rng = kit.rng
    way_out = build_exit(kit, draw_kind(kit, {"steel": 7, "wood": 2, "opening": 0.4}), double=rng.random() < 0.25)
    wide, deep = max(rng.uniform(2.3, 3.0), way_out.size_wh_m[0] + 0.5), rng.uniform(1.3, 1.9)
    shift = rng.uniform(-1, 1) * (wide - way_out.size_wh_m[0] - 0.25) / 2
    steps = rng.randint(8, 10)
    run, rise = steps * _TREAD_M, steps * _RISE_M
    place = Place("stairwell", "landing", way_out, shift - wide / 2, shift + wide / 2, deep, 2 * rise - 0.16)
    place.height_m = max(place.height_m, way_out.size_wh_m[1] + 0.25)
    place.daylight = build_behind(kit, way_out, outside=rng.random() < 0.1)
    dirt = rng.choice((0.0, 0.4, 0.8))
    skin = surfaces.wall(kit, ("paint", "paint", "paint", "plaster", "tiles"), dirt)
    low = surfaces.dado(kit, dirt) if rng.random() < 0.4 else None
    ground = surfaces.floor(kit, ("terrazzo", "concrete", "tiles", "paint", "stone"), dirt)
    exit_wall(place, skin, low)
    _well(place, (run, rise), steps, (skin, ground), down_right := rng.random() < 0.5)
    middle = (place.left_m + place.right_m) / 2
    _railing(kit, middle, ((-deep, 0.0), (-deep - run, -rise)))
    _railing(kit, middle, ((-deep, 0.0), (-deep - run, rise)))
    _eyes(kit, place, (run, rise), down_right=down_right)
    place.lamp_material = kit.fresh(Surface(colour=(1.0, 0.98, 0.94), relief=0, glow=6))
    place.lamp_material.cycles.emission_sampling = "NONE"
    place.lamps = [(middle, -deep * 0.6, place.height_m), (middle, -deep - run - 0.5, place.height_m + rise - 0.3)]
    for x, y, z in place.lamps:
        shapes.drum("lamp", (x, y, z - 0.05), 0.1, 0.09, place.lamp_material, sides=20, top_radius_m=0.14)
    for name in ("notices", "meters"):
        if rng.random() < 0.4:
            dressing.DRESSERS[name](kit, place)
    return place


def _well(place: Place, size: tuple[float, float], steps: int, skins: tuple[Any, Any], down_right: bool) -> None:  # noqa: FBT001 - the side
    """Landing, both flights, half landings and the walls round them."""
    run, rise = size
    skin, ground = skins
    deep = place.depth_m
    middle, wide = (place.left_m + place.right_m) / 2, place.right_m - place.left_m
    halves = ((place.left_m, middle - 0.04), (middle + 0.04, place.right_m))
    up, down = (halves[0], halves[1]) if down_right else (halves[1], halves[0])
    shapes.block("landing", (middle, WALL_M / 2 - deep / 2 - 0.02, -0.09), (wide + 0.1, deep + WALL_M, 0.18), ground)
    flight(up, -deep, 0.0, steps, (-1, 1), ground)
    flight(down, -deep - 0.001, 0.0, steps, (-1, -1), ground)
    far = -deep - run
    for z in (-rise, rise):
        shapes.block("half-landing", (middle, far - 0.7, z - 0.09), (wide + 0.1, 1.4, 0.18), ground)
    tall = place.height_m + rise
    for side, x in ((-1, place.left_m), (1, place.right_m)):
        shapes.block(
            "wall", (x + side * 0.05, (far - 1.4) / 2, tall / 2 - rise), (0.1, 1.6 - far, tall + 2 * rise), skin
        )
    shapes.block("far", (middle, far - 1.45, tall / 2 - rise), (wide + 0.2, 0.1, tall + 2 * rise), skin)
    shapes.block("top", (middle, far / 2, tall - 0.05), (wide + 0.2, 2 - far + 1.4, 0.1), skin)
    shapes.block("above", (middle, -deep / 2 + 0.1, place.height_m + 0.08), (wide + 0.1, deep + 0.2, 0.16), skin)


def _eyes(kit: Kit, place: Place, size: tuple[float, float], *, down_right: bool) -> None:
    rng = kit.rng
    run, rise = size
    deep = place.depth_m
    middle, quarter = (place.left_m + place.right_m) / 2, (place.right_m - place.left_m) / 4
    down, up = (middle + quarter, middle - quarter) if down_right else (middle - quarter, middle + quarter)
    for _ in range(2):
        share = rng.uniform(0.35, 1.15)
        place.eyes.append(
            (
                "below",
                (
                    down + rng.uniform(-0.2, 0.2),
                    -deep - run * share - 0.2,
                    -rise * min(share, 1) + rng.uniform(1.4, 1.65),
                ),
            )
        )
        share = rng.uniform(0.3, 1.1)
        place.eyes.append(
            (
                "above",
                (up + rng.uniform(-0.2, 0.2), -deep - run * share - 0.2, rise * min(share, 1) + rng.uniform(1.35, 1.6)),
            )
        )
    place.eyes.append(("landing", (rng.choice((up, down)), -deep + 0.05, rng.uniform(1.4, 1.65))))


def build_flight(kit: Kit) -> Place:
    """Stairs that lead up behind an opening: the flight itself is the way out."""
    rng = kit.rng
    width, tall = rng.uniform(1.1, 2.2), rng.uniform(2.3, 2.9)
    dirt = rng.choice((0.3, 0.7, 1.0))
    skin = surfaces.wall(kit, ("paint", "plaster", "brick", "concrete", "mosaic"), dirt)
    ground = surfaces.floor(kit, ("concrete", "terrazzo", "stone", "tiles"), dirt)
    steps = rng.randint(9, 13)
    stairs = flight((-width / 2, width / 2), 0.05, 0.0, steps, (1, 1), ground)
    end = 0.05 + steps * _TREAD_M
    top = steps * _RISE_M
    frame = kit.paint(rng.choice(((0.4, 0.4, 0.4), (0.6, 0.6, 0.58), (0.2, 0.2, 0.2))), 0.7)
    jambs = [shapes.block("jamb", (s * (width / 2 + 0.012), 0.09, tall / 2), (0.02, 0.2, tall), frame) for s in (-1, 1)]
    way_out = Exit("flight", (width, tall), [stairs, joined("frame", jambs)], see_through=True)
    place = Place(
        "flight",
        "street" if rng.random() < 0.6 else "home",
        way_out,
        -14.0,
        14.0,
        rng.uniform(5, 8),
        rng.uniform(4.0, 8.0),
        outdoors=True,
    )
    exit_wall(place, skin, None)
    for side in (-1, 1):
        shapes.block("wall", (side * (width / 2 + 0.06), 0.2 + end / 2 + 0.7, 2.5), (0.1, end + 1.4, 5), skin)
    shapes.block("upper", (0, end + 0.65, top - 0.1), (width, 1.3, 0.2), ground)
    shapes.block("end", (0, end + 1.35, 2.5), (width + 0.2, 0.1, 5), skin)
    pane = kit.fresh(Surface(colour=(0.8, 0.9, 1.0), relief=0, glow=rng.choice((0.0, 1.0, 3.0))))
    shapes.panel("window", (0, end + 1.29, top + 1.5), (width * 0.5, 0.9), pane)
    if rng.random() < 0.6:
        _railing(kit, rng.choice((-1, 1)) * (width / 2 - 0.1), ((0.05, 0.0), (end, top)))
    return place
