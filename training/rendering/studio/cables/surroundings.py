"""What stands about and must not be taken for a cable: clothes lines, hoses, heaps, parked bikes."""

import math
from collections.abc import Sequence

from hazardlens.training.rendering.studio.cables.curves import span
from hazardlens.training.rendering.studio.cables.openings import Facade
from hazardlens.training.rendering.studio.cables.places import Place, Site
from hazardlens.training.rendering.studio.cables.strands import Strand
from hazardlens.training.rendering.studio.materials import plain
from hazardlens.training.rendering.studio.props import bags, bicycles, cartons
from hazardlens.training.rendering.studio.props.kit import moved
from hazardlens.training.rendering.studio.shapes import group, mesh_object, tube


def clothes_line(site: Site, facade: Facade) -> None:
    """Washing on a line before the wall; no cable."""
    rng = site.rng
    x, z, wide = rng.uniform(-0.3, 0.3) * facade.width_m, rng.uniform(1.9, 3.2), rng.uniform(1.8, 4)
    out = rng.uniform(0.4, 1.0)
    a, b = facade.frame.at(x - wide / 2, out, z), facade.frame.at(x + wide / 2, out, z)
    line = span(a, b, 0.04 * wide)
    site.loom.weave("rope", [Strand(line, 0.004, rng.choice(("white", "pale", "blue", "green")))])
    for point in line[2 : -2 : rng.randint(2, 4)]:
        along = facade.frame.inside(point)[0]
        half, tall = rng.uniform(0.12, 0.4), rng.uniform(0.3, 0.9)
        corners = [
            (along - half, point[2] - 0.01),
            (along + half, point[2] - 0.01),
            (along + half * 0.9, point[2] - tall),
            (along - half * 0.9, point[2] - tall),
        ]
        vertices = [facade.frame.at(u, out + 0.03 * math.sin(9 * u), v - facade.frame.z_m) for u, v in corners]
        mesh_object("washing", vertices, [(0, 1, 2, 3)], plain(site.kit.any_colour(value=(0.1, 0.7)), roughness=0.95))


def hose(site: Site, centre: tuple[float, float, float]) -> None:
    """A garden hose, neatly rolled."""
    rng = site.rng
    turns, radius = rng.randint(3, 6), rng.uniform(0.16, 0.28)
    points = [
        (
            centre[0] + (radius + 0.004 * k) * math.cos(k * 0.5),
            centre[1] + (radius + 0.004 * k) * math.sin(k * 0.5),
            centre[2] + 0.012 + 0.0012 * k,
        )
        for k in range(round(turns * 12.6))
    ]
    tube(
        "hose",
        points,
        0.011,
        plain(rng.choice(((0.05, 0.3, 0.08), (0.5, 0.35, 0.02), (0.1, 0.2, 0.5))), roughness=0.4),
        sides=1,
    )


def clutter(site: Site, place: Place, at_m: tuple[float, float]) -> None:
    """A heap of cartons or bags; it gets its box."""
    rng = site.rng
    heap = (
        cartons.stack(site.kit, rng.uniform(0.6, 1.6), rng.uniform(0.5, 1.3))
        if rng.random() < 0.5
        else bags.bags(site.kit, rng.randint(2, 7), rng.uniform(0.7, 1.6))
    )
    carrier = group("heap", [heap])
    place.labelled.append(("stacked_clutter", moved(carrier, at_m[0], at_m[1])))


def parked(site: Site, place: Place, at_m: Sequence[tuple[float, float]], *, turn_rad: float) -> None:
    """Bicycles and electric scooters, each with its box."""
    rng = site.rng
    for x, y in at_m:
        bike = bicycles.e_bike(site.kit) if rng.random() < 0.6 else bicycles.bicycle(site.kit)
        place.labelled.append(("bicycle_parked", moved(bike, x, y, turn_rad=turn_rad + rng.gauss(0, 0.08))))
