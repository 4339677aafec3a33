"""Parked bicycles and e-bikes, modelled in code or taken from the models."""

import math
from typing import Any

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.props.kit import Kit, joined


def _wheel(kit: Kit, x: float, radius: float, thickness: float, *, spokes: bool) -> list[Any]:
    """A wheel in the x-z plane."""
    steps = 20
    circle = [
        (x + radius * math.cos(a), 0, radius + 0.01 + radius * math.sin(a))
        for a in (2 * math.pi * i / steps for i in range(steps))
    ]
    made = [
        shapes.tube("tyre", circle, thickness, kit.paint((0.015, 0.015, 0.016), 0.8), closed=True, sharp=True, sides=2)
    ]
    steel = kit.paint((0.5, 0.5, 0.52), 0.3, 1.0)
    if spokes:
        for i in range(7):
            a = math.pi * i / 7
            ends = [(x + s * radius * math.cos(a), 0, radius + 0.01 + s * radius * math.sin(a)) for s in (-1, 1)]
            made.append(shapes.tube("spoke", ends, 0.0025, steel, sharp=True, sides=0))
    else:
        made.append(
            shapes.drum(
                "hub",
                (x, 0, radius + 0.01),
                radius * 0.62,
                thickness * 1.2,
                steel,
                sides=20,
                turn_rad=(math.pi / 2, 0, 0),
            )
        )
    return made


def _basket(kit: Kit, x: float, z: float) -> list[Any]:
    wire = kit.paint(kit.rng.choice(((0.02, 0.02, 0.02), (0.4, 0.4, 0.42))), 0.4)
    made = []
    for level in (0, 0.09, 0.18):
        spread = 0.11 + 0.2 * level
        made.append(
            shapes.tube(
                "wire",
                [
                    (x - spread, -0.15, z + level),
                    (x + spread, -0.15, z + level),
                    (x + spread, 0.15, z + level),
                    (x - spread, 0.15, z + level),
                ],
                0.004,
                wire,
                closed=True,
                sharp=True,
                sides=0,
            )
        )
    for side in (-1, 1):
        bars = [[(x + side * 0.11, y, z), (x + side * 0.15, y, z + 0.18)] for y in (-0.12, -0.04, 0.04, 0.12)]
        made += [shapes.tube("wire", bar, 0.003, wire, sharp=True, sides=0) for bar in bars]
    return made


def bicycle(kit: Kit) -> Any:
    """A bicycle along x, leaning a little, its wheels on the floor at y = 0."""
    rng = kit.rng
    if kit.assets.has("bike") and rng.random() < 0.4:
        thing = kit.place("bike", turn_rad=rng.choice((0, math.pi)), height_m=rng.uniform(0.98, 1.06))
        return joined("bicycle", [thing])
    paint = kit.paint(kit.any_colour(value=(0.02, 0.5)), 0.35)
    dark = kit.paint((0.02, 0.02, 0.022), 0.6)
    r = rng.uniform(0.3, 0.34)
    low = rng.random() < 0.5
    axle_f, axle_r, crank, seat = (0.53, 0, r), (-0.5, 0, r), (-0.06, 0, 0.29), (-0.2, 0, 0.78)
    head, bars = (0.37, 0, 0.78 if not low else 0.7), (0.34, 0, 1.0)
    made = _wheel(kit, 0.53, r, 0.018, spokes=True) + _wheel(kit, -0.5, r, 0.018, spokes=True)
    top = [(0.37, 0, 0.62), (0.1, 0, 0.4), seat] if low else [head, seat]
    for points in ([head, crank], top, [seat, crank], [seat, axle_r], [crank, axle_r], [bars, head, axle_f]):
        made.append(shapes.tube("frame", points, 0.016, paint, sharp=True, sides=2))
    made.append(
        shapes.tube(
            "bars",
            [(0.26, -0.29, 1.03), (0.34, -0.2, 1.02), bars, (0.34, 0.2, 1.02), (0.26, 0.29, 1.03)],
            0.012,
            dark,
            sides=2,
        )
    )
    made.append(shapes.block("saddle", (-0.22, 0, 0.86), (0.26, 0.15, 0.06), dark, bevel_m=0.02))
    made.append(shapes.tube("post", [(-0.22, 0, 0.84), seat], 0.013, dark, sharp=True, sides=1))
    if rng.random() < 0.6:
        made += _basket(kit, 0.52, 0.78)
    if rng.random() < 0.6:
        made.append(shapes.block("rack", (-0.5, 0, 0.72), (0.36, 0.12, 0.02), dark))
    if rng.random() < 0.6:
        for x in (0.53, -0.5):
            arch = [(x + (r + 0.03) * math.cos(a), 0, r + (r + 0.03) * math.sin(a)) for a in (0.2, 0.8, 1.4, 2.0, 2.6)]
            made.append(shapes.tube("mudguard", arch, 0.02, dark, sides=1))
    return _leaning(kit, made, rng.uniform(0.06, 0.2))


def e_bike(kit: Kit) -> Any:
    """An electric scooter along x, on its stand."""
    rng = kit.rng
    paint = kit.paint(
        rng.choice(
            (
                (0.5, 0.5, 0.5),
                (0.02, 0.02, 0.022),
                (0.4, 0.02, 0.03),
                (0.03, 0.12, 0.4),
                (0.6, 0.58, 0.5),
                (0.1, 0.3, 0.3),
                (0.45, 0.3, 0.03),
                kit.any_colour(),
            )
        ),
        0.28,
    )
    dark = kit.paint((0.02, 0.02, 0.022), 0.6)
    r = rng.uniform(0.19, 0.23)
    made = _wheel(kit, 0.62, r, 0.045, spokes=False) + _wheel(kit, -0.52, r, 0.045, spokes=False)
    made.append(shapes.block("deck", (0.12, 0, 0.27), (0.5, 0.26, 0.09), paint, bevel_m=0.02))
    made.append(shapes.block("shield", (0.42, 0, 0.56), (0.05, 0.34, 0.56), paint, turn_rad=(0, -0.3, 0), bevel_m=0.02))
    made.append(shapes.block("nose", (0.53, 0, 0.72), (0.14, 0.24, 0.24), paint, turn_rad=(0, -0.3, 0), bevel_m=0.05))
    made.append(
        shapes.drum(
            "lamp", (0.61, 0, 0.76), 0.06, 0.04, kit.paint((0.75, 0.75, 0.75), 0.1), sides=16, turn_rad=(0, 1.4, 0)
        )
    )
    made.append(shapes.block("fender", (0.62, 0, 2 * r + 0.02), (0.3, 0.13, 0.05), paint, bevel_m=0.02))
    made.append(shapes.block("body", (-0.38, 0, 0.5), (0.66, 0.28, 0.3), paint, turn_rad=(0, 0.14, 0), bevel_m=0.06))
    made.append(shapes.block("seat", (-0.34, 0, 0.72), (0.66, 0.27, 0.11), dark, turn_rad=(0, 0.05, 0), bevel_m=0.04))
    made.append(shapes.tube("fork", [(0.62, 0.06, r), (0.42, 0.03, 0.95)], 0.024, dark, sharp=True, sides=2))
    made.append(
        shapes.tube(
            "bars",
            [(0.24, -0.34, 1.0), (0.36, -0.2, 1.02), (0.4, 0, 0.96), (0.36, 0.2, 1.02), (0.24, 0.34, 1.0)],
            0.016,
            dark,
            sides=2,
        )
    )
    made.append(shapes.block("dash", (0.4, 0, 0.97), (0.16, 0.22, 0.1), paint, turn_rad=(0, -0.5, 0), bevel_m=0.03))
    for side in (-1, 1):
        made.append(
            shapes.tube("stalk", [(0.36, side * 0.2, 1.02), (0.4, side * 0.26, 1.2)], 0.006, dark, sharp=True, sides=0)
        )
        made.append(shapes.block("mirror", (0.4, side * 0.28, 1.22), (0.02, 0.12, 0.08), dark, bevel_m=0.01))
    if rng.random() < 0.45:
        tall = rng.uniform(0.25, 0.45)
        colour = rng.choice((dark, paint, kit.paint((0.02, 0.25, 0.6), 0.4), kit.paint((0.75, 0.5, 0.02), 0.4)))
        made.append(shapes.block("box", (-0.72, 0, 0.78 + tall / 2), (0.4, 0.42, tall), colour, bevel_m=0.03))
    elif rng.random() < 0.5:
        made.append(
            shapes.tube(
                "grip",
                [(-0.6, -0.12, 0.74), (-0.86, -0.1, 0.82), (-0.86, 0.1, 0.82), (-0.6, 0.12, 0.74)],
                0.012,
                dark,
                sides=1,
            )
        )
    if rng.random() < 0.4:
        made += _basket(kit, 0.7, 0.72)
    if rng.random() < 0.3:
        made.append(
            shapes.block(
                "apron",
                (0.46, 0, 0.72),
                (0.06, 0.62, 0.56),
                kit.paint(kit.any_colour(), 0.8),
                turn_rad=(0, -0.25, 0),
                bevel_m=0.03,
            )
        )
    return _leaning(kit, made, rng.uniform(0.05, 0.14))


def _leaning(kit: Kit, made: list[Any], lean_rad: float) -> Any:
    inner = joined("lean", made)
    inner.rotation_euler = (kit.rng.choice((-1, 1)) * lean_rad, 0, kit.rng.choice((0, math.pi)))
    return joined("bicycle", [inner])
