"""What stands about in a kitchen that is in order: washed dishes, jars, a board, a closed bin, a cup in the sink."""

import math
from typing import Any

from hazardlens.training.rendering.studio.kitchens import food
from hazardlens.training.rendering.studio.kitchens.mess import bin_body, packet
from hazardlens.training.rendering.studio.kitchens.plan import Room
from hazardlens.training.rendering.studio.kitchens.states import discard
from hazardlens.training.rendering.studio.kitchens.wares import Wares
from hazardlens.training.rendering.studio.materials import Surface, plain
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import block, drum, group, tube


def rack(kit: Kit, wares: Wares, x_m: float, y_m: float, z_m: float) -> Any:
    """Washed plates and bowls on edge in a rack of wire."""
    rng = kit.rng
    wire = plain(rng.choice(((0.7, 0.7, 0.7), (0.05, 0.05, 0.05))), roughness=0.25, metallic=0.8)
    half, deep = rng.uniform(0.15, 0.2), 0.12
    made = [
        block(
            "rack-tray",
            (0, 0, 0.008),
            (2 * half + 0.03, 2 * deep + 0.03, 0.012),
            kit.paint((0.7, 0.7, 0.7), 0.4),
            bevel_m=0.004,
        )
    ]
    for y in (-deep, deep):
        made.append(tube("rack-rail", [(-half, y, 0.09), (half, y, 0.09)], 0.004, wire, sharp=True))
        made += [tube("rack-post", [(x, y, 0.01), (x, y, 0.09)], 0.004, wire, sharp=True) for x in (-half, half)]
    count = rng.randrange(3, 9)
    kind = rng.choice(("plate", "plate", "bowl", "deep_plate"))
    for number in range(count):
        dish = wares.dish(kind if rng.random() < 0.8 else "bowl", soiled=False)
        radius = float(dish["radius_m"])
        dish.rotation_euler = (0, math.pi / 2 - rng.uniform(0.1, 0.3), 0)
        dish.location = (-half * 0.85 + 1.7 * half * number / count, 0, 0.02 + radius)
        made.append(dish)
    return group("rack", made, (x_m, y_m, z_m), (0, 0, rng.choice((0, math.pi / 2, rng.uniform(-0.2, 0.2)))))


def jars(kit: Kit, x_m: tuple[float, float], y_m: float, z_m: float) -> list[Any]:
    """Bottles, jars and a machine in a loose row along the wall."""
    rng = kit.rng
    made, x = [], x_m[0] + 0.06
    while x < x_m[1] - 0.06:
        if rng.random() < 0.12 and x < x_m[1] - 0.3:
            x += 0.13
            made.append(_cooker(kit, x, y_m - 0.08, z_m))
            x += 0.2
            continue
        if rng.random() < 0.6:
            thing = packet(kit)
            if float(thing["radius_m"]) < 0.11:
                thing.location = (x, y_m - rng.uniform(0.0, 0.05), z_m)
                made.append(thing)
                x += float(thing["radius_m"])
            else:
                discard(thing)
        x += rng.uniform(0.06, 0.22)
    return made


def _cooker(kit: Kit, x: float, y: float, z: float) -> Any:
    """A rice cooker or a kettle."""
    rng = kit.rng
    shell, dark = (
        kit.paint(rng.choice(((0.75, 0.74, 0.72), (0.45, 0.04, 0.04), (0.05, 0.05, 0.05), (0.5, 0.5, 0.52))), 0.25),
        kit.paint((0.03, 0.03, 0.03)),
    )
    high, radius = rng.uniform(0.18, 0.26), rng.uniform(0.09, 0.13)
    body = drum(
        "cooker", (0, 0, high / 2), radius, high, shell, sides=28, top_radius_m=radius * rng.choice((0.75, 1.0))
    )
    lid = drum("lid", (0, 0, high + 0.015), radius * 0.8, 0.03, dark, sides=24, top_radius_m=radius * 0.5)
    grip = block("grip", (0, -radius * 0.9, high * 0.75), (0.06, 0.04, 0.03), dark, bevel_m=0.006)
    return group("cooker", [body, lid, grip], (x, y, z))


def board(kit: Kit, wares: Wares, x_m: float, y_m: float, z_m: float) -> list[Any]:
    """A clean board, often with a knife, sometimes with food that is being prepared."""
    rng = kit.rng
    wood = kit.fresh(
        Surface(role="wood" if rng.random() < 0.7 else "", colour=(1, 1, 1), roughness=0.5, relief=0.05, tile_m=0.6)
    )
    thing = block(
        "board",
        (x_m, y_m, z_m + 0.011),
        (rng.uniform(0.28, 0.4), rng.uniform(0.2, 0.28), 0.02),
        wood,
        turn_rad=(0, 0, rng.gauss(0, 0.2)),
        bevel_m=0.004,
    )
    made = [thing]
    if rng.random() < 0.6:
        tool = wares.tool()
        tool.location, tool.rotation_euler = (
            (x_m + rng.uniform(-0.1, 0.1), y_m - 0.06, z_m + 0.022),
            (0, 0, rng.uniform(-0.4, 0.4)),
        )
        made.append(tool)
    return made


def food_in_order(wares: Wares, x_m: float, y_m: float, z_m: float) -> Any:
    """Food in a clean vessel on a clean table: no hazard."""
    thing = food.portion(wares)
    thing.location = (x_m, y_m, z_m + 0.001)
    return thing


def closed_bin(kit: Kit, at_m: tuple[float, float]) -> list[Any]:
    """A bin with its lid on."""
    thing, radius, high = bin_body(kit, at_m)
    lid = drum(
        "bin-lid",
        (*at_m, high + 0.02),
        radius * 1.03,
        0.045,
        thing.data.materials[0],
        sides=28,
        top_radius_m=radius * 0.85,
    )
    return [thing, lid]


def in_clean_sink(kit: Kit, wares: Wares, room: Room) -> list[Any]:
    """Nothing, a cup, two rinsed plates, or vegetables in a bowl under the tap."""
    rng = kit.rng
    basin = rng.choice(room.sink.basins)
    (x, y), floor = basin.centre_m, room.top_m - basin.deep_m + 0.002
    kind = rng.choice(("empty", "empty", "cup", "cup", "plates", "vegetables", "sponge"))
    if kind == "vegetables":
        return [food_in_order(wares, x, y, floor)]
    if kind == "sponge":
        return [
            block(
                "sponge",
                (x + rng.uniform(-0.1, 0.1), y + basin.half_m[1] * 0.6, floor + 0.02),
                (0.1, 0.06, 0.03),
                kit.paint(rng.choice(((0.7, 0.55, 0.05), (0.1, 0.4, 0.15))), 0.9),
                bevel_m=0.004,
            )
        ]
    made = []
    for number in range({"empty": 0, "cup": 1, "plates": rng.choice((1, 2))}[kind]):
        dish = wares.dish("cup" if kind == "cup" else rng.choice(("plate", "bowl")), soiled=False)
        dish.location = (
            x + rng.uniform(-0.3, 0.3) * basin.half_m[0],
            y + rng.uniform(-0.3, 0.3) * basin.half_m[1],
            floor + 0.012 * number,
        )
        made.append(dish)
    return made
