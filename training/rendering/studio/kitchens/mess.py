"""The dirty regions of a kitchen: the full sink, the filthy counter, the floor with waste and a full bin."""

import random
from typing import Any

from mathutils import Matrix

from hazardlens.training.rendering.studio.kitchens import soil
from hazardlens.training.rendering.studio.kitchens.piles import Heap
from hazardlens.training.rendering.studio.kitchens.plan import Room
from hazardlens.training.rendering.studio.kitchens.sinks import Basin
from hazardlens.training.rendering.studio.kitchens.states import discard
from hazardlens.training.rendering.studio.kitchens.vessels import tray
from hazardlens.training.rendering.studio.kitchens.wares import LARGE, SMALL, Wares
from hazardlens.training.rendering.studio.materials import plain
from hazardlens.training.rendering.studio.props.bags import bag
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import block, drum, group

PACKETS = (
    "groc_cereal",
    "groc_crisps",
    "kn_styrofoam_box",
    "kn_paper_bag",
    "wine_bottle",
    "groc_beer",
    "kn_can_crushed",
    "detergent",
    "plastic_cup",
    "groc_ketchup",
)
_HEIGHTS = {"kn_styrofoam_box": 0.12, "kn_paper_bag": 0.25, "kn_can_crushed": 0.08}
SCRAPS = ("kn_banana", "kn_fish_bones", "kn_apple_half", "kn_egg_half", "kn_bread")


def full_sink(kit: Kit, wares: Wares, room: Room) -> list[Any]:
    """Dirty dishes, water, suds and remains in one or all basins."""
    rng = kit.rng
    basins = list(room.sink.basins)
    used = basins if rng.random() < 0.5 else [rng.choice(basins)]
    made = [thing for basin in used for thing in _full_basin(wares, basin, room.top_m)]
    return [*made, *(room.basins[basins.index(basin)] for basin in used)]


def _full_basin(wares: Wares, basin: Basin, top_m: float) -> list[Any]:
    rng = wares.rng
    (x, y), (a, b) = basin.centre_m, basin.half_m
    floor = top_m - basin.deep_m
    fill = rng.choice((0.0, 0.25, 0.5, 0.5, 0.8, 1.2))
    made = []
    heap = Heap(basin.centre_m, (a * 0.97, b * 0.97), floor, wall_m=basin.deep_m, square=basin.square)
    count = round((a * b / 0.05) * rng.choice((4, 8, 11, 15, 18)) * (1.3 if basin.deep_m > 0.24 else 1))
    for _ in range(min(max(count, 3), 24)):
        thing = _washing_up(wares, min(a, b))
        heap.drop(thing, rng, upset=rng.choice((0.08, 0.25, 0.5)))
        made.append(thing)
    made += [_tool_on(wares, heap, basin) for _ in range(rng.randrange(8))]
    water = floor + min(fill * 0.6, 0.8) * basin.deep_m
    if fill > 0:
        slope = 0.95 if basin.square > 3 else 0.8
        made.append(soil.murky_water((a * slope, b * slope), (x, y, water), basin.square, rng))
    area = (x - a * 0.75, y - b * 0.75, x + a * 0.75, y + b * 0.75)
    if fill > 0 and rng.random() < 0.4:
        made.append(soil.suds(area, water + 0.002, rng.randrange(2, 9), rng))
    if rng.random() < 0.8:
        made.append(
            soil.crumbs(
                area,
                max(water, floor) + 0.001,
                rng.randrange(15, 90),
                (*wares.foods[:4], wares.sauces[0]),
                rng,
                size_m=(0.003, 0.013),
            )
        )
    if rng.random() < 0.3:
        made.append(soil.leaves(area, max(water, floor) + 0.004, rng.randrange(3, 12), plain((0.1, 0.22, 0.03)), rng))
    return made


def _washing_up(wares: Wares, fits_m: float) -> Any:
    """A dish that goes into a basin whose shorter half side is `fits_m`."""
    rng = wares.rng
    for _ in range(6):
        thing = wares.scan() if rng.random() < 0.12 else None
        if thing is None:
            thing = wares.dish(rng.choice(LARGE if rng.random() < 0.22 else SMALL), soiled=rng.random() < 0.85)
        if float(thing["radius_m"]) < fits_m:
            return thing
        discard(thing)
    return wares.dish("bowl", soiled=True)


def _tool_on(wares: Wares, heap: Heap, basin: Basin) -> Any:
    rng = wares.rng
    tool = wares.tool()
    x, y = (middle + rng.uniform(-0.7, 0.7) * half for middle, half in zip(basin.centre_m, basin.half_m, strict=True))
    tilt = Matrix.Rotation(rng.uniform(0, 6.3), 4, "Z") @ Matrix.Rotation(rng.gauss(0, 0.3), 4, "Y")
    tool.matrix_world = Matrix.Translation((x, y, heap.top_m(x, y) + 0.015)) @ tilt
    return tool


def filthy_counter(
    kit: Kit, wares: Wares, x_m: tuple[float, float], y_m: tuple[float, float], top_m: float
) -> list[Any]:
    """Stacked unwashed pots and plates, leftovers, open packets, spills and crumbs between two x and two y."""
    rng = kit.rng
    centre, half = ((x_m[0] + x_m[1]) / 2, (y_m[0] + y_m[1]) / 2), ((x_m[1] - x_m[0]) / 2, (y_m[1] - y_m[0]) / 2)
    heap = Heap(centre, half, top_m + 0.001)
    made = [packet(kit) for _ in range(rng.randrange(0, 2 + round(half[0] * 7)))]
    for thing in made:
        heap.drop(thing, rng, upset=0.0)
    for _ in range(rng.randrange(1, 4)):
        made += _stack(wares, heap, half)
    for _ in range(rng.randrange(1, 2 + round(half[0] * 8))):
        thing = wares.dish(rng.choice((*SMALL, *LARGE)), soiled=True)
        heap.drop(thing, rng, upset=0.04)
        made.append(thing)
    area = (x_m[0], y_m[0], x_m[1], y_m[1])
    made.append(soil.spills(area, top_m + 0.0012, rng.randrange(2, 10), wares.sauces, rng))
    made.append(soil.crumbs(area, top_m + 0.001, rng.randrange(10, 90), wares.foods[:4], rng))
    return made


def _stack(wares: Wares, heap: Heap, half_m: tuple[float, float]) -> list[Any]:
    rng = wares.rng
    kind = rng.choice(("plate", "bowl", "bowl", "pot", "noodle_bowl", "deep_plate"))
    spot = (rng.uniform(-0.6, 0.6) * half_m[0], rng.uniform(-0.5, 0.6) * half_m[1])
    made = []
    for _ in range(rng.randrange(2, 4 if kind == "pot" else 8)):
        thing = wares.dish(kind, soiled=True)
        thing["height_m"] = float(thing["height_m"]) * (0.55 if kind != "pot" else 1.6)
        heap.drop(thing, rng, upset=0.05, at_m=(spot[0] + rng.gauss(0, 0.008), spot[1] + rng.gauss(0, 0.008)))
        made.append(thing)
    return made


def packet(kit: Kit) -> Any:
    """Packaging, a bottle, a can or a lunch box, at the origin."""
    rng = kit.rng
    name = kit.pick(*PACKETS) if rng.random() < 0.7 else None
    if name is None:
        return _plain_packet(kit)
    thing = kit.place(name, height_m=_HEIGHTS.get(name))
    thing["radius_m"], thing["height_m"] = max(thing["size_m"][0], thing["size_m"][1]) / 2, thing["size_m"][2]
    return thing


def _plain_packet(kit: Kit) -> Any:
    rng = kit.rng
    colour = kit.any_colour(value=(0.1, 0.7))
    material = kit.paint(colour, rng.uniform(0.2, 0.6))
    kind = rng.choice(("box", "bottle", "lunch", "jar"))
    if kind == "lunch":
        thing = tray("lunch-box", (0.09, 0.065), 0.05, kit.paint((0.75, 0.74, 0.7), 0.5))
        size = (0.09, 0.05)
    elif kind == "box":
        high = rng.uniform(0.03, 0.2)
        thing = block("packet", (0, 0, high / 2), (rng.uniform(0.06, 0.18), rng.uniform(0.04, 0.1), high), material)
        size = (0.08, high)
    else:
        high, radius = rng.uniform(0.1, 0.28), rng.uniform(0.025, 0.05)
        thing = drum(
            kind,
            (0, 0, high / 2),
            radius,
            high,
            material,
            sides=20,
            top_radius_m=radius * (0.45 if kind == "bottle" else 1),
        )
        size = (radius, high)
    whole = group("packet", [thing])
    whole["radius_m"], whole["height_m"] = size
    return whole


def scrap(kit: Kit, size_m: tuple[float, float] = (0.05, 0.14)) -> Any | None:
    """A peel, a bone or a crust at the origin; None without assets."""
    name = kit.pick(*SCRAPS)
    if name is None:
        return None
    return kit.place(
        name,
        turn_rad=kit.rng.uniform(0, 6.3),
        height_m=kit.rng.uniform(*size_m) * {"kn_banana": 0.3, "kn_fish_bones": 0.12, "kn_bread": 0.1}.get(name, 0.5),
    )


def filthy_floor(kit: Kit, wares: Wares, at_m: tuple[float, float], half_m: tuple[float, float]) -> list[Any]:
    """Waste, puddles and leaves on the floor round a point, often with bags and a bin that runs over."""
    rng = kit.rng
    (x, y), (a, b) = at_m, half_m
    area = (x - a, y - b, x + a, y + b)
    wet = [soil.murk((0.06, 0.05, 0.035), 0.3), soil.murk((0.1, 0.07, 0.03), rng.uniform(0.3, 0.7)), *wares.sauces[:1]]
    made = [
        soil.spills(area, 0.0015, rng.randrange(2, 8), wet, rng, radius_m=(0.05, 0.28)),
        soil.crumbs(area, 0.002, rng.randrange(40, 200), wares.foods, rng, size_m=(0.004, 0.028)),
        soil.leaves(
            area,
            0.003,
            rng.randrange(4, 40),
            plain(rng.choice(((0.12, 0.25, 0.04), (0.4, 0.42, 0.15), (0.6, 0.58, 0.5)))),
            rng,
            size_m=(0.03, 0.12),
        ),
    ]
    for _ in range(rng.randrange(2, 8)):
        thing = packet(kit) if rng.random() < 0.6 else scrap(kit)
        if thing is not None:
            thing.location = (rng.uniform(area[0], area[2]), rng.uniform(area[1], area[3]), 0.003)
            made.append(thing)
    kind = rng.random()
    if kind < 0.4:
        made += overflowing_bin(kit, wares, (x + rng.uniform(-0.5, 0.5) * a, y + 0.6 * b))
    if kind > 0.3:
        for _ in range(rng.randrange(1, 4)):
            thing = bag(kit, rng.uniform(0.12, 0.24))
            thing.location = (x + rng.uniform(-0.8, 0.8) * a, y + rng.uniform(0.1, 0.8) * b, 0)
            made.append(thing)
    return made


def overflowing_bin(kit: Kit, wares: Wares, at_m: tuple[float, float]) -> list[Any]:
    """A bin without a lid, heaped with waste."""
    rng = kit.rng
    thing, radius, high = bin_body(kit, at_m)
    heap = Heap(at_m, (radius, radius), high * 0.8, wall_m=0, square=2)
    made = [thing]
    for _ in range(rng.randrange(6, 14)):
        waste = packet(kit) if rng.random() < 0.7 else wares.dish("bowl", soiled=True)
        heap.drop(waste, rng, upset=0.4)
        made.append(waste)
    x, y = at_m
    made.append(
        soil.crumbs(
            (x - radius * 0.8, y - radius * 0.8, x + radius * 0.8, y + radius * 0.8),
            high * 0.98,
            60,
            wares.foods,
            rng,
            size_m=(0.01, 0.04),
        )
    )
    if rng.random() < 0.6:
        foil = bag(kit, radius * 0.9)
        foil.location = (x, y, high * 0.75)
        made.append(foil)
    return made


def bin_body(kit: Kit, at_m: tuple[float, float]) -> tuple[Any, float, float]:
    """An open bin; with its upper radius and its height."""
    rng = kit.rng
    radius, high = rng.uniform(0.13, 0.24), rng.uniform(0.28, 0.65)
    colour = rng.choice(
        (
            (0.02, 0.02, 0.02),
            (0.05, 0.15, 0.35),
            (0.4, 0.05, 0.04),
            (0.4, 0.4, 0.4),
            (0.05, 0.25, 0.1),
            (0.7, 0.68, 0.6),
        )
    )
    thing = drum("bin", (*at_m, high / 2), radius * 0.8, high, kit.paint(colour, 0.4), sides=28, top_radius_m=radius)
    return thing, radius, high


def mould(room: Room, rng: random.Random) -> list[Any]:
    """Black specks and streaks on the wall behind the counter."""
    dark = plain(rng.choice(((0.02, 0.025, 0.02), (0.05, 0.04, 0.02), (0.04, 0.05, 0.03))), roughness=0.9)
    patch = soil.runs(rng.uniform(0.5, 1.0), rng.uniform(0.25, 0.45), rng.randrange(60, 180), dark, rng)
    patch.location = (
        sum(room.mess_m) / 2,
        room.back_m - (0.022 if room.style in {"restaurant", "stall"} else 0.0025),
        room.top_m + 0.22,
    )
    return [patch]
