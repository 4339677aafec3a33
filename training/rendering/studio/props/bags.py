"""Rubbish bags, woven sacks and sacks of cement, loose rubbish."""

import math
from typing import Any, Final

from mathutils import Vector, noise
from PIL import ImageDraw

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.props import pictures
from hazardlens.training.rendering.studio.props.cartons import carton
from hazardlens.training.rendering.studio.props.kit import Kit, joined, moved

_FOILS: Final = (
    (0.012, 0.012, 0.014), (0.012, 0.012, 0.014), (0.02, 0.022, 0.03), (0.65, 0.65, 0.63), (0.55, 0.56, 0.58),
    (0.4, 0.03, 0.03), (0.04, 0.12, 0.35), (0.03, 0.22, 0.1), (0.6, 0.4, 0.05), (0.5, 0.25, 0.3), (0.1, 0.3, 0.4),
)  # fmt: skip


def bag(kit: Kit, radius_m: float | None = None) -> Any:
    """A tied rubbish bag that stands at the origin."""
    rng = kit.rng
    radius = radius_m or rng.uniform(0.14, 0.34)
    foil = rng.choice(_FOILS)
    template = kit.shared(("bag", rng.randrange(4)), lambda: _bag_mesh(kit, rng.uniform(0, 90)))
    thing = template.copy()
    thing.hide_render = False
    kit.stage.link(thing)
    thing.material_slots[0].link = "OBJECT"
    thing.material_slots[0].material = kit.paint(foil, 0.32)
    flat = rng.uniform(0.7, 1.1)
    thing.scale = (radius * rng.uniform(0.85, 1.15), radius, radius * flat)
    thing.rotation_euler = (rng.gauss(0, 0.2), rng.gauss(0, 0.2), rng.uniform(0, 6.28))
    thing.location = (0, 0, 0.86 * radius * flat)
    return joined("bag", [thing])


def _bag_mesh(kit: Kit, seed: float) -> Any:
    """A bag of radius 1 with folds and a knot; a pattern for copies, never rendered itself."""
    around, up = 22, 15
    points, faces = [], []
    for row in range(up + 1):
        polar = math.pi * row / up
        for column in range(around):
            angle = 2 * math.pi * column / around
            points.append(_bag_point(angle, polar, seed))
    for row in range(up):
        for column in range(around):
            right = (column + 1) % around
            faces.append(
                (row * around + column, row * around + right, (row + 1) * around + right, (row + 1) * around + column)
            )
    thing = shapes.mesh_object(
        "bag", points, [tuple(reversed(face)) for face in faces], kit.paint((0.5, 0.5, 0.5)), smooth=True
    )
    thing.hide_render = True
    return thing


def _bag_point(angle: float, polar: float, seed: float) -> shapes.Point:
    """Polar angle 0 is the knot on top."""
    where = Vector((math.cos(angle) * math.sin(polar), math.sin(angle) * math.sin(polar), math.cos(polar)))
    bulge = (
        1
        + 0.28 * noise.noise(where * 1.6 + Vector((seed, 0, 0)))
        + 0.12 * noise.noise(where * 5 + Vector((0, seed, 0)))
    )
    neck = max(0.0, 1 - polar / 0.75)
    bulge *= 1 + 0.08 * math.sin(9 * angle + seed) * min(1.0, 2.5 * neck)
    x, y = where.x * bulge * (1 - 0.75 * neck**2), where.y * bulge * (1 - 0.75 * neck**2)
    z = where.z * bulge + 0.35 * max(0.0, neck - 0.4)
    return x, y, max(z, -0.86)


def bags(kit: Kit, count: int, width_m: float, depth_m: float = 0.7) -> Any:
    """Bags thrown together, the back of the heap at y = 0."""
    rng = kit.rng
    made = []
    for number in range(count):
        radius = rng.uniform(0.15, 0.33)
        x = rng.uniform(-width_m / 2 + radius, width_m / 2 - radius)
        layer = 0.0 if number < count * 0.65 else rng.uniform(0.22, 0.42)
        y = -radius - rng.uniform(0, max(depth_m - 2 * radius, 0.02)) * (1 if layer == 0 else 0.6)
        made.append(moved(bag(kit, radius), x, y, layer))
    return joined("bags", made)


def rubbish(kit: Kit, width_m: float, height_m: float, depth_m: float = 1.2) -> Any:
    """A loose heap: small bags, cartons, scraps, highest in the middle of its back."""
    rng = kit.rng
    made = []
    for _ in range(int(26 + 30 * width_m * depth_m)):
        x = max(-0.5, min(0.5, rng.gauss(0, 0.24)))
        y = rng.random() ** 1.2
        top = height_m * max(0.0, 1 - 2.2 * abs(x)) * (1 - 0.85 * y)
        z = rng.uniform(0.3, 1.0) * top
        thing = _scrap(kit)
        made.append(moved(thing, x * width_m, -0.12 - y * depth_m, z, rng.uniform(0, 6.28)))
    return joined("rubbish", made)


def _scrap(kit: Kit) -> Any:
    rng = kit.rng
    kind = rng.random()
    if kind < 0.62:
        return bag(kit, rng.uniform(0.07, 0.2))
    if kind < 0.78:
        return carton(kit, (rng.uniform(0.12, 0.35), rng.uniform(0.1, 0.3), rng.uniform(0.05, 0.22)))
    paint = kit.paint(kit.any_colour(saturation=(0, 0.6), value=(0.1, 0.8)), 0.6)
    tilt = (rng.gauss(0, 0.3), rng.gauss(0, 0.3), 0)
    size = (rng.uniform(0.08, 0.4), rng.uniform(0.06, 0.25), rng.uniform(0.006, 0.04))
    return joined("scrap", [shapes.block("scrap", (0, 0, 0.05), size, paint, turn_rad=tilt)])


def _pillow(size_m: shapes.Point, material: Any, seed: float) -> Any:
    """A filled sack that lies flat; UV coordinates show the print from above and along the sides."""
    columns, rows = 12, 8
    points, faces, uvs = [], [], []
    for side in (1, -1):
        for row in range(rows + 1):
            for column in range(columns + 1):
                u, v = column / columns, row / rows
                swell = (max(0.0, 4 * u * (1 - u)) ** 0.35) * (max(0.0, 4 * v * (1 - v)) ** 0.35)
                wave = 0.12 * noise.noise(Vector((u * 3 + seed, v * 3, side)))
                z = (0.5 + side * 0.5 * swell * (1 + wave)) * size_m[2]
                points.append(((u - 0.5) * size_m[0], (v - 0.5) * size_m[1], z))
                uvs.append((u, v))
    half = (rows + 1) * (columns + 1)
    for row in range(rows):
        for column in range(columns):
            a = row * (columns + 1) + column
            faces.append((a, a + 1, a + columns + 2, a + columns + 1))
            faces.append((half + a + columns + 1, half + a + columns + 2, half + a + 1, half + a))
    thing = shapes.mesh_object("sack", points, faces, material, smooth=True)
    layer = thing.data.uv_layers.new()
    for loop in thing.data.loops:
        layer.data[loop.index].uv = uvs[loop.vertex_index]
    return thing


def _sack_print(kit: Kit, *, woven: bool) -> Any:
    rng = kit.rng
    base = rng.choice(
        ((225, 222, 210), (200, 190, 165), (215, 215, 220))
        if woven
        else ((150, 140, 120), (185, 170, 140), (205, 205, 200))
    )
    picture = pictures.paper((128, 96), base, rng, grain=6, stains=3)
    draw = ImageDraw.Draw(picture)
    ink = rng.choice(((180, 30, 30), (30, 60, 150), (30, 110, 60), (50, 50, 50)))
    if woven and rng.random() < 0.5:
        for x in range(0, 128, 16):
            draw.rectangle(
                (x, 0, x + rng.choice((3, 7)), 96), fill=rng.choice(((40, 70, 160), (190, 40, 40), (230, 230, 230)))
            )
    pictures.scribble(draw, rng.randint(2, 4), (14, 22, 114, 56), ink, rng)
    draw.line((20, 70, 108, 70), fill=ink, width=4)
    return kit.printed(pictures.as_image(picture), roughness=0.75)


def sacks(kit: Kit, width_m: float, height_m: float, *, woven: bool = False) -> Any:
    """Filled sacks in layers (cement, rice, rubble), their back at y = 0."""
    rng = kit.rng
    material = _sack_print(kit, woven=woven)
    pattern = _pillow((0.68, 0.42, 0.16), material, rng.uniform(0, 50))
    pattern.hide_render = True
    made = []
    per_layer = max(1, round(width_m / 0.7))
    for layer in range(max(1, round(height_m / 0.13))):
        for row in range(2):
            for place in range(per_layer - (rng.random() < 0.3 * (layer > 0))):
                thing = kit.stage.link(pattern.copy())
                thing.hide_render = False
                x = (place - (per_layer - 1) / 2) * 0.7 + rng.uniform(-0.05, 0.05)
                made.append(
                    moved(thing, x, -0.24 - 0.42 * row + rng.uniform(-0.03, 0.03), layer * 0.13, rng.gauss(0, 0.06))
                )
    return joined("sacks", made)


def big_bag(kit: Kit) -> Any:
    """A stuffed woven bag, upright: what movers and scrap collectors use."""
    rng = kit.rng
    thing = _pillow(
        (rng.uniform(0.6, 0.85), rng.uniform(0.45, 0.6), rng.uniform(0.32, 0.5)),
        _sack_print(kit, woven=True),
        rng.uniform(0, 50),
    )
    if rng.random() < 0.6:
        thing.rotation_euler = (rng.uniform(1.3, 1.5), 0, 0)
        thing.location = (0, 0.2, 0.24)
    return joined("big-bag", [thing])
