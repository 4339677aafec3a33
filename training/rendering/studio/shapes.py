"""Simple bodies: blocks, drums, discs, tubes along curves, meshes from lists of points."""

import math
from collections.abc import Sequence
from typing import Any

import bpy
from mathutils import Euler, Vector

Point = tuple[float, float, float]


def mesh_object(
    name: str, vertices: Sequence[Point], faces: Sequence[Sequence[int]], material: Any, *, smooth: bool = False
) -> Any:
    """An object from points in metres and faces of their indices."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([tuple(vertex) for vertex in vertices], [], [tuple(face) for face in faces])
    mesh.validate()
    mesh.materials.append(material)
    if smooth:
        mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def block(
    name: str, centre_m: Point, size_m: Point, material: Any, *, turn_rad: Point = (0, 0, 0), bevel_m: float = 0.0
) -> Any:
    """A cuboid with UV coordinates that show a picture once on each side."""
    x, y, z = (side / 2 for side in size_m)
    vertices = [(a * x, b * y, c * z) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]
    faces = [(0, 4, 5, 1), (6, 2, 3, 7), (2, 0, 1, 3), (4, 6, 7, 5), (1, 5, 7, 3), (2, 6, 4, 0)]
    thing = mesh_object(name, vertices, faces, material)
    layer = thing.data.uv_layers.new()
    for face in thing.data.polygons:
        for corner, loop in enumerate(face.loop_indices):
            layer.data[loop].uv = ((0, 0), (1, 0), (1, 1), (0, 1))[corner]
    thing.location, thing.rotation_euler = centre_m, Euler(turn_rad)
    if bevel_m > 0:
        bevel = thing.modifiers.new("bevel", "BEVEL")
        bevel.width, bevel.segments = bevel_m, 2
    return thing


def panel(
    name: str, centre_m: Point, size_wh_m: tuple[float, float], material: Any, *, turn_rad: Point = (0, 0, 0)
) -> Any:
    """A rectangle in its own x-z plane that faces -y, with UV coordinates: signs, posters, floors when turned."""
    w, h = size_wh_m[0] / 2, size_wh_m[1] / 2
    thing = mesh_object(name, [(-w, 0, -h), (w, 0, -h), (w, 0, h), (-w, 0, h)], [(0, 1, 2, 3)], material)
    layer = thing.data.uv_layers.new()
    for loop, uv in zip(thing.data.polygons[0].loop_indices, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        layer.data[loop].uv = uv
    thing.location, thing.rotation_euler = centre_m, Euler(turn_rad)
    return thing


def drum(
    name: str,
    centre_m: Point,
    radius_m: float,
    height_m: float,
    material: Any,
    *,
    sides: int = 48,
    turn_rad: Point = (0, 0, 0),
    top_radius_m: float | None = None,
) -> Any:
    """A cylinder or, with another radius at the top, a cut cone."""
    top = radius_m if top_radius_m is None else top_radius_m
    angles = [2 * math.pi * side / sides for side in range(sides)]
    low = [(radius_m * math.cos(a), radius_m * math.sin(a), -height_m / 2) for a in angles]
    high = [(top * math.cos(a), top * math.sin(a), height_m / 2) for a in angles]
    walls = [(i, (i + 1) % sides, sides + (i + 1) % sides, sides + i) for i in range(sides)]
    thing = mesh_object(
        name, [*low, *high], [*walls, tuple(reversed(range(sides))), tuple(range(sides, 2 * sides))], material
    )
    smooth_sides(thing)
    thing.location, thing.rotation_euler = centre_m, Euler(turn_rad)
    return thing


def ring(
    name: str,
    centre_m: Point,
    radii_m: tuple[float, float],
    heights_m: tuple[float, float],
    material: Any,
    *,
    sides: int = 96,
) -> Any:
    """A ring with a rectangular section: inner and outer radius, lower and upper edge relative to its centre."""
    profile = [
        (radii_m[0], heights_m[0]),
        (radii_m[0], heights_m[1]),
        (radii_m[1], heights_m[1]),
        (radii_m[1], heights_m[0]),
    ]
    vertices = [
        (r * math.cos(2 * math.pi * i / sides), r * math.sin(2 * math.pi * i / sides), z)
        for i in range(sides)
        for r, z in profile
    ]
    faces = [
        (4 * i + k, 4 * i + (k + 1) % 4, 4 * ((i + 1) % sides) + (k + 1) % 4, 4 * ((i + 1) % sides) + k)
        for i in range(sides)
        for k in range(4)
    ]
    thing = mesh_object(name, vertices, faces, material)
    smooth_sides(thing)
    thing.location = centre_m
    return thing


def tube(
    name: str,
    points_m: Sequence[Sequence[float]],
    radius_m: float,
    material: Any,
    *,
    closed: bool = False,
    sharp: bool = False,
    sides: int = 3,
) -> Any:
    """A tube along points: rounded between them, or with corners when `sharp`."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution, curve.use_fill_caps = "3D", radius_m, sides, True
    spline = curve.splines.new("POLY" if sharp else "BEZIER")
    if sharp:
        spline.points.add(len(points_m) - 1)
        for knot, point in zip(spline.points, points_m, strict=True):
            knot.co = (*point, 1)
    else:
        spline.bezier_points.add(len(points_m) - 1)
        for knot, point in zip(spline.bezier_points, points_m, strict=True):
            knot.co = tuple(point)
            knot.handle_left_type = knot.handle_right_type = "AUTO"
        spline.resolution_u = 8
    spline.use_cyclic_u = closed
    curve.materials.append(material)
    thing = bpy.data.objects.new(name, curve)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def sagging(start_m: Sequence[float], end_m: Sequence[float], sag_m: float, points: int = 20) -> list[Point]:
    """Points of a line that hangs between two others, `sag_m` below the straight one in the middle."""
    a, b = Vector(start_m), Vector(end_m)
    line = [(a.lerp(b, t), 4 * t * (1 - t)) for t in (step / (points - 1) for step in range(points))]
    return [(point.x, point.y, point.z - sag_m * depth) for point, depth in line]


def smooth_sides(thing: Any, angle_rad: float = 0.6) -> Any:
    """Shade smoothly across edges flatter than the angle."""
    thing.data.set_sharp_from_angle(angle=angle_rad)
    thing.data.polygons.foreach_set("use_smooth", [True] * len(thing.data.polygons))
    return thing


def group(name: str, things: Sequence[Any], position_m: Point = (0, 0, 0), turn_rad: Point = (0, 0, 0)) -> Any:
    """An empty that carries things, so that they move as one."""
    carrier = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(carrier)
    for thing in things:
        thing.parent = carrier
    carrier.location, carrier.rotation_euler = position_m, Euler(turn_rad)
    return carrier


def show(thing: Any, *, visible: bool) -> None:
    """Show or hide a thing and all that hangs below it."""
    for part in (thing, *thing.children_recursive):
        part.hide_render = not visible
