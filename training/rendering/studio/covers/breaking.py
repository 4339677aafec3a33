"""What breaks: covers into pieces, the ground round a frame into craters, dips and rubble."""

from typing import Any

import numpy as np

from hazardlens.training.rendering.studio.covers.bodies import loft, plate
from hazardlens.training.rendering.studio.covers.outlines import Loop, ragged, split
from hazardlens.training.rendering.studio.covers.sites import Leaf, Site, apron, to_world
from hazardlens.training.rendering.studio.covers.slots import without_bars
from hazardlens.training.rendering.studio.shapes import group, mesh_object


def pieces(site: Site, leaf: Leaf, share: float) -> tuple[Any, Any, Loop, Loop]:
    """The cover broken in two: both objects hang below the carrier, each with its origin in the cover's middle."""
    kept, lost = split(leaf.make.outline(), site.rng, share)
    made = []
    for loop in (kept, lost):
        body = plate("piece", loop, [], leaf.make.thick_m, site.looks, leaf.make.half_m)
        made.append(group("piece", [body]))
        made[-1].parent = site.carrier
    return made[0], made[1], kept, lost


def gapped(site: Site, leaf: Leaf) -> Any:
    """The grating with bars missing; a solid cover with a hole knocked through it."""
    body = plate(
        "broken",
        leaf.make.outline(),
        without_bars(leaf.make, leaf.openings, site.rng),
        leaf.make.thick_m,
        site.looks,
        leaf.make.half_m,
    )
    carrier = group("broken", [body])
    carrier.parent = site.carrier
    return carrier


def crater(site: Site, depth_m: float, inner: Loop, inner_z_m: float) -> list[Any]:
    """Ground broken away round the frame: a ragged edge, a wall of rubble, a floor that runs to a loop further in."""
    high = float(site.rng.uniform(0.2, 0.85)) * site.make.apron_m
    edge = ragged(site.make.outer(), site.rng, float(site.rng.uniform(0.003, 0.02)), high)
    place = site.place
    foot = inner + (edge - inner) * site.rng.uniform(0.6, 0.95, (len(edge), 1))
    floor = -depth_m * site.rng.uniform(0.85, 1.0)
    loops = [(edge, 0.0), (edge * 0.992, -0.4 * depth_m), (foot, floor), (inner, inner_z_m)]
    walls = loft("crater", [(to_world(loop, place), place.z_m + z) for loop, z in loops], site.earth)
    _roughen(walls, site.rng, len(edge))
    return [apron(site, [(edge, 0.0)]), walls, rubble(site, edge, int(site.rng.integers(6, 50)))]


def slope(site: Site, rise_m: float, look: Any | None = None) -> Any:
    """The ground heaved up to the frame, or sunk with it."""
    make = site.make
    reach = float(site.rng.uniform(0.3, 0.9)) * make.apron_m
    rings = [
        (make.outer(reach), 0.0),
        (make.outer(reach * 0.72), 0.18 * rise_m),
        (make.outer(reach * 0.3), 0.8 * rise_m),
        (make.outer(), rise_m - 0.002),
    ]
    thing = apron(site, rings, look)
    thing.data.polygons.foreach_set("use_smooth", [True] * len(thing.data.polygons))
    return thing


def lip(site: Site, depth_m: float) -> Any:
    """The cut edge of the ground above a frame that has sunk."""
    place, outer = site.place, site.make.outer(0.001)
    return loft(
        "lip",
        [(to_world(outer, place), place.z_m - 0.0005), (to_world(outer, place), place.z_m - depth_m - 0.1)],
        site.earth,
    )


def rubble(site: Site, edge: Loop, count: int) -> Any:
    """Lumps of asphalt and stones that lie about the edge."""
    rng, place = site.rng, site.place
    vertices: list[tuple[float, float, float]] = []
    faces: list[tuple[int, ...]] = []
    world = to_world(edge, place)
    middle = np.array([place.x_m, place.y_m])
    for _ in range(count):
        spot = world[rng.integers(len(world))]
        spot = spot + (spot - middle) * rng.uniform(0.02, 0.7) * rng.random()
        _lump(
            vertices,
            faces,
            (float(spot[0]), float(spot[1]), place.z_m),
            float(np.exp(rng.uniform(np.log(0.004), np.log(0.035)))),
            rng,
        )
    return mesh_object("rubble", vertices, faces, site.earth)


def _lump(
    vertices: list[tuple[float, float, float]],
    faces: list[tuple[int, ...]],
    place: tuple[float, float, float],
    size_m: float,
    rng: np.random.Generator,
) -> None:
    first = len(vertices)
    corners = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], float)
    corners = corners * rng.uniform(0.5, 1.0, (8, 3)) * size_m * [1.0, rng.uniform(0.6, 1), rng.uniform(0.4, 0.9)]
    cos, sin = np.cos(turn := rng.uniform(0, 6.3)), np.sin(turn)
    for x, y, z in corners:
        vertices.append((place[0] + x * cos - y * sin, place[1] + x * sin + y * cos, place[2] + z + size_m * 0.5))
    quads = [(0, 4, 5, 1), (6, 2, 3, 7), (2, 0, 1, 3), (4, 6, 7, 5), (1, 5, 7, 3), (2, 6, 4, 0)]
    faces += [tuple(first + i for i in quad) for quad in quads]


def _roughen(thing: Any, rng: np.random.Generator, ring: int) -> None:
    """Shift the points between the first and the last ring."""
    for vertex in thing.data.vertices[ring:-ring]:
        vertex.co.z += float(rng.normal(0, 0.004))
