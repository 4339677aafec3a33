"""What is below and behind: streets, pavements, yards, far houses, trees with and without leaves."""

import math
import random
from typing import Any

import bpy

from hazardlens.training.rendering.studio.cables.pictures import front_picture
from hazardlens.training.rendering.studio.materials import Surface, make_material, plain
from hazardlens.training.rendering.studio.shapes import block, mesh_object, panel
from hazardlens.training.rendering.studio.stage import Stage

Point = tuple[float, float, float]


def floor(stage: Stage, centre_m: Point, size_m: tuple[float, float], role: str = "") -> Any:
    """Level ground whose top is at the centre's height."""
    rng = stage.rng
    role = role or rng.choices(("asphalt", "paving", "concrete"), (4, 4, 4))[0]
    shade = rng.uniform(0.65, 1.2)
    dirt = rng.choice((0.0, rng.uniform(0.2, 0.7)))
    surface = Surface(
        role,
        tile_m=rng.uniform(1.3, 2.6),
        colour=(shade, shade, shade * rng.uniform(0.92, 1.02)),
        roughness=rng.choice((0.9, 0.85, 0.35)),
        dirt=dirt,
        dirt_size=rng.uniform(0.4, 1.5),
    )
    return block(
        "floor",
        (centre_m[0], centre_m[1], centre_m[2] - 0.05),
        (*size_m, 0.1),
        make_material(surface, stage.assets, rng),
    )


def kerb(stage: Stage, y_m: float, top_m: float, length_m: float) -> Any:
    """A row of kerb stones along x."""
    shade = stage.rng.uniform(0.3, 0.6)
    return block(
        "kerb",
        (0, y_m, top_m - 0.1),
        (length_m, 0.15, 0.22),
        plain((shade, shade, shade * 0.96), roughness=0.9),
        bevel_m=0.01,
    )


def far_houses(
    stage: Stage,
    back_m: float,
    *,
    along_m: tuple[float, float] = (-45, 45),
    chance: float = 0.8,
    across: bool = False,
) -> None:
    """Blocks of flats far behind, as boxes with a picture of windows.

    Args:
        stage: gets them.
        back_m: y of the row; x where it runs across.
        along_m: from where to where the row runs.
        chance: that a gap is built on.
        across: the row runs along y and closes the end of a way along x.
    """
    rng = stage.rng
    place = along_m[0]
    while place < along_m[1]:
        width, height = rng.uniform(9, 22), rng.uniform(6, 34) * rng.choice((0.5, 1, 1))
        if rng.random() < chance:
            surface = Surface(picture=front_picture(rng), uv=True, roughness=0.8, relief=0)
            back, middle = back_m + math.copysign(rng.uniform(0, 12), back_m), place + width / 2
            centre = (back, middle, height / 2) if across else (middle, back, height / 2)
            size = (6, width, height) if across else (width, 6, height)
            block("far", centre, size, make_material(surface, stage.assets, rng))
        place += width + rng.uniform(0.5, 9)


def tree(stage: Stage, foot_m: Point, *, height_m: float, leafy: bool) -> None:
    """A street tree: a trunk with boughs, and leaves in clumps where the season has them."""
    rng = stage.rng
    bark = plain((0.1 * rng.uniform(0.6, 1.6), 0.08, 0.06), roughness=0.95)
    lines: list[tuple[list[Point], float]] = []
    _grow(
        rng,
        lines,
        foot_m,
        (rng.gauss(0, 0.05), rng.gauss(0, 0.05), 1.0),
        height_m * 0.42,
        height_m * 0.02,
        2 if leafy else 4,
    )
    curve = bpy.data.curves.new("tree", "CURVE")
    thickest = max(radius for _, radius in lines)
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", thickest, 0
    for line, radius in lines:
        spline = curve.splines.new("POLY")
        spline.points.add(len(line) - 1)
        for number, (knot, point) in enumerate(zip(spline.points, line, strict=True)):
            knot.co, knot.radius = (*point, 1), radius / thickest * (1 - 0.35 * number / len(line))
    curve.materials.append(bark)
    stage.link(bpy.data.objects.new("tree", curve))
    if leafy:
        _leaves(rng, [line[-1] for line, _ in lines[-9:]], height_m)


def _grow(
    rng: random.Random,
    lines: list[tuple[list[Point], float]],
    start: Point,
    way: Point,
    length: float,
    radius: float,
    left: int,
) -> None:
    bend = (rng.gauss(0, 0.12), rng.gauss(0, 0.12), 0.03)
    line = [start]
    for _ in range(4):
        way = (way[0] + bend[0] / 2, way[1] + bend[1] / 2, way[2] + bend[2])
        last = line[-1]
        line.append((last[0] + way[0] * length / 4, last[1] + way[1] * length / 4, last[2] + way[2] * length / 4))
    lines.append((line, radius))
    if left == 0:
        return
    for _ in range(rng.randint(2, 3)):
        angle, lean = rng.uniform(0, 2 * math.pi), rng.uniform(0.35, 0.9)
        turned = (
            way[0] * 0.6 + lean * math.cos(angle),
            way[1] * 0.6 + lean * math.sin(angle),
            max(way[2] * rng.uniform(0.4, 0.9), 0.1),
        )
        _grow(rng, lines, rng.choice(line[2:]), turned, length * rng.uniform(0.5, 0.75), radius * 0.55, left - 1)


def _leaves(rng: random.Random, middles: list[Point], height_m: float) -> None:
    """Clumps of small triangles in three greens."""
    hue = rng.choice(((0.03, 0.09, 0.015), (0.06, 0.12, 0.02), (0.02, 0.06, 0.02), (0.14, 0.12, 0.02)))
    for tone in (0.7, 1.0, 1.5):
        points: list[Point] = []
        for middle in middles:
            for _ in range(150):
                reach = height_m * 0.15
                x, y, z = (middle[axis] + rng.gauss(0, reach * (1, 1, 0.75)[axis]) for axis in range(3))
                size = rng.uniform(0.06, 0.16)
                points += [
                    (x + rng.uniform(-size, size), y + rng.uniform(-size, size), z + rng.uniform(-size, size))
                    for _ in range(3)
                ]
        faces = [(i, i + 1, i + 2) for i in range(0, len(points), 3)]
        mesh_object("leaves", points, faces, plain((hue[0] * tone, hue[1] * tone, hue[2] * tone), roughness=0.7))


def hedge(stage: Stage, centre_m: Point, size_m: Point) -> None:
    """A block of bushes."""
    rng = stage.rng
    points: list[Point] = []
    for _ in range(int(260 * size_m[0])):
        x, y, z = (centre_m[axis] + rng.uniform(-0.5, 0.5) * size_m[axis] for axis in range(3))
        points += [
            (x + rng.uniform(-0.07, 0.07), y + rng.uniform(-0.07, 0.07), z + rng.uniform(-0.07, 0.07)) for _ in range(3)
        ]
    faces = [(i, i + 1, i + 2) for i in range(0, len(points), 3)]
    mesh_object("hedge", points, faces, plain((0.035, rng.uniform(0.06, 0.12), 0.02), roughness=0.7))


def puddle(stage: Stage, centre_m: Point, size_m: float) -> None:
    """A flat uneven patch of water."""
    rng = stage.rng
    rim = [
        (size_m * rng.uniform(0.6, 1) * math.cos(a / 3), 0.6 * size_m * rng.uniform(0.6, 1) * math.sin(a / 3), 0.0)
        for a in range(19)
    ]
    water = mesh_object("puddle", rim, [tuple(range(19))], plain((0.03, 0.03, 0.03), roughness=0.03))
    water.location = (centre_m[0], centre_m[1], centre_m[2] + 0.004)


def poster(stage: Stage, centre_m: Point, size_m: tuple[float, float], turn_rad: float) -> None:
    """A notice on a wall."""
    shade = stage.rng.uniform(0.4, 0.8)
    panel(
        "poster",
        centre_m,
        size_m,
        plain((shade, shade * stage.rng.uniform(0.5, 1), shade * stage.rng.uniform(0.4, 1))),
        turn_rad=(0, 0, turn_rad),
    )
