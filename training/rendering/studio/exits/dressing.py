"""What belongs to a place in all states: other doors, lifts, pipes, meters, notices, hydrants, pillars, handrails."""

import math
from collections.abc import Callable
from typing import Any, Final

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.exits.leaves import Look, leaf
from hazardlens.training.rendering.studio.exits.place import Place, hang
from hazardlens.training.rendering.studio.props import signs
from hazardlens.training.rendering.studio.props.kit import Kit, joined
from hazardlens.training.rendering.studio.shots import Target


def skirting(place: Place, paint: Any) -> None:
    """A strip at the foot of the walls."""
    half = place.way_out.size_wh_m[0] / 2 + 0.12
    for a, b in ((place.left_m, -half), (half, place.right_m)):
        if b - a > 0.03:
            shapes.block("skirting", ((a + b) / 2, -0.004, 0.05), (b - a, 0.014, 0.1), paint)
    for x in (place.left_m, place.right_m):
        shapes.block("skirting", (x, -place.depth_m / 2, 0.05), (0.02, place.depth_m, 0.1), paint)


def _side_doors(kit: Kit, place: Place) -> None:
    """Doors of flats and rooms along the side walls: they are ways out as well."""
    rng = kit.rng
    if rng.random() < 0.25:
        return
    look = Look.draw(kit, rng.choice(("steel", "wood", "wood")))
    paint = look.skin if rng.random() < 0.5 else look.metal
    for side in (-1, 1):
        y = -rng.uniform(1.0, 2.6)
        while y > -place.depth_m + 0.8 and rng.random() < 0.75:
            width, height = 0.86, 2.04
            hinge = leaf(kit, look, (width, height), 1)
            hinge.location = (width / 2, -0.03, 0.004)
            frame = [
                shapes.block(
                    "jamb", (s * (width / 2 + 0.03), -0.012, height / 2 + 0.02), (0.06, 0.05, height + 0.04), paint
                )
                for s in (-1, 1)
            ]
            head = shapes.block("head", (0, -0.012, height + 0.04), (width + 0.12, 0.05, 0.06), paint)
            door = hang(joined("side-door", [hinge, *frame, head]), place, side, y, 0)
            place.statics.append(Target("exit_door", [door]))
            place.taken.append((side, y))
            y -= rng.uniform(1.4, 3.4)


def _lifts(kit: Kit, place: Place) -> None:
    """Lift doors on one side wall."""
    rng = kit.rng
    side = rng.choice((-1, 1))
    steel = kit.paint(rng.choice(((0.5, 0.5, 0.52), (0.45, 0.36, 0.2), (0.3, 0.3, 0.32))), 0.28, 0.9)
    dark = kit.paint((0.03, 0.03, 0.035), 0.3)
    for number in range(rng.randint(1, 2)):
        y = -1.5 - 1.9 * number
        if y < -place.depth_m + 0.6:
            break
        made = [shapes.block("leaf", (s * 0.225, -0.01, 1.05), (0.445, 0.03, 2.1), steel) for s in (-1, 1)]
        made += [shapes.block("jamb", (s * 0.52, -0.03, 1.1), (0.14, 0.08, 2.2), steel) for s in (-1, 1)]
        made.append(shapes.block("head", (0, -0.03, 2.18), (0.9, 0.08, 0.16), steel))
        made.append(shapes.block("buttons", (0.75, -0.012, 1.15), (0.1, 0.02, 0.32), dark))
        hang(joined("lift", made), place, side, y, 0)


def _meters(kit: Kit, place: Place) -> None:
    """Boxes for meters and switches on a side wall, with their conduits."""
    rng = kit.rng
    if rng.random() < 0.4:
        return
    side = rng.choice((-1, 1))
    paint = kit.paint(rng.choice(((0.5, 0.5, 0.5), (0.65, 0.65, 0.62), (0.2, 0.3, 0.35))), 0.4)
    y = -rng.uniform(0.5, 1.5)
    for _ in range(rng.randint(1, 3)):
        wide, tall = rng.uniform(0.3, 0.7), rng.uniform(0.35, 0.9)
        box = shapes.block("meter", (0, -0.06, 0), (wide, 0.12, tall), paint, bevel_m=0.004)
        pane = shapes.panel("pane", (0, -0.122, 0.05), (wide * 0.5, tall * 0.3), kit.paint((0.05, 0.06, 0.06), 0.1))
        hang(joined("meters", [box, pane]), place, side, y, rng.uniform(1.4, 1.7))
        y -= wide + rng.uniform(0.05, 0.6)


def _hydrant(kit: Kit, place: Place) -> None:
    rng = kit.rng
    if rng.random() < 0.5:
        return
    hang(
        signs.hydrant_box(kit),
        place,
        rng.choice((-1, 1)),
        -rng.uniform(0.6, place.depth_m * 0.7),
        rng.choice((0.3, 0.75)),
    )


def _notices(kit: Kit, place: Place) -> None:
    rng = kit.rng
    for _ in range(rng.choice((0, 1, 2, 4))):
        side = rng.choice((-1, 1, 0))
        left, right = place.beside()
        thing = signs.poster(kit, rng.uniform(0.3, 0.8))
        if side == 0:
            x = place.right_m - right / 2 if right > left else place.left_m + left / 2
            if max(left, right) > 0.7:
                hang(thing, place, 0, x + rng.uniform(-0.1, 0.1), rng.uniform(1.4, 1.7))
                continue
            side = 1
        hang(thing, place, side, -rng.uniform(0.4, place.depth_m - 1), rng.uniform(1.4, 1.8))


def _pipes(kit: Kit, place: Place) -> None:
    """Pipes and trunking below the ceiling and down the corners."""
    rng = kit.rng
    if rng.random() < 0.3:
        return
    paint = kit.paint(
        rng.choice(
            (
                (0.5, 0.02, 0.02),
                (0.55, 0.55, 0.53),
                (0.6, 0.6, 0.6),
                (0.1, 0.25, 0.12),
                (0.55, 0.42, 0.05),
                (0.03, 0.03, 0.03),
            )
        ),
        0.45,
    )
    side = rng.choice((-1, 1))
    wall = place.left_m if side < 0 else place.right_m
    radius = rng.choice((0.012, 0.03, 0.055))
    for number in range(rng.randint(1, 3)):
        x = wall - side * (0.08 + 0.14 * number)
        z = place.height_m - 0.12 - 0.05 * number
        shapes.tube("pipe", [(x, -0.03, z), (x, -place.depth_m, z)], radius, paint, sharp=True, sides=2)
    if rng.random() < 0.6:
        x = wall - side * 0.08
        shapes.tube(
            "riser", [(x, -0.08, 0), (x, -0.08, place.height_m)], max(radius, 0.025), paint, sharp=True, sides=2
        )
    if rng.random() < 0.3:
        duct = kit.paint((0.5, 0.5, 0.51), 0.4, 0.7)
        x = (place.left_m + place.right_m) / 2 + rng.uniform(-0.3, 0.3)
        shapes.block(
            "duct", (x, -place.depth_m / 2, place.height_m - 0.2), (rng.uniform(0.3, 0.7), place.depth_m, 0.3), duct
        )


def _extinguisher(kit: Kit, place: Place) -> None:
    rng = kit.rng
    if rng.random() < 0.55:
        return
    side, y = rng.choice((-1, 1)), -rng.uniform(0.3, 2.0)
    hang(signs.extinguisher_box(kit) if rng.random() < 0.5 else signs.extinguisher(kit), place, side, y, 0, 0.1)


def _rail(kit: Kit, place: Place) -> None:
    if kit.rng.random() < 0.75:
        return
    paint = kit.paint(kit.rng.choice(((0.4, 0.25, 0.12), (0.5, 0.5, 0.5), (0.6, 0.6, 0.58))), 0.4)
    for side in (-1, 1):
        x = (place.left_m if side < 0 else place.right_m) - side * 0.06
        shapes.tube("rail", [(x, -0.6, 0.9), (x, -place.depth_m, 0.9)], 0.025, paint, sharp=True, sides=2)


def _pillars(kit: Kit, place: Place) -> None:
    """Square pillars along the sides, in car parks with yellow and black edges."""
    rng = kit.rng
    if place.right_m - place.left_m < 4.5 or rng.random() < 0.3:
        return
    paint = kit.paint(rng.choice(((0.6, 0.6, 0.58), (0.7, 0.7, 0.68), (0.4, 0.4, 0.4))), 0.6)
    stripe = kit.paint(rng.choice(((0.6, 0.42, 0.02), (0.1, 0.1, 0.1), (0.05, 0.2, 0.4))), 0.5)
    for y in (-2.2, -6.0):
        for x in (place.left_m + 0.7, place.right_m - 0.7):
            if abs(x) > place.way_out.size_wh_m[0] / 2 + 0.5:
                shapes.block("pillar", (x, y, place.height_m / 2), (0.5, 0.5, place.height_m), paint)
                if place.kind in {"car_park", "warehouse"}:
                    shapes.block("stripe", (x, y, 0.6), (0.506, 0.506, 0.9), stripe)


def _floor_lines(kit: Kit, place: Place) -> None:
    paint = kit.paint(kit.rng.choice(((0.7, 0.7, 0.68), (0.7, 0.5, 0.05))), 0.5)
    for x in (-2.6, 2.6):
        if place.left_m < x < place.right_m:
            shapes.panel(
                "line",
                (x, -place.depth_m / 2 - 0.5, 0.002),
                (0.12, place.depth_m - 2),
                paint,
                turn_rad=(-math.pi / 2, 0, 0),
            )


DRESSERS: Final[dict[str, Callable[[Kit, Place], None]]] = {
    "side_doors": _side_doors, "lifts": _lifts, "meters": _meters, "hydrant": _hydrant, "notices": _notices,
    "pipes": _pipes, "extinguisher": _extinguisher, "rail": _rail, "pillars": _pillars, "floor_lines": _floor_lines,
}  # fmt: skip


def hang_exit_sign(kit: Kit, place: Place) -> None:
    """An exit sign over the exit, beside it, on a side wall, below the ceiling, or none."""
    rng = kit.rng
    where = rng.choices(
        ("above", "beside", "side wall", "ceiling", "none"), (6, 1, 0.7, 1.2, 2.5 if not place.outdoors else 12)
    )[0]
    width, height = place.way_out.size_wh_m
    if place.way_out.kind == "roller":
        height += 0.3
    if where == "none":
        return
    sign = signs.exit_sign(kit, height_m=rng.uniform(0.12, 0.2), glow=rng.choice((0.0, 0.0, 0.6, 1.5, 3.0)))
    left, right = place.beside()
    if where == "above" and place.height_m - height > 0.3:
        hang(
            sign,
            place,
            0,
            rng.uniform(-0.06, 0.06) * width,
            height + 0.09 + rng.uniform(0.1, min(0.3, place.height_m - height - 0.2)),
            0.02,
        )
    elif where == "beside" and max(left, right) > 0.7:
        x = (width / 2 + 0.45) * (1 if right > left else -1)
        hang(sign, place, 0, x, rng.uniform(1.6, 2.1))
    elif where == "side wall":
        hang(sign, place, rng.choice((-1, 1)), -rng.uniform(0.3, 1.0), rng.uniform(1.9, 2.3))
    else:
        sign.location = (rng.uniform(-0.1, 0.1), -rng.uniform(0.4, 1.6), place.height_m - 0.3)
        rod = kit.paint((0.5, 0.5, 0.5), 0.4)
        rods = [
            shapes.tube("rod", [(s * 0.12, -0.015, 0), (s * 0.12, -0.015, 0.3)], 0.006, rod, sharp=True, sides=1)
            for s in (-1, 1)
        ]
        for part in rods:
            part.parent = sign
    place.statics.append(Target("exit_sign", [sign]))


def paint_floor(kit: Kit, place: Place) -> None:
    """Yellow hatching before a fire exit, now and then."""
    if kit.rng.random() < (0.12 if place.venue in {"store", "street"} else 0.03):
        thing = signs.floor_words(kit, place.way_out.size_wh_m[0] * kit.rng.uniform(1, 1.4), kit.rng.uniform(0.9, 1.8))
        thing.location = (0, -0.05, 0.002)
