"""Bodies from outlines: plates with holes, lofts between loops, ground with openings."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from mathutils import Vector
from mathutils.geometry import tessellate_polygon

from hazardlens.training.rendering.studio.covers.outlines import Loop, area_m2
from hazardlens.training.rendering.studio.lacks import ShapeError
from hazardlens.training.rendering.studio.shapes import mesh_object

Triangles = list[tuple[int, int, int]]


def plate(
    name: str,
    outline: Loop,
    holes: Sequence[Loop],
    thickness_m: float,
    looks: Sequence[Any],
    half_m: tuple[float, float],
) -> Any:
    """A plate whose upper face lies in z = 0, with a small chamfer; UV coordinates span `half_m` to each side.

    `looks` are the materials of its face and of its sides and underside.
    """
    loops = [outline, *holes]
    flat = np.concatenate(loops)
    count = len(flat)
    inset = np.concatenate([_shrunk(outline, 0.003), *(_shrunk(hole, -0.0015) for hole in holes)])
    levels = [(inset, 0.0), (flat, -0.003), (flat, -thickness_m)]
    vertices = [(float(x), float(y), z) for points, z in levels for x, y in points]
    top = filled([outline, *holes])
    faces: list[tuple[int, ...]] = [*top, *((a + 2 * count, c + 2 * count, b + 2 * count) for a, b, c in top)]
    start = 0
    for loop in loops:
        faces += _walls(start, len(loop), count, inwards=start > 0)
        start += len(loop)
    thing = mesh_object(name, vertices, faces, looks[0])
    thing.data.materials.append(looks[1])
    side = [0] * len(top) + [1] * (len(thing.data.polygons) - len(top))
    thing.data.polygons.foreach_set("material_index", side)
    lay_uv(thing, (-half_m[0], -half_m[1]), (2 * half_m[0], 2 * half_m[1]))
    return thing


def loft(
    name: str, loops: Sequence[tuple[Loop, float]], look: Any, *, tile_m: float = 1.0, closed: bool = False
) -> Any:
    """A skin between loops of as many points, each with its height; `closed` fills the last one.

    UV coordinates run along the loop and down the skin, `tile_m` metres to one repeat.
    """
    count = len(loops[0][0])
    vertices = [(float(x), float(y), z) for loop, z in loops for x, y in loop]
    faces: list[tuple[int, ...]] = []
    for level in range(len(loops) - 1):
        low = level * count
        faces += [
            (low + i, low + (i + 1) % count, low + count + (i + 1) % count, low + count + i) for i in range(count)
        ]
    if closed:
        faces.append(tuple(range(len(vertices) - count, len(vertices))))
    thing = mesh_object(name, vertices, faces, look)
    _wrap_uv(thing, loops, tile_m)
    return thing


def flat_ground(name: str, outline: Loop, holes: Sequence[Loop], z_m: float, look: Any) -> Any:
    """A horizontal surface with openings."""
    points = np.concatenate([outline, *holes])
    return mesh_object(name, [(float(x), float(y), z_m) for x, y in points], filled([outline, *holes]), look)


def lay_uv(thing: Any, low_m: tuple[float, float], span_m: tuple[float, float]) -> None:
    """UV coordinates from x and y."""
    mesh = thing.data
    layer = mesh.uv_layers.new() if not mesh.uv_layers else mesh.uv_layers[0]
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", places)
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    uv = (places.reshape(-1, 3)[corners, :2] - np.array(low_m)) / np.array(span_m)
    layer.data.foreach_set("uv", uv.astype(np.float32).ravel())


def filled(loops: Sequence[Loop]) -> Triangles:
    """Triangles that fill the first loop but for the others, all facing up.

    Raises:
        ShapeError: no way was found to fill it.
    """
    points = np.concatenate(list(loops))
    wanted = abs(area_m2(loops[0])) - sum(abs(area_m2(loop)) for loop in loops[1:])
    for turn in (0.0, 0.37, 1.1, 2.0, 2.9, 4.1, 5.3):  # Blender's fill stumbles over points in line with the axes
        spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        triangles = tessellate_polygon([[Vector((float(x), float(y), 0.0)) for x, y in loop @ spin] for loop in loops])
        areas = [area_m2(points[list(corners)]) for corners in triangles]
        if abs(sum(map(abs, areas)) - wanted) < 1e-4 * wanted + 1e-7:
            return [(a, b, c) if area > 0 else (a, c, b) for (a, b, c), area in zip(triangles, areas, strict=True)]
    raise ShapeError(f"an outline with {len(loops) - 1} openings could not be filled")


def _walls(start: int, length: int, count: int, *, inwards: bool) -> list[tuple[int, ...]]:
    faces: list[tuple[int, ...]] = []
    for level in (0, count):
        for i in range(length):
            a, b = start + i + level, start + (i + 1) % length + level
            quad = (a, a + count, b + count, b)
            faces.append(quad[::-1] if inwards else quad)
    return faces


def _shrunk(loop: Loop, by_m: float) -> Loop:
    middle = loop.mean(axis=0)
    away = loop - middle
    reach = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    return np.asarray(middle + away * np.maximum(1 - by_m / reach, 0.2))


def _wrap_uv(thing: Any, loops: Sequence[tuple[Loop, float]], tile_m: float) -> None:
    first = loops[0][0]
    count = len(first)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.roll(first, -1, axis=0) - first, axis=1))])
    whole = max(1, round(along[-1] / tile_m))  # a whole number of repeats, so that the seam does not show
    along = along / along[-1] * whole
    down = [0.0]
    for (loop, z), (lower, deeper) in pairwise(loops):
        down.append(down[-1] + float(np.hypot(np.linalg.norm(loop[0] - lower[0]), z - deeper)) / tile_m)
    layer = thing.data.uv_layers.new()
    for face in thing.data.polygons:
        index = [thing.data.loops[corner].vertex_index for corner in face.loop_indices]
        across = len(index) == 4 and {i % count for i in index} == {0, count - 1}
        for corner, vertex in zip(face.loop_indices, index, strict=True):
            u = whole if across and vertex % count == 0 else along[vertex % count]
            layer.data[corner].uv = (u, -down[vertex // count])
