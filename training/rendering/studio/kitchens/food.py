"""Food without a cover: raw meat, fish, vegetables, cooked dishes, in trays, basins or on the bare place."""

import math
import random
from collections.abc import Callable
from typing import Any, Final

from hazardlens.training.rendering.studio.kitchens.clay import Clay, Point
from hazardlens.training.rendering.studio.kitchens.vessels import inside_height, tray
from hazardlens.training.rendering.studio.kitchens.wares import Wares
from hazardlens.training.rendering.studio.materials import Colour, Surface, make_material, plain
from hazardlens.training.rendering.studio.shapes import group

Morsels = tuple[Clay, list[Any]]


def portion(wares: Wares, *, vessel: bool = True) -> Any:
    """Food at the origin, mostly in something open; it has `radius_m`."""
    rng = wares.rng
    kind = rng.choice(tuple(_KINDS))
    if vessel and rng.random() < 0.4:
        half = (rng.uniform(0.14, 0.24), rng.uniform(0.1, 0.17))
        holder = tray("tray", half, rng.uniform(0.05, 0.12), _holder_material(wares))
        return _filled(wares, kind, holder, min(half), 0.02)
    if vessel:
        name = rng.choice(("basin", "basin", "noodle_bowl", "deep_plate", "bucket", "plate"))
        holder = wares.dish(name, soiled=False)
        return _filled(
            wares, kind, holder, float(holder["radius_m"]) * 0.8, inside_height(name, 0.0) * float(holder["height_m"])
        )
    clay, skins = _KINDS[kind](rng, wares, 0.14)
    carrier = group("food", [clay.thing(kind, skins)])
    carrier["radius_m"] = 0.17
    return carrier


def _filled(wares: Wares, kind: str, holder: Any, radius_m: float, floor_m: float) -> Any:
    clay, skins = _KINDS[kind](wares.rng, wares, radius_m)
    food = clay.thing(kind, skins)
    food.location = (0, 0, floor_m)
    carrier = group("food", [holder, food])
    carrier["radius_m"] = radius_m / 0.8
    return carrier


def _holder_material(wares: Wares) -> Any:
    bright: tuple[Colour, ...] = (
        (0.6, 0.03, 0.03),
        (0.05, 0.2, 0.5),
        (0.05, 0.35, 0.12),
        (0.8, 0.8, 0.78),
        (0.7, 0.5, 0.05),
    )
    return wares.steel if wares.rng.random() < 0.5 else plain(wares.rng.choice(bright), roughness=0.4)


def _meat(rng: random.Random, wares: Wares, reach_m: float) -> Morsels:
    """Slabs and pieces, red with fat."""
    clay = Clay()
    red = rng.choice(((0.4, 0.04, 0.035), (0.5, 0.14, 0.12), (0.3, 0.03, 0.03)))
    fatty = Surface(
        colour=red,
        roughness=0.25,
        relief=0,
        dirt=1.0,
        dirt_colour=(0.75, 0.55, 0.48),
        dirt_size=rng.uniform(12, 30),
        dirt_amount=rng.uniform(0.3, 0.6),
    )
    skins = [make_material(fatty, wares.assets, rng), plain((0.7, 0.5, 0.42), roughness=0.3)]
    for number in range(rng.choice((2, 3, 6, 12))):
        size = reach_m * rng.uniform(0.25, 0.5)
        spot = (rng.gauss(0, reach_m * 0.35), rng.gauss(0, reach_m * 0.35), size * 0.25 + 0.012 * (number // 3))
        clay.lump(
            spot,
            (size, size * rng.uniform(0.4, 0.8), size * rng.uniform(0.25, 0.45)),
            rng,
            uneven=0.16,
            skin=int(rng.random() < 0.15),
            finer=True,
        )
    return clay, skins


def _poultry(rng: random.Random, _wares: Wares, reach_m: float) -> Morsels:
    """Plucked birds: a body, legs and wings."""
    clay = Clay()
    pale = rng.choice(((0.75, 0.52, 0.38), (0.8, 0.62, 0.45), (0.6, 0.35, 0.2)))
    for _ in range(rng.choice((1, 1, 2, 3))):
        x, y, size, turn = (
            rng.gauss(0, reach_m * 0.3),
            rng.gauss(0, reach_m * 0.3),
            reach_m * rng.uniform(0.45, 0.6),
            rng.uniform(0, 6.3),
        )
        ahead = (math.cos(turn), math.sin(turn))

        def at(
            along: float,
            across: float,
            up: float,
            x: float = x,
            y: float = y,
            size: float = size,
            ahead: tuple[float, float] = ahead,
        ) -> Point:
            return (
                x + size * (along * ahead[0] - across * ahead[1]),
                y + size * (along * ahead[1] + across * ahead[0]),
                size * up,
            )

        clay.limb(
            [at(-0.8, 0, 0.4), at(-0.5, 0, 0.5), at(0.1, 0, 0.55), at(0.6, 0, 0.45), at(0.85, 0, 0.4)],
            [size * part for part in (0.12, 0.45, 0.55, 0.42, 0.1)],
            sides=12,
            flat=0.85,
        )
        for hand in (-1, 1):
            clay.limb(
                [
                    at(-0.4, hand * 0.4, 0.5),
                    at(-0.75, hand * 0.55, 0.5),
                    at(-1.15, hand * 0.35, 0.35),
                    at(-1.4, hand * 0.3, 0.3),
                ],
                [size * part for part in (0.16, 0.24, 0.09, 0.06)],
            )
            clay.limb(
                [at(0.3, hand * 0.5, 0.5), at(0.0, hand * 0.7, 0.4), at(0.35, hand * 0.8, 0.35)],
                [size * part for part in (0.12, 0.1, 0.05)],
            )
    return clay, [plain(pale, roughness=0.3)]


def _fish(rng: random.Random, _wares: Wares, reach_m: float) -> Morsels:
    clay = Clay()
    for number in range(rng.choice((1, 2, 4))):
        x, y, z, long, turn = (
            rng.gauss(0, reach_m * 0.15),
            rng.gauss(0, reach_m * 0.35),
            0.02 + 0.02 * number,
            reach_m * rng.uniform(0.8, 1.1),
            rng.gauss(0, 0.4),
        )
        cos, sin = math.cos(turn), math.sin(turn)
        path = [
            (x + along * long * cos, y + along * long * sin, z)
            for along in (-1.0, -0.85, -0.65, -0.3, 0.2, 0.6, 0.85, 1.0)
        ]
        clay.limb(path, [long * part for part in (0.22, 0.2, 0.07, 0.2, 0.26, 0.24, 0.14, 0.03)], sides=10, flat=0.35)
        clay.lump((x + 0.82 * long * cos, y + 0.82 * long * sin, z + 0.05 * long), (0.03 * long,) * 3, rng, skin=1)
    return clay, [
        plain(rng.choice(((0.3, 0.32, 0.34), (0.5, 0.5, 0.5), (0.45, 0.2, 0.12))), roughness=0.2, metallic=0.3),
        plain((0.02, 0.02, 0.02), roughness=0.1),
    ]


def _roots(rng: random.Random, _wares: Wares, reach_m: float) -> Morsels:
    """Potatoes, onions, tomatoes, aubergines: round or long, much alike."""
    clay = Clay()
    colour: Colour = rng.choice(
        (
            (0.45, 0.3, 0.14),
            (0.5, 0.22, 0.1),
            (0.55, 0.05, 0.02),
            (0.08, 0.02, 0.08),
            (0.65, 0.22, 0.03),
            (0.6, 0.62, 0.5),
        )
    )
    long, size = rng.choice((1.0, 1.3, 2.6)), reach_m * rng.uniform(0.16, 0.26)
    for _ in range(rng.randrange(8, 24)):
        spread = reach_m * 0.55 * rng.random() ** 0.5
        turn = rng.uniform(0, 6.3)
        height = size * (0.7 + 1.3 * max(0.0, 1 - spread / (0.5 * reach_m)) * rng.random())
        clay.lump(
            (spread * math.cos(turn), spread * math.sin(turn), height),
            (size * long, size, size * 0.9),
            rng,
            uneven=0.07,
            finer=True,
        )
    return clay, [plain(colour, roughness=rng.uniform(0.2, 0.7))]


def _greens(rng: random.Random, _wares: Wares, reach_m: float) -> Morsels:
    """Leafy bunches: pale stalks, green leaves that overlap."""
    clay = Clay()
    for _ in range(rng.randrange(25, 60)):
        x, y, turn = rng.gauss(0, reach_m * 0.3), rng.gauss(0, reach_m * 0.3), rng.gauss(0.5, 0.7)
        long, wide, z = reach_m * rng.uniform(0.5, 0.9), reach_m * rng.uniform(0.12, 0.25), rng.uniform(0.01, 0.07)
        cos, sin = math.cos(turn), math.sin(turn)
        outline = ((0.0, -0.3), (0.35, -1.0), (0.75, -0.8), (1.0, 0.0), (0.75, 0.8), (0.35, 1.0), (0.0, 0.3))
        points = []
        for along, across in outline:
            up = z + 0.03 * math.sin(3 * along) - 0.012 * abs(across) + rng.uniform(-0.008, 0.008)
            points.append(
                (
                    x + along * long * cos - across * wide * sin,
                    y + along * long * sin + across * wide * cos,
                    max(up, 0.003),
                )
            )
        clay.blade(points, skin=rng.randrange(2))
        clay.limb(
            [(x - 0.5 * long * cos, y - 0.5 * long * sin, z * 0.6 + 0.006), (x, y, z + 0.004)],
            (0.009, 0.005),
            sides=5,
            skin=2,
        )
    dark = rng.uniform(0.6, 1.2)
    return clay, [
        plain((0.05 * dark, 0.2 * dark, 0.025), roughness=0.5),
        plain((0.12 * dark, 0.3 * dark, 0.05), roughness=0.5),
        plain((0.55, 0.65, 0.4), roughness=0.4),
    ]


def _cooked(rng: random.Random, wares: Wares, reach_m: float) -> Morsels:
    """Stir-fried bits, rice or noodles in sauce."""
    clay = Clay()
    for _ in range(rng.randrange(40, 110)):
        spread, turn = reach_m * 0.85 * rng.random() ** 0.5, rng.uniform(0, 6.3)
        size = rng.uniform(0.004, 0.014)
        height = 0.02 + 0.035 * max(0.0, 1 - spread / reach_m) * rng.random()
        clay.lump(
            (spread * math.cos(turn), spread * math.sin(turn), height),
            (size * rng.uniform(0.8, 2.2), size, size * 0.7),
            rng,
            skin=rng.randrange(3),
        )
    clay.blot((0, 0, 0.014), reach_m * 0.75, rng, skin=3, thick_m=0.003)
    return clay, [*rng.sample(wares.foods, 3), rng.choice(wares.sauces)]


_KINDS: Final[dict[str, Callable[[random.Random, Wares, float], Morsels]]] = {
    "meat": _meat, "more_meat": _meat, "poultry": _poultry, "fish": _fish, "roots": _roots, "greens": _greens,
    "cooked": _cooked,
}  # fmt: skip
