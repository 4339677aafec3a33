"""Hobs and wok ranges, clean and greasy, with a hood above."""

import math
from typing import Any

from hazardlens.training.rendering.studio.kitchens import soil
from hazardlens.training.rendering.studio.kitchens.clay import Clay, circle
from hazardlens.training.rendering.studio.kitchens.plan import Room
from hazardlens.training.rendering.studio.kitchens.states import Setting
from hazardlens.training.rendering.studio.kitchens.wares import Wares
from hazardlens.training.rendering.studio.materials import Colour, Surface, plain
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import block, drum, group, tube


def build_hob(kit: Kit, wares: Wares, room: Room, setting: Setting, dirty: frozenset[str]) -> list[Any]:
    """A hob at `room.hob_m`; gives what a box round the greasy hob covers."""
    rng = kit.rng
    range_ = room.style in {"restaurant", "stall"} and rng.random() < 0.7
    plate, spots = (_wok_range if range_ else _gas_hob)(kit, room)
    colour, rough, metallic = rng.choice(
        (
            ((0.02, 0.02, 0.022), 0.08, 0.0),
            ((0.5, 0.5, 0.5), 0.3, 1.0),
            ((0.5, 0.5, 0.5), 0.25, 1.0),
            ((0.7, 0.7, 0.68), 0.2, 0.0),
        )
    )
    clean = plain(colour, roughness=rough, metallic=metallic)
    foul = kit.fresh(
        Surface(
            colour=colour, roughness=min(1, rough + 0.2), metallic=metallic * 0.7, relief=0, dirt=rng.uniform(0.6,
            0.95),
            dirt_colour=rng.choice(((0.1, 0.05, 0.015), (0.16, 0.09, 0.02), (0.04, 0.03, 0.02))),
            dirt_size=rng.uniform(5, 14), dirt_amount=rng.uniform(0.4, 0.8),
        )
    )  # fmt: skip
    plate.data.materials.clear()
    plate.data.materials.append(clean)
    setting.skin([plate], dirty, foul, clean)
    grime = _grime(kit, wares, room, plate)
    pans = [_on_burner(wares, spot, soiled=True) for spot in spots if rng.random() < 0.7]
    setting.only(dirty, [*grime, *pans])
    tidy = [_on_burner(wares, spot, soiled=False) for spot in spots if rng.random() < 0.4]
    setting.only({"tidy", "pest_tidy"}, tidy)
    if rng.random() < 0.7:
        _hood(kit, room)
    return [plate, *grime, *pans]


def _gas_hob(kit: Kit, room: Room) -> tuple[Any, list[tuple[float, float, float]]]:
    rng = kit.rng
    x, y, z = room.hob_m, room.back_m / 2, room.top_m
    wide, deep = rng.uniform(0.66, 0.76), rng.uniform(0.38, 0.44)
    raised = rng.choice((0.008, 0.008, 0.09))
    plate = block("hob", (x, y, z + raised / 2 + 0.001), (wide, deep, raised), plain((0.1, 0.1, 0.1)), bevel_m=0.004)
    black, brass = (
        plain((0.02, 0.02, 0.02), roughness=0.5, metallic=0.4),
        plain((0.4, 0.3, 0.12), roughness=0.4, metallic=1),
    )
    spots = []
    for side in (-1, 1):
        spot = (x + side * wide * 0.27, y + 0.02, z + raised)
        drum("burner", (spot[0], spot[1], spot[2] + 0.012), 0.045, 0.022, black, sides=24)
        drum("flame-ring", (spot[0], spot[1], spot[2] + 0.026), 0.028, 0.01, brass, sides=20)
        for arm in range(4):
            turn = arm * math.pi / 2 + 0.785
            outer, inner = (
                (spot[0] + 0.11 * math.cos(turn), spot[1] + 0.11 * math.sin(turn)),
                (spot[0] + 0.03 * math.cos(turn), spot[1] + 0.03 * math.sin(turn)),
            )
            tube(
                "support",
                [(*outer, spot[2] + 0.003), (*outer, spot[2] + 0.038), (*inner, spot[2] + 0.04)],
                0.005,
                black,
                sharp=True,
            )
        drum("knob", (x + side * 0.05, y - deep / 2 + 0.045, spot[2] + 0.012), 0.02, 0.024, black, sides=20)
        spots.append((spot[0], spot[1], spot[2] + 0.045))
    return plate, spots


def _wok_range(_kit: Kit, room: Room) -> tuple[Any, list[tuple[float, float, float]]]:
    x, y, z = room.hob_m, room.back_m / 2, room.top_m
    plate = block(
        "range", (x, y - 0.03, z + 0.021), (0.8, room.back_m + 0.02, 0.04), plain((0.5, 0.5, 0.5)), bevel_m=0.004
    )
    iron = plain((0.03, 0.028, 0.026), roughness=0.6, metallic=0.5)
    spots = []
    for side in (-1, 1):
        spot = (x + side * 0.2, y, z + 0.042)
        clay = Clay()
        clay.rings(
            [circle(0.17, 0), circle(0.17, 0.045), circle(0.15, 0.05), circle(0.12, 0.002), circle(0.05, -0.001)],
            caps=(False, True),
        )
        clay.thing("wok-ring", (iron,)).location = spot
        spots.append((spot[0], spot[1], spot[2] + 0.03))
    tube(
        "swing-tap",
        [
            (x, room.back_m - 0.01, z + 0.3),
            (x, room.back_m - 0.06, z + 0.32),
            (x + 0.05, y, z + 0.3),
            (x + 0.05, y, z + 0.25),
        ],
        0.01,
        plain((0.6, 0.6, 0.6), roughness=0.2, metallic=1),
    )
    return plate, spots


def _on_burner(wares: Wares, spot: tuple[float, float, float], *, soiled: bool) -> Any:
    rng = wares.rng
    pan = wares.dish(
        rng.choice(("wok", "wok", "pot", "frying_pan", "stock_pot" if rng.random() < 0.3 else "pot")), soiled=soiled
    )
    lean = 0.05 if soiled else 0.02
    pan.location = (spot[0] + rng.gauss(0, 0.01), spot[1] + rng.gauss(0, 0.01), spot[2])
    pan.rotation_euler = (rng.gauss(0, lean), rng.gauss(0, lean), rng.uniform(-2.6, -0.5))
    return pan


def _grime(kit: Kit, wares: Wares, room: Room, plate: Any) -> list[Any]:
    """Burnt spills on the plate, splashes on the wall behind it."""
    rng = kit.rng
    x, y, top = room.hob_m, plate.location.y, plate.location.z + plate.dimensions.z / 2 + 0.0015
    half = (0.34, 0.19)
    area = (x - half[0], y - half[1], x + half[0], y + half[1])
    fats = [plain(colour, roughness=rng.uniform(0.1, 0.5)) for colour in _fats(rng.random())]
    made = [
        soil.spills(area, top, rng.randrange(5, 14), fats, rng, radius_m=(0.01, 0.045)),
        soil.crumbs(area, top, rng.randrange(20, 80), (*wares.foods[:3], fats[0]), rng, size_m=(0.002, 0.008)),
    ]
    if rng.random() < 0.7:
        streaks = soil.runs(rng.uniform(0.5, 0.9), rng.uniform(0.3, 0.6), rng.randrange(15, 60), fats[1], rng)
        streaks.location = (
            x,
            room.back_m - (0.022 if room.style in {"restaurant", "stall"} else 0.002),
            room.top_m + rng.uniform(0.25, 0.4),
        )
        made.append(streaks)
    return made


def _fats(dark: float) -> tuple[Colour, Colour]:
    return (0.02 + 0.1 * dark, 0.012 + 0.05 * dark, 0.005 + 0.01 * dark), (0.16 + 0.1 * dark, 0.09 + 0.05 * dark, 0.02)


def _hood(kit: Kit, room: Room) -> Any:
    rng = kit.rng
    x, low = room.hob_m, room.top_m + rng.uniform(0.62, 0.75)
    grey = rng.uniform(0.35, 0.6)
    metal = kit.fresh(
        Surface(
            colour=(grey,) * 3,
            roughness=0.35,
            metallic=1,
            relief=0,
            dirt=rng.choice((0, 0.5)),
            dirt_colour=(0.2, 0.12, 0.03),
            dirt_size=5,
        )
    )
    canopy = drum(
        "hood",
        (x, room.back_m - 0.25, low + 0.13),
        0.55,
        0.26,
        metal,
        sides=4,
        turn_rad=(0, 0, math.pi / 4),
        top_radius_m=0.22,
    )
    canopy.scale = (1.0, 0.64, 1.0)
    flue = block("flue", (x, room.back_m - 0.15, low + 0.6), (0.26, 0.24, 0.8), metal)
    return group("hood-all", [canopy, flue])
