"""Where photos of an exit are taken from, and how much of it can be seen from there."""

import math
import random

import bpy
from mathutils import Vector

from hazardlens.training.rendering.studio.exits.place import Place
from hazardlens.training.rendering.studio.shots import Camera

_LENSES = ((24, 26, 26, 27, 28), (13, 14, 16), (50, 77))


def draw_camera(rng: random.Random, place: Place, reach_m: float) -> Camera:
    """A phone held by somebody; heaps before the exit reach `reach_m` into the place."""
    width, height = place.way_out.size_wh_m
    aspect = rng.choice((4 / 3, 4 / 3, 4 / 3, 16 / 9, 16 / 9, 3 / 2, 1.0))
    portrait = rng.random() < 0.6
    target = (rng.gauss(0, 0.25 * width), -0.2, height * rng.uniform(0.28, 0.62))
    roll = rng.gauss(0, 1.6)
    if place.eyes:
        name, eye = rng.choice(place.eyes)
        lens = rng.choice((15, 18, 20)) if name == "landing" else rng.choice((20, 24, 26, 26))
        return Camera(eye, target, float(lens), roll, portrait, aspect)
    distance = _distance(rng, place, reach_m)
    lens = rng.choice(_LENSES[rng.choices((0, 1, 2), (8, 1, 1 if distance > 5 else 0))[0]])
    low, high = place.left_m + 0.3, place.right_m - 0.3
    spread = math.tan(math.radians(rng.triangular(-42, 42, 0))) * distance
    x = max(low, min(high, spread))
    z = rng.choices((rng.uniform(1.35, 1.7), rng.uniform(0.7, 1.2), rng.uniform(1.8, 2.2)), (8, 1, 1))[0]
    return Camera((x, -distance, z), target, float(lens), roll, portrait, aspect)


def _distance(rng: random.Random, place: Place, reach_m: float) -> float:
    far = place.depth_m
    if place.outdoors:
        drawn = rng.choices((rng.uniform(2.2, 3.5), rng.uniform(3.5, 7), rng.uniform(7, 11)), (2, 4, 1.5))[0]
    else:
        drawn = rng.choices((rng.uniform(1.7, 3), rng.uniform(3, 5), rng.uniform(5, 9)), (3, 4, 2.5))[0]
    return max(min(drawn, far), min(reach_m + 0.9, far + 0.6))


def extent_y(thing: bpy.types.Object) -> float:
    """How far a thing reaches towards -y, in metres from the exit's wall."""
    bpy.context.view_layer.update()
    corners = [
        part.matrix_world @ Vector(corner)
        for part in thing.children_recursive
        if part.type in {"MESH", "CURVE"}
        for corner in part.bound_box
    ]
    return -min((corner.y for corner in corners), default=0.0)


def visible_share(camera: Camera, place: Place) -> float:
    """Share of the opening, as far as the picture shows it, that nothing hides; by rays to a grid of points."""
    width, height = place.way_out.size_wh_m
    seen = total = 0
    graph = bpy.context.evaluated_depsgraph_get()
    eye = Vector(camera.position_m)
    own = {part.name for thing in place.way_out.parts for part in (thing, *thing.children_recursive)}
    for column in range(7):
        for row in range(9):
            point = Vector(((column / 6 - 0.5) * width * 0.92, -0.03, (row + 0.5) / 9 * height))
            if not _in_picture(camera, point):
                continue
            total += 1
            seen += _free(graph, eye, point, own)
    return seen / total if total else 0.0


def _in_picture(camera: Camera, point: Vector) -> bool:
    forward = (Vector(camera.look_at_m) - Vector(camera.position_m)).normalized()
    right = forward.cross(Vector((0, 0, 1))).normalized()
    up = right.cross(forward)
    ray = point - Vector(camera.position_m)
    ahead = ray.dot(forward)
    if ahead <= 0.05:
        return False
    long, short = 18 / camera.lens_mm, 18 / camera.lens_mm / camera.aspect
    half_x, half_y = (short, long) if camera.portrait else (long, short)
    aside, above = float(ray.dot(right) / ahead), float(ray.dot(up) / ahead)
    return abs(aside) < half_x and abs(above) < half_y


def _free(graph: bpy.types.Depsgraph, eye: Vector, point: Vector, own: set[str]) -> bool:
    """Whether nothing that is rendered stands between; hidden things do not count."""
    start = eye.copy()
    for _ in range(12):
        way = point - start
        if way.length < 0.02:
            return True
        hit, where, _normal, _index, thing, _matrix = bpy.context.scene.ray_cast(
            graph, start, way.normalized(), distance=way.length
        )
        if not hit or thing.name in own:
            return True
        if not thing.hide_render:
            return False
        start = where + way.normalized() * 0.004
    return True
