"""Goods and building stuff: pallets, shelves, trolleys, poles, planks, bottles, barrels, bins."""

import math
from typing import Any

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.materials import Surface
from hazardlens.training.rendering.studio.props.bags import bag
from hazardlens.training.rendering.studio.props.cartons import carton, crate, stack
from hazardlens.training.rendering.studio.props.kit import Kit, joined, moved


def pallet(kit: Kit) -> Any:
    """A wooden or plastic pallet, 1.2 x 1.0 m, that lies at the origin."""
    if kit.rng.random() < 0.25:
        wood = kit.paint((0.03, 0.12, 0.35), 0.5)
    else:
        wood = kit.surface(
            Surface(role="wood", tile_m=0.8, roughness=0.8, relief=0.1, colour=(0.9, 0.8, 0.65), dirt=0.4)
        )
    made = [shapes.block("board", (0, -0.45 + 0.15 * i, 0.13), (1.2, 0.11, 0.02), wood) for i in range(7)]
    made += [shapes.block("runner", (-0.55 + 0.55 * i, 0, 0.06), (0.1, 1.0, 0.12), wood) for i in range(3)]
    return joined("pallet", made)


def loaded_pallet(kit: Kit, height_m: float) -> Any:
    """A pallet with cartons, sometimes wrapped, its back at y = 0."""
    rng = kit.rng
    base = moved(pallet(kit), 0, -0.52)
    goods = [
        moved(stack(kit, 1.15, height_m, depth_m=0.5, neat=rng.uniform(0.6, 1)), 0, -0.5 * row, 0.142)
        for row in range(2)
    ]
    return joined("loaded-pallet", [base, *goods])


def pallet_pile(kit: Kit, count: int) -> Any:
    """Empty pallets on each other or one leaning, their back at y = 0."""
    rng = kit.rng
    made = [
        moved(
            pallet(kit), rng.uniform(-0.04, 0.04), -0.55 + rng.uniform(-0.03, 0.03), 0.143 * i, rng.uniform(-0.05, 0.05)
        )
        for i in range(count)
    ]
    if rng.random() < 0.4:
        leaning = pallet(kit)
        leaning.rotation_euler = (math.pi / 2 - 0.2, 0, 0)
        leaning.location = (rng.uniform(-0.2, 0.2), -1.25, 0.52)
        made.append(leaning)
    return joined("pallets", made)


def shelf(kit: Kit, width_m: float, height_m: float) -> Any:
    """A metal shelf with goods, its back at y = 0."""
    rng = kit.rng
    steel = kit.paint(
        rng.choice(((0.4, 0.4, 0.42), (0.05, 0.12, 0.3), (0.5, 0.5, 0.48), (0.03, 0.03, 0.03), (0.5, 0.2, 0.02))),
        0.45,
        0.3,
    )
    depth = rng.uniform(0.35, 0.5)
    levels = rng.randint(3, 5)
    made = []
    for y in (-0.02, -depth + 0.02):
        places = [(x * (width_m / 2 - 0.02), y, height_m / 2) for x in (-1, 1)]
        made += [shapes.block("post", place, (0.035, 0.035, height_m), steel) for place in places]
    for level in range(levels):
        z = 0.1 + level * (height_m - 0.15) / (levels - 1)
        made.append(shapes.block("board", (0, -depth / 2, z), (width_m - 0.005, depth - 0.005, 0.03), steel))
        x = -width_m / 2 + 0.05
        while level < levels - (rng.random() < 0.5) and x < width_m / 2 - 0.25:
            wide = rng.uniform(0.15, 0.4)
            if rng.random() < 0.75:
                size = (wide, depth * rng.uniform(0.5, 0.9), rng.uniform(0.12, 0.85 * height_m / levels))
                made.append(moved(carton(kit, size), x + wide / 2, -depth / 2, z + 0.016))
            elif rng.random() < 0.4:
                made.append(moved(bag(kit, wide / 2), x + wide / 2, -depth / 2, z + 0.016))
            x += wide + rng.uniform(0.01, 0.12)
    return joined("shelf", made)


def trolley(kit: Kit) -> Any:
    """A flat trolley with goods along x, its back at y = 0."""
    rng = kit.rng
    paint = kit.paint(rng.choice(((0.04, 0.15, 0.45), (0.5, 0.4, 0.03), (0.3, 0.3, 0.32))), 0.4)
    side = rng.choice((-1, 1))
    made = [shapes.block("deck", (0, -0.3, 0.17), (0.95, 0.58, 0.04), paint)]
    made.append(
        shapes.tube(
            "handle",
            [
                (side * 0.45, -0.06, 0.18),
                (side * 0.5, -0.06, 0.95),
                (side * 0.5, -0.54, 0.95),
                (side * 0.45, -0.54, 0.18),
            ],
            0.016,
            kit.paint((0.5, 0.5, 0.52), 0.3, 1.0),
            sharp=True,
            sides=2,
        )
    )
    rubber = kit.paint((0.02, 0.02, 0.02), 0.8)
    flat = (math.pi / 2, 0, 0)
    for x in (-0.38, 0.38):
        made += [
            shapes.drum("wheel", (x, y, 0.065), 0.06, 0.035, rubber, sides=14, turn_rad=flat) for y in (-0.1, -0.5)
        ]
    made.append(moved(stack(kit, 0.85, rng.uniform(0.4, 1.0), depth_m=0.52, neat=rng.uniform(0.3, 1)), 0, -0.03, 0.192))
    return joined("trolley", made)


def poles(kit: Kit, width_m: float) -> Any:
    """Scaffolding poles, planks or pipes: lying across, or leaning on the wall behind; back at y = 0."""
    rng = kit.rng
    steel = kit.fresh(
        Surface(
            role="metal", tile_m=0.6, roughness=0.45, metallic=0.7, relief=0, dirt=0.6, dirt_colour=(0.16, 0.07, 0.03)
        )
    )
    wood = kit.surface(Surface(role="wood", tile_m=1.2, roughness=0.8, relief=0.1, dirt=0.4))
    made = []
    leaning = rng.random() < 0.5
    for number in range(rng.randint(5, 14)):
        plank = rng.random() < 0.4
        if leaning:
            x = rng.uniform(-0.5, 0.5) * width_m
            low, high = (
                (x, -0.45 - 0.2 * rng.random(), 0.03),
                (x + rng.uniform(-0.35, 0.35), -0.05, rng.uniform(1.5, 2.5)),
            )
        else:
            y, z = -0.12 - 0.09 * (number % 5), 0.05 + 0.07 * (number // 5)
            shift = rng.uniform(-0.2, 0.2)
            low, high = (
                (shift - width_m * 0.62, y + rng.uniform(-0.05, 0.05), z),
                (shift + width_m * 0.62, y + rng.uniform(-0.05, 0.05), z + rng.uniform(0, 0.05)),
            )
        made.append(
            shapes.tube(
                "pole",
                [low, high],
                0.035 if plank else 0.025,
                wood if plank else steel,
                sharp=True,
                sides=0 if plank else 2,
            )
        )
    return joined("poles", made)


def water_bottles(kit: Kit, width_m: float) -> Any:
    """Blue bottles for water dispensers, standing in rows, their back at y = 0."""
    rng = kit.rng
    blue = kit.paint(rng.choice(((0.1, 0.3, 0.6), (0.25, 0.45, 0.65), (0.06, 0.2, 0.45))), 0.12)
    made = []
    for row in range(rng.randint(1, 3)):
        for column in range(max(2, round(width_m / 0.29))):
            if rng.random() < 0.12:
                continue
            x, y = (column + 0.5) * 0.29 - width_m / 2 + rng.uniform(-0.02, 0.02), -0.15 - 0.29 * row
            for layer in range(1 + (rng.random() < 0.3)):
                made += _bottle(x, y, 0.5 * layer, blue)
    return joined("bottles", made)


def _bottle(x: float, y: float, z: float, blue: Any) -> list[Any]:
    return [
        shapes.drum("bottle", (x, y, z + 0.18), 0.135, 0.36, blue, sides=18),
        shapes.drum("shoulder", (x, y, z + 0.4), 0.135, 0.08, blue, sides=18, top_radius_m=0.04),
        shapes.drum("neck", (x, y, z + 0.465), 0.03, 0.05, blue, sides=10),
    ]


def crates(kit: Kit, width_m: float, height_m: float) -> Any:
    """Plastic crates in stacks, their back at y = 0."""
    rng = kit.rng
    made = []
    same = rng.random() < 0.6
    colour = kit.any_colour(value=(0.2, 0.5))
    for column in range(max(1, round(width_m / 0.53))):
        for level in range(max(1, round(rng.uniform(0.5, 1) * height_m / 0.29))):
            x = (column + 0.5) * 0.53 - max(1, round(width_m / 0.53)) * 0.265
            made.append(moved(crate(kit, colour if same else None), x, -0.2, 0.285 * level, rng.gauss(0, 0.04)))
    return joined("crates", made)


def barrel(kit: Kit) -> Any:
    """A paint bucket or a barrel that stands at the origin."""
    rng = kit.rng
    size = rng.choice(((0.15, 0.36), (0.14, 0.33), (0.28, 0.85)))
    colour = rng.choice(
        ((0.7, 0.7, 0.68), (0.03, 0.12, 0.4), (0.02, 0.02, 0.02), (0.45, 0.05, 0.03), (0.5, 0.35, 0.05))
    )
    body = shapes.drum(
        "barrel", (0, 0, size[1] / 2), size[0] * 0.92, size[1], kit.paint(colour, 0.4), sides=22, top_radius_m=size[0]
    )
    lid = shapes.drum(
        "lid",
        (0, 0, size[1] + 0.01),
        size[0] * 1.03,
        0.03,
        kit.paint(rng.choice((colour, (0.6, 0.6, 0.6), (0.02, 0.02, 0.02))), 0.4),
        sides=22,
    )
    return joined("barrel", [body, lid])


def wheelie_bin(kit: Kit, *, full: bool = False) -> Any:
    """A street bin of 120 or 240 litres, its front towards -y, standing at the origin."""
    rng = kit.rng
    colour = rng.choice(
        (
            (0.015, 0.13, 0.05),
            (0.015, 0.13, 0.05),
            (0.02, 0.09, 0.3),
            (0.03, 0.03, 0.032),
            (0.4, 0.02, 0.02),
            (0.2, 0.2, 0.2),
        )
    )
    paint = kit.fresh(
        Surface(colour=colour, roughness=0.5, relief=0, dirt=0.5, dirt_colour=(0.1, 0.08, 0.06), dirt_size=4)
    )
    w, d, h = 0.56, 0.6, rng.uniform(0.85, 1.0)
    x0, y0 = w * 0.4, d * 0.4
    points = [(sx * x0, sy * y0, 0.06) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))] + [
        (sx * w / 2, sy * d / 2, h) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    faces = [(0, 3, 2, 1), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7)]
    made = [
        shapes.mesh_object("tub", points, faces, paint),
        shapes.block("rim", (0, 0, h - 0.03), (w + 0.05, d + 0.05, 0.05), paint),
    ]
    lift = rng.uniform(0.25, 0.6) if full else 0.0
    made.append(
        shapes.block(
            "lid",
            (0, 0 if not full else 0.06, h + 0.03 + 0.3 * math.sin(lift)),
            (w + 0.06, d + 0.08, 0.035),
            paint,
            turn_rad=(lift, 0, 0),
            bevel_m=0.012,
        )
    )
    made += [
        shapes.drum(
            "wheel",
            (sx * 0.25, 0.24, 0.1),
            0.1,
            0.06,
            kit.paint((0.02, 0.02, 0.02), 0.8),
            sides=16,
            turn_rad=(0, math.pi / 2, 0),
        )
        for sx in (-1, 1)
    ]
    made.append(
        shapes.panel("mark", (0, -0.275, h * 0.6), (0.2, 0.2), kit.paint((0.7, 0.7, 0.7)), turn_rad=(-0.07, 0, 0))
    )
    if full:
        made += [
            moved(bag(kit, rng.uniform(0.14, 0.22)), rng.uniform(-0.15, 0.15), rng.uniform(-0.2, 0), h - 0.05)
            for _ in range(3)
        ]
    return joined("bin", made)


def ladder(kit: Kit) -> Any:
    """A step ladder, folded out, standing at the origin."""
    steel = kit.paint((0.55, 0.55, 0.56), 0.35, 0.8)
    made = []
    for lean in (-0.42, 0.42):
        rails = [[(side * 0.24, lean, 0.01), (side * 0.16, 0, 1.75)] for side in (-1, 1)]
        made += [shapes.tube("rail", rail, 0.018, steel, sharp=True, sides=1) for rail in rails]
        for step in range(1, 6):
            share = step / 6
            made.append(
                shapes.block(
                    "rung",
                    (0, lean * (1 - share), 1.75 * share),
                    (0.42 - 0.14 * share, 0.07 if lean < 0 else 0.02, 0.02),
                    steel,
                )
            )
    return joined("ladder", made)
