"""Small things on the ground: fallen leaves, litter, pebbles, tufts of grass, studs."""

import math
from typing import Any

import numpy as np

from hazardlens.training.rendering.studio.covers.markers import foliage
from hazardlens.training.rendering.studio.covers.sites import Site
from hazardlens.training.rendering.studio.materials import plain
from hazardlens.training.rendering.studio.shapes import block, drum, mesh_object

_AUTUMN = ((0.3, 0.16, 0.03), (0.22, 0.1, 0.03), (0.32, 0.26, 0.05), (0.12, 0.14, 0.03), (0.1, 0.06, 0.03))


def strew(sites: list[Site], rng: np.random.Generator, heights: Any) -> None:
    """Leaves, litter and pebbles over the near ground and the covers; `heights(y)` is the ground's.

    What lies on a cover moves with it; none lies where an open hole can be.
    """
    for _ in range(int(rng.choice([0, 1, 1, 2, 3]))):
        count = int(np.exp(rng.uniform(np.log(8), np.log(350))))
        _leaves(sites, count, rng, heights)
    _pebbles(sites, int(rng.choice([0, 20, 60, 150])), rng, heights)
    for _ in range(int(rng.choice([0, 0, 1, 4, 8]))):
        place = _free(sites, rng, 4.0)
        if place is not None:
            _litter((*place, heights(place[1])), rng)


def tufts(sites: list[Site], rng: np.random.Generator, heights: Any, count: int) -> None:
    """Blades of grass and weeds that stand up, thicker along the frames."""
    vertices: list[tuple[float, float, float]] = []
    faces: list[tuple[int, ...]] = []
    for _ in range(count):
        place = _beside(sites, rng) if rng.random() < 0.4 else _free(sites, rng, 3.0)
        if place is None:
            continue
        for _ in range(4):
            _blade(
                vertices,
                faces,
                (place[0] + float(rng.normal(0, 0.02)), place[1] + float(rng.normal(0, 0.02)), heights(place[1])),
                rng,
            )
    if faces:
        mesh_object(
            "tufts",
            vertices,
            faces,
            plain(((0.07, 0.13, 0.03), (0.13, 0.15, 0.05), (0.2, 0.17, 0.07))[rng.integers(3)], roughness=0.7),
        )


def _blade(
    vertices: list[tuple[float, float, float]],
    faces: list[tuple[int, ...]],
    at: tuple[float, float, float],
    rng: np.random.Generator,
) -> None:
    turn, long, wide = float(rng.uniform(0, 6.3)), float(rng.uniform(0.03, 0.14)), float(rng.uniform(0.002, 0.005))
    bend = rng.normal(0, 0.4, 2) * long
    first = len(vertices)
    dx, dy = wide * math.cos(turn), wide * math.sin(turn)
    vertices += [
        (at[0] - dx, at[1] - dy, at[2]),
        (at[0] + dx, at[1] + dy, at[2]),
        (at[0] + float(bend[0]), at[1] + float(bend[1]), at[2] + long),
    ]
    faces.append((first, first + 1, first + 2))


def _leaves(sites: list[Site], count: int, rng: np.random.Generator, heights: Any) -> None:
    look = plain(tuple((np.array(_AUTUMN[rng.integers(len(_AUTUMN))]) * rng.uniform(0.7, 1.4)).tolist()), roughness=0.7)
    size = float(rng.uniform(0.012, 0.034))
    spread = float(rng.uniform(0.8, 3.0))
    ground = [
        (*place, heights(place[1]) + 0.006) for _ in range(count) if (place := _free(sites, rng, spread)) is not None
    ]
    foliage(ground, size, look, rng, flat=True)
    for site in sites:
        for leaf in site.leaves:
            share = 4 * leaf.make.half_m[0] * leaf.make.half_m[1] / (2 * spread) ** 2
            number = min(int(rng.poisson(max(count * share, 0.0))), 60)
            if number and leaf.make.pattern != "grating":
                places = rng.uniform(-0.75, 0.75, (number, 2)) * leaf.make.half_m
                on = foliage([(float(x), float(y), 0.005) for x, y in places], size, look, rng, flat=True)
                on.parent = leaf.pivot


def _pebbles(sites: list[Site], count: int, rng: np.random.Generator, heights: Any) -> None:
    tone = float(rng.uniform(0.1, 0.4))
    vertices: list[tuple[float, float, float]] = []
    faces: list[tuple[int, ...]] = []
    for _ in range(count):
        place = _free(sites, rng, 2.2)
        if place is None:
            continue
        x, y, z, size = *place, heights(place[1]), float(rng.uniform(0.003, 0.012))
        first = len(vertices)
        vertices += [(x - size, y, z), (x, y - size, z), (x + size, y, z), (x, y + size, z), (x, y, z + size)]
        faces += [
            (first, first + 1, first + 4),
            (first + 1, first + 2, first + 4),
            (first + 2, first + 3, first + 4),
            (first + 3, first, first + 4),
        ]
    if faces:
        mesh_object("pebbles", vertices, faces, plain((tone, tone * 0.95, tone * 0.85), roughness=0.9))


def _litter(at: tuple[float, float, float], rng: np.random.Generator) -> None:
    colour = plain(tuple(rng.uniform(0.05, 0.8, 3).tolist()), roughness=0.5)
    turn = (0.0, 0.0, float(rng.uniform(0, 6.3)))
    kind = rng.random()
    if kind < 0.35:  # paper, packets
        block(
            "packet",
            (at[0], at[1], at[2] + 0.008),
            (float(rng.uniform(0.06, 0.2)), float(rng.uniform(0.05, 0.14)), 0.012),
            colour,
            turn_rad=turn,
        )
    elif kind < 0.6:  # bottles, cups
        drum(
            "bottle",
            (at[0], at[1], at[2] + 0.033),
            0.032,
            float(rng.uniform(0.1, 0.22)),
            colour,
            sides=14,
            turn_rad=(math.pi / 2, 0.0, turn[2]),
        )
    elif kind < 0.75:  # the lid of a pot: round and flat, but no cover
        drum("lid", (at[0], at[1], at[2] + 0.012), float(rng.uniform(0.06, 0.16)), 0.015, colour, sides=32)
    elif kind < 0.9:
        block(
            "brick",
            (at[0], at[1], at[2] + 0.027),
            (0.24, 0.115, 0.053),
            plain((0.28, 0.09, 0.05), roughness=0.9),
            turn_rad=turn,
        )
    else:  # a road stud
        block(
            "stud",
            (at[0], at[1], at[2] + 0.01),
            (0.1, 0.1, 0.02),
            plain((0.6, 0.45, 0.05), roughness=0.3),
            turn_rad=turn,
            bevel_m=0.008,
        )


def _free(sites: list[Site], rng: np.random.Generator, spread: float) -> tuple[float, float] | None:
    """A place near the first site that lies outside all openings."""
    first = sites[0].place
    x, y = first.x_m + float(rng.uniform(-spread, spread)), first.y_m + float(rng.uniform(-spread, spread))
    if any(
        math.hypot(x - site.place.x_m, y - site.place.y_m)
        < site.make.reach_m * (1.0 if site.make.is_round else 1.42) + 0.03
        for site in sites
    ):
        return None
    return (x, y)


def _beside(sites: list[Site], rng: np.random.Generator) -> tuple[float, float]:
    site = sites[int(rng.integers(len(sites)))]
    loop = site.make.outer(0.02 + float(abs(rng.normal(0, 0.04))))
    point = loop[int(rng.integers(len(loop)))]
    cos, sin = math.cos(site.place.turn_rad), math.sin(site.place.turn_rad)
    return (site.place.x_m + point[0] * cos - point[1] * sin, site.place.y_m + point[0] * sin + point[1] * cos)
