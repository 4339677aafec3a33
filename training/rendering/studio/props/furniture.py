"""Furniture, whole or thrown out, and small things that stand about harmlessly."""

import math
from collections.abc import Callable
from typing import Any

from PIL import ImageDraw

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.materials import Surface
from hazardlens.training.rendering.studio.props import pictures
from hazardlens.training.rendering.studio.props.kit import Kit, joined, moved

_MODELS = {
    "sofa": 0.85, "sofa_b": 0.8, "ph_sofa": 0.85, "chair_wood": 0.9, "chair_plain": 0.88, "desk": 0.75,
    "bookshelf": 1.8, "shoe_rack": 0.9, "wardrobe": 1.9, "nightstand": 0.55, "refrigerator": 1.6,
    "coffee_table": 0.45, "kitchen_cabinet": 0.85, "ph_cabinet_painted": 0.9, "ph_bookshelf_worn": 1.7,
    "ph_wooden_table": 0.75, "ph_stool_painted": 0.5,
}  # fmt: skip
"""Model -> height in metres."""


def furniture(kit: Kit, models: tuple[str, ...] = tuple(_MODELS)) -> Any:
    """A piece of furniture that stands at the origin; a cabinet made in code where there are no models."""
    name = kit.pick(*models)
    if name is None or kit.rng.random() < 0.2:
        return cabinet(kit)
    return joined(name, [kit.place(name, height_m=_MODELS[name] * kit.rng.uniform(0.92, 1.05))])


def _board(kit: Kit) -> Any:
    colour = kit.rng.choice(((1.0, 1.0, 1.0), (0.7, 0.6, 0.5), (1.3, 1.2, 1.1)))
    return kit.fresh(Surface(role="wood", tile_m=1.0, roughness=0.5, relief=0.05, colour=colour, dirt=0.3))


def cabinet(kit: Kit) -> Any:
    """A cupboard with doors, standing at the origin."""
    rng = kit.rng
    w, d, h = rng.uniform(0.5, 1.1), rng.uniform(0.35, 0.5), rng.uniform(0.7, 1.9)
    board = (
        _board(kit)
        if rng.random() < 0.6
        else kit.paint(rng.choice(((0.6, 0.6, 0.58), (0.3, 0.33, 0.35), (0.5, 0.45, 0.35))), 0.4)
    )
    made = [shapes.block("body", (0, 0, h / 2), (w, d, h), board)]
    for side in (-1, 1):
        made.append(
            shapes.block(
                "leaf", (side * w / 4, -d / 2 - 0.008, h / 2), (w / 2 - 0.012, 0.014, h - 0.06), board, bevel_m=0.003
            )
        )
        made.append(
            shapes.block(
                "knob", (side * 0.04, -d / 2 - 0.03, h / 2), (0.015, 0.03, 0.1), kit.paint((0.5, 0.5, 0.5), 0.3, 1.0)
            )
        )
    return joined("cabinet", made)


def mattress(kit: Kit) -> Any:
    """A mattress leaning on the wall behind, on its long side; its back at y = 0."""
    rng = kit.rng
    picture = pictures.paper(
        (128, 96), rng.choice(((225, 220, 205), (200, 205, 215), (215, 195, 185))), rng, grain=4, stains=4
    )
    draw = ImageDraw.Draw(picture)
    for x in range(8, 128, 16):
        draw.line((x, 0, x, 96), fill=rng.choice(((190, 180, 160), (150, 170, 200), (200, 170, 170))), width=2)
    thick, long, high = rng.uniform(0.16, 0.25), rng.uniform(1.5, 1.95), rng.uniform(0.9, 1.5)
    if rng.random() < 0.4:
        long, high = high, long
    body = shapes.block(
        "mattress",
        (0, -0.3, high / 2 * math.cos(0.18) + 0.02),
        (long, thick, high),
        kit.printed(pictures.as_image(picture), roughness=0.9),
        turn_rad=(-0.18, 0, 0),
        bevel_m=0.05,
    )
    return joined("mattress", [body])


def washing_machine(kit: Kit) -> Any:
    """An old washing machine that stands at the origin."""
    white = kit.fresh(Surface(colour=(0.7, 0.7, 0.68), roughness=0.35, relief=0, dirt=0.4, dirt_size=3))
    dark = kit.paint((0.03, 0.035, 0.04), 0.15)
    made = [
        shapes.block("body", (0, 0, 0.43), (0.6, 0.56, 0.86), white, bevel_m=0.012),
        shapes.drum(
            "rim",
            (0, -0.285, 0.42),
            0.2,
            0.03,
            kit.paint((0.4, 0.4, 0.42), 0.3),
            sides=28,
            turn_rad=(math.pi / 2, 0, 0),
        ),
        shapes.drum("glass", (0, -0.302, 0.42), 0.155, 0.02, dark, sides=28, turn_rad=(math.pi / 2, 0, 0)),
        shapes.block("panel", (0.05, -0.283, 0.78), (0.44, 0.01, 0.08), dark),
    ]
    return joined("washing-machine", made)


def stool(kit: Kit) -> Any:
    """A plastic stool."""
    rng = kit.rng
    paint = kit.paint(
        rng.choice(((0.5, 0.02, 0.02), (0.03, 0.15, 0.5), (0.55, 0.55, 0.5), (0.02, 0.3, 0.12), (0.6, 0.35, 0.4))), 0.4
    )
    made = [shapes.block("seat", (0, 0, 0.44), (0.32, 0.32, 0.03), paint, bevel_m=0.01)]
    made += [
        shapes.block(
            "leg", (sx * 0.14, sy * 0.14, 0.215), (0.04, 0.04, 0.43), paint, turn_rad=(sy * -0.06, sx * 0.06, 0)
        )
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    return joined("stool", made)


def office_bin(kit: Kit) -> Any:
    """A small bin for paper."""
    paint = kit.paint(kit.rng.choice(((0.02, 0.02, 0.02), (0.4, 0.4, 0.42), (0.03, 0.12, 0.35), (0.5, 0.5, 0.48))), 0.4)
    height = kit.rng.uniform(0.28, 0.6)
    made = [shapes.drum("bin", (0, 0, height / 2), 0.12, height, paint, sides=22, top_radius_m=0.15)]
    if kit.rng.random() < 0.5:
        made.append(
            shapes.drum("mouth", (0, 0, height + 0.002), 0.135, 0.006, kit.paint((0.01, 0.01, 0.01), 0.9), sides=22)
        )
    return joined("bin", made)


def plant(kit: Kit) -> Any:
    """A plant in a pot."""
    rng = kit.rng
    if kit.assets.has("mk_plant") and rng.random() < 0.3:
        return joined("plant", [kit.place("mk_plant", height_m=rng.uniform(0.6, 1.1))])
    pot = kit.paint(rng.choice(((0.7, 0.7, 0.68), (0.3, 0.1, 0.05), (0.03, 0.03, 0.03), (0.1, 0.2, 0.4))), 0.35)
    made = [shapes.drum("pot", (0, 0, 0.16), 0.13, 0.32, pot, sides=20, top_radius_m=0.18)]
    leaf = kit.paint((rng.uniform(0.02, 0.06), rng.uniform(0.1, 0.2), 0.02), 0.5)
    tall = rng.uniform(0.4, 1.2)
    points: list[shapes.Point] = []
    faces: list[tuple[int, ...]] = []
    for _ in range(rng.randint(14, 34)):
        angle, lean, reach = rng.uniform(0, 6.28), rng.uniform(0.1, 0.9), rng.uniform(0.5, 1) * tall
        out, up = math.sin(lean) * reach, math.cos(lean) * reach
        wide = rng.uniform(0.03, 0.07)
        c, s = math.cos(angle), math.sin(angle)
        start = len(points)
        points += [
            (0.05 * c, 0.05 * s, 0.3),
            (0.6 * out * c - wide * s, 0.6 * out * s + wide * c, 0.3 + 0.75 * up),
            (out * c, out * s, 0.3 + up * 0.9),
            (0.6 * out * c + wide * s, 0.6 * out * s - wide * c, 0.3 + 0.75 * up),
        ]
        faces.append((start, start + 1, start + 2, start + 3))
    made.append(shapes.mesh_object("leaves", points, faces, leaf))
    return joined("plant", made)


def cleaning_sign(kit: Kit) -> Any:
    """The yellow board that warns of a wet floor."""
    yellow = kit.paint((0.75, 0.5, 0.02), 0.4)
    made = [
        shapes.block("side", (0, side * 0.11, 0.31), (0.3, 0.015, 0.62), yellow, turn_rad=(side * 0.3, 0, 0))
        for side in (-1, 1)
    ]
    made.append(
        shapes.panel("mark", (0, -0.124, 0.36), (0.18, 0.2), kit.paint((0.02, 0.02, 0.02)), turn_rad=(-0.3, 0, 0))
    )
    return joined("cleaning-sign", made)


def doormat(kit: Kit) -> Any:
    """A mat before a door, its back at y = 0."""
    rng = kit.rng
    picture = pictures.paper(
        (128, 80), rng.choice(((90, 25, 25), (60, 60, 62), (40, 60, 45), (120, 90, 60))), rng, grain=9
    )
    draw = ImageDraw.Draw(picture)
    draw.rectangle((5, 5, 122, 74), outline=(25, 25, 25), width=4)
    if rng.random() < 0.5:
        pictures.scribble(draw, 4, (22, 22, 106, 58), (210, 180, 90), rng)
    w, d = rng.uniform(0.6, 1.3), rng.uniform(0.4, 0.8)
    return joined(
        "mat",
        [
            shapes.block(
                "mat", (0, -d / 2 - 0.05, 0.006), (w, d, 0.012), kit.printed(pictures.as_image(picture), roughness=0.95)
            )
        ],
    )


def mop_and_bucket(kit: Kit) -> Any:
    """A mop and a broom leaning on the wall behind, a bucket; back at y = 0."""
    rng = kit.rng
    stick = kit.paint(rng.choice(((0.4, 0.25, 0.1), (0.1, 0.2, 0.5), (0.6, 0.6, 0.6))), 0.5)
    made = [shapes.tube("stick", [(0.2, -0.25, 0.05), (0.24, -0.02, 1.25)], 0.012, stick, sharp=True, sides=1)]
    made.append(
        shapes.block("head", (0.2, -0.26, 0.06), (0.26, 0.1, 0.1), kit.paint((0.4, 0.4, 0.38), 0.9), bevel_m=0.03)
    )
    bucket = shapes.drum(
        "bucket", (-0.15, -0.18, 0.14), 0.1, 0.28, kit.paint(kit.any_colour(), 0.4), sides=20, top_radius_m=0.14
    )
    return joined("mop", [*made, bucket])


def shoes(kit: Kit) -> Any:
    """A few shoes beside a door, their back at y = 0."""
    rng = kit.rng
    made = []
    for pair in range(rng.randint(1, 3)):
        paint = kit.paint(kit.any_colour(value=(0.02, 0.5)), 0.6)
        turn = rng.uniform(-0.3, 0.3)
        made += [
            moved(
                joined("shoe", [shapes.block("shoe", (0, 0, 0.04), (0.09, 0.26, 0.08), paint, bevel_m=0.03)]),
                0.26 * pair + 0.11 * foot,
                -0.18,
                0,
                turn,
            )
            for foot in (0, 1)
        ]
    return joined("shoes", made)


HARMLESS: tuple[Callable[[Kit], Any], ...] = (office_bin, plant, cleaning_sign, doormat, mop_and_bucket, shoes, stool)
"""What stands about without being in anybody's way."""
