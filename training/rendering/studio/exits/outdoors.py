"""Outdoor places: entrances of old estates, shop fronts and back doors, gates of courtyards."""

import math
from typing import Any

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.exits import surfaces
from hazardlens.training.rendering.studio.exits.doors import build_behind, build_exit, draw_kind
from hazardlens.training.rendering.studio.exits.place import Place, exit_wall, hang
from hazardlens.training.rendering.studio.materials import Surface
from hazardlens.training.rendering.studio.props import furniture, signs
from hazardlens.training.rendering.studio.props.kit import Kit, joined


def ground(kit: Kit) -> None:
    """Pavement or road before the wall, sometimes in two strips with a kerb."""
    rng = kit.rng
    dirt = rng.choice((0.2, 0.5, 0.8))
    near = surfaces.floor(kit, ("concrete", "concrete", "paving", "asphalt", "tiles", "stone"), dirt)
    shapes.block("ground", (0, -4.9, -0.05), (40, 10.4, 0.1), near)
    if rng.random() < 0.5:
        y = -rng.uniform(2.5, 4.5)
        road = surfaces.floor(kit, ("asphalt", "concrete"), dirt)
        shapes.block("road", (0, y - 6.9, -0.045), (40, 14, 0.102), road)
        shapes.block("kerb", (0, y + 0.1, 0.01), (40, 0.16, 0.06), kit.paint((0.4, 0.4, 0.38), 0.8))
    else:
        shapes.block("ground", (0, -15, -0.05), (40, 9.8, 0.1), near)


def build_facade(kit: Kit) -> Place:
    """The foot of a house with its entrance, a shop front, a back door."""
    rng = kit.rng
    doors = rng.choice(
        (
            {"steel": 4, "gate": 4, "wood": 2},
            {"glass": 3, "roller": 3, "gate": 1},
            {"steel": 4, "roller": 2, "opening": 1},
        )
    )
    way_out = build_exit(kit, draw_kind(kit, doors))
    place = Place("facade", "street", way_out, -14, 14, 11, rng.uniform(4.5, 9), outdoors=True)
    if way_out.see_through or rng.random() < 0.3:
        build_behind(kit, way_out, outside=False)
    dirt = rng.choice((0.2, 0.6, 0.9))
    skin = surfaces.wall(kit, ("plaster", "paint", "brick", "mosaic", "tiles", "stone", "concrete"), dirt)
    low = surfaces.dado(kit, dirt) if rng.random() < 0.35 else None
    exit_wall(place, skin, low, rng.uniform(0.5, 1.3))
    ground(kit)
    _windows(kit, place)
    for dresser in (_canopy, _aircon, _pipes, _plate, _shrubs):
        if rng.random() < 0.5:
            dresser(kit, place)
    return place


def _windows(kit: Kit, place: Place) -> None:
    """Windows with frames, some barred, on both sides and above."""
    rng = kit.rng
    frame = kit.paint(rng.choice(((0.6, 0.6, 0.6), (0.1, 0.1, 0.1), (0.25, 0.15, 0.08), (0.1, 0.25, 0.2))), 0.4)
    pane = kit.paint((0.03, 0.035, 0.045), 0.05)
    barred = rng.random() < 0.5
    steel = kit.paint(rng.choice(((0.5, 0.5, 0.5), (0.2, 0.1, 0.06), (0.6, 0.6, 0.6))), 0.5)
    wide, tall, sill = rng.uniform(0.8, 1.8), rng.uniform(0.9, 1.5), rng.uniform(0.8, 1.4)
    half = place.way_out.size_wh_m[0] / 2
    columns = [
        side * (half + rng.uniform(0.5, 1.2) + wide / 2 + step * (wide + 1.0)) for side in (-1, 1) for step in (0, 1)
    ]
    for x in columns:
        if rng.random() < 0.2 or not place.left_m + wide / 2 < x < place.right_m - wide / 2:
            continue
        for z in (sill + tall / 2, sill + tall / 2 + 3.0, sill + tall / 2 + 6.0):
            if z + tall / 2 < place.height_m:
                _window((x, z), (wide, tall), (frame, pane), steel if barred else None)


def _window(at: tuple[float, float], size: tuple[float, float], materials: tuple[Any, Any], steel: Any | None) -> None:
    x, z = at
    shapes.block("frame", (x, -0.01, z), (size[0] + 0.1, 0.05, size[1] + 0.1), materials[0])
    for side in (-1, 1):
        shapes.block(
            "pane", (x + side * size[0] / 4, -0.03, z), (size[0] / 2 - 0.04, 0.02, size[1] - 0.06), materials[1]
        )
    if steel is not None:
        for bar in range(round(size[0] / 0.13) + 1):
            bx = x - size[0] / 2 + bar * 0.13
            shapes.block("bar", (bx, -0.09, z), (0.014, 0.014, size[1] + 0.1), steel)
        for edge in (-1, 0, 1):
            shapes.block("bar", (x, -0.09, z + edge * size[1] / 2), (size[0] + 0.04, 0.016, 0.016), steel)


def _canopy(kit: Kit, place: Place) -> None:
    rng = kit.rng
    width, height = place.way_out.size_wh_m
    z = height + rng.uniform(0.45, 0.8)
    if z > place.height_m - 0.1:
        return
    reach = rng.uniform(0.6, 1.4)
    tilt = rng.choice((0.0, 0.15))
    paint = kit.paint(rng.choice(((0.5, 0.5, 0.48), (0.1, 0.2, 0.4), (0.4, 0.1, 0.06), (0.6, 0.58, 0.5))), 0.6)
    shapes.block(
        "canopy", (0, -reach / 2, z), (width + rng.uniform(0.4, 1.2), reach, 0.1), paint, turn_rad=(tilt, 0, 0)
    )


def _aircon(kit: Kit, place: Place) -> None:
    """Outdoor units of air conditioners on the wall."""
    rng = kit.rng
    white = kit.fresh(Surface(colour=(0.62, 0.62, 0.6), roughness=0.5, relief=0, dirt=0.5))
    dark = kit.paint((0.05, 0.05, 0.05), 0.6)
    for _ in range(rng.randint(1, 2)):
        x = rng.choice((-1, 1)) * rng.uniform(1.5, 3.2)
        z = rng.uniform(1.9, 2.6)
        made = [
            shapes.block("unit", (0, -0.2, 0), (0.8, 0.3, 0.55), white),
            shapes.drum("fan", (-0.12, -0.352, 0), 0.22, 0.01, dark, sides=24, turn_rad=(math.pi / 2, 0, 0)),
        ]
        made.append(
            shapes.tube("hose", [(0.3, -0.1, -0.2), (0.45, -0.03, -0.5), (0.45, -0.03, -1.2)], 0.02, white, sides=1)
        )
        hang(joined("aircon", made), place, 0, x, z)


def _pipes(kit: Kit, place: Place) -> None:
    rng = kit.rng
    half = place.way_out.size_wh_m[0] / 2 + 0.15
    paint = kit.paint(rng.choice(((0.6, 0.42, 0.03), (0.5, 0.5, 0.48), (0.6, 0.6, 0.6), (0.2, 0.2, 0.2))), 0.5)
    for _ in range(rng.randint(1, 3)):
        x = rng.choice((-1, 1)) * rng.uniform(half, half + 2.5)
        shapes.tube(
            "pipe", [(x, -0.06, 0.0), (x, -0.06, place.height_m)], rng.choice((0.02, 0.05)), paint, sharp=True, sides=2
        )
    if rng.random() < 0.4:
        z = place.way_out.size_wh_m[1] + 0.35
        shapes.tube("pipe", [(place.left_m, -0.06, z), (place.right_m, -0.06, z)], 0.02, paint, sharp=True, sides=2)


def _plate(kit: Kit, place: Place) -> None:
    """House number, notices and a letter box beside the door."""
    rng = kit.rng
    half = place.way_out.size_wh_m[0] / 2
    for _ in range(rng.randint(1, 3)):
        thing = rng.choice((signs.sticker, signs.poster))(kit)
        hang(thing, place, 0, rng.choice((-1, 1)) * (half + rng.uniform(0.4, 0.8)), rng.uniform(1.3, 2.1), 0.01)
    if rng.random() < 0.4:
        paint = kit.paint((0.1, 0.3, 0.15), 0.4)
        box = shapes.block("letters", (0, -0.07, 0), (0.9, 0.14, 0.6), paint)
        hang(joined("letter-boxes", [box]), place, 0, rng.choice((-1, 1)) * (half + 0.75), 1.2)


def _shrubs(kit: Kit, place: Place) -> None:
    """Pots with plants along the wall."""
    rng = kit.rng
    half = place.way_out.size_wh_m[0] / 2
    for _ in range(rng.randint(1, 5)):
        thing = furniture.plant(kit)
        thing.location = (rng.choice((-1, 1)) * (half + rng.uniform(0.5, 2.5)), -rng.uniform(0.25, 0.5), 0)


def build_gate(kit: Kit) -> Place:
    """A courtyard wall with a gate, houses behind it."""
    rng = kit.rng
    way_out = build_exit(kit, draw_kind(kit, {"gate": 6, "steel": 3, "opening": 1}), double=rng.random() < 0.75)
    high = way_out.size_wh_m[1] + rng.uniform(0.15, 0.8)
    place = Place("gate", "street", way_out, -14, 14, 11, high, outdoors=True)
    dirt = rng.choice((0.3, 0.7))
    skin = surfaces.wall(kit, ("plaster", "brick", "brick", "paint", "stone", "concrete"), dirt)
    exit_wall(place, skin, surfaces.dado(kit, dirt) if rng.random() < 0.3 else None, 0.7)
    ground(kit)
    shapes.block("yard", (0, 7.2, -0.06), (16, 14, 0.1), surfaces.floor(kit, ("concrete", "paving"), dirt))
    shapes.block("coping", (0, 0.1, high + 0.04), (28.2, 0.34, 0.08), kit.paint((0.35, 0.33, 0.3), 0.8))
    if rng.random() < 0.6:
        half = way_out.size_wh_m[0] / 2
        post = surfaces.wall(kit, ("brick", "stone", "plaster"), dirt)
        for side in (-1, 1):
            shapes.block("post", (side * (half + 0.3), 0.08, high / 2 + 0.15), (0.42, 0.44, high + 0.3), post)
    house = surfaces.wall(kit, ("brick", "plaster", "mosaic", "paint"), dirt)
    pane = kit.paint((0.04, 0.05, 0.06), 0.1)
    y, tall = rng.uniform(8, 14), rng.uniform(5, 14)
    shapes.block("house", (rng.uniform(-3, 3), y + 2, tall / 2), (rng.uniform(8, 18), 4, tall), house)
    for column in range(-3, 4):
        for row in range(int(tall / 3)):
            shapes.block("pane", (column * 2.2, y - 0.02, 1.6 + 3 * row), (1.2, 0.1, 1.3), pane)
    return place
