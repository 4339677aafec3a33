"""Rats and cockroaches put where they are met."""

import random
from collections.abc import Sequence
from typing import Any, Final

from mathutils import Matrix, Vector

from hazardlens.training.rendering.studio.kitchens import rats
from hazardlens.training.rendering.studio.kitchens.roaches import Roaches

Point = tuple[float, float, float]

POSES: Final = ("running", "running", "running", "sitting", "sitting", "upright")


def put_rat(
    rng: random.Random, at_m: Point, *, coat: Any = None, dead: float = 0.08, long_m: tuple[float, float] = (0.13, 0.24)
) -> Any:
    """A rat at a place, looking anywhere."""
    length = rng.uniform(*long_m)
    thing = rats.dead_rat(rng, length) if rng.random() < dead else rats.rat(rng, rng.choice(POSES), length, coat=coat)
    thing.location = at_m
    thing.rotation_euler = (0, 0, rng.uniform(0, 6.3))
    return thing


def put_rats(rng: random.Random, spots_m: Sequence[Point], *, dead: float = 0.08) -> list[Any]:
    """Rats at these places, mostly of one coat."""
    coat = rng.choice(rats.COATS)
    return [put_rat(rng, spot, coat=coat if rng.random() < 0.8 else None, dead=dead) for spot in spots_m]


def put_roaches(
    rng: random.Random, count: int, centre_m: Point, spread_m: tuple[float, float], normal: Point = (0, 0, 1)
) -> list[Any]:
    """Cockroaches on a surface round a point; `normal` is where it faces, `spread_m` how far along it they sit."""
    kind = Roaches(rng)
    up = Vector(normal)
    lie = up.to_track_quat("Z", "Y").to_matrix().to_4x4()
    made = []
    for _ in range(count):
        thing = kind.roach(dead=rng.random() < 0.1 and up.z > 0.5)
        away = lie @ Vector((rng.gauss(0, spread_m[0] / 2), rng.gauss(0, spread_m[1] / 2), 0.0005))
        thing.matrix_world = (
            Matrix.Translation(Vector(centre_m) + away) @ lie @ Matrix.Rotation(rng.uniform(0, 6.3), 4, "Z")
        )
        made.append(thing)
    return made
