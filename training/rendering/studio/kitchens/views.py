"""Where somebody stands who photographs a kitchen."""

import math
import random
from collections.abc import Callable
from typing import Any

import bpy
from mathutils import Vector

from hazardlens.training.rendering.studio.shots import Camera

Point = tuple[float, float, float]


def unobstructed(scene: Any, draw: Callable[[], Camera], tries: int = 8) -> Camera:
    """The first camera drawn that neither stands inside something nor looks at it from too near."""
    bpy.context.view_layer.update()
    camera = draw()
    for _ in range(tries):
        if _sees(scene, camera):
            break
        camera = draw()
    return camera


def _sees(scene: Any, camera: Camera) -> bool:
    eye, aim = Vector(camera.position_m), Vector(camera.look_at_m)
    ahead = aim - eye
    side = ahead.cross(Vector((0, 0, 1))).normalized() * (0.3 * ahead.length)
    graph = bpy.context.evaluated_depsgraph_get()
    for ray, least in ((ahead, 0.75), (ahead + side, 0.4), (ahead - side, 0.4)):
        hit, spot, *_ = scene.ray_cast(graph, eye, ray.normalized())
        if hit and (spot - eye).length < least * ahead.length:
            return False
    return True


def _phone(position_m: Point, look_at_m: Point, rng: random.Random, *, upright: float, lens_mm: float) -> Camera:
    crooked = 14 if rng.random() < 0.12 else 3
    return Camera(
        position_m, look_at_m, lens_mm=lens_mm, roll_deg=rng.gauss(0, crooked), portrait=rng.random() < upright,
        aspect=rng.choice((4 / 3, 4 / 3, 4 / 3, 16 / 9, 3 / 2, 1.0)),
    )  # fmt: skip


def near(
    at_m: Point,
    rng: random.Random,
    *,
    distance_m: tuple[float, float],
    steep_deg: tuple[float, float] = (30, 80),
    swing_deg: float = 45,
    low_m: float = 0.1,
) -> Camera:
    """Held over or before something against a wall behind it: at most `swing_deg` to the side."""
    distance, steep = rng.uniform(*distance_m), math.radians(rng.uniform(*steep_deg))
    swing = math.radians(rng.uniform(-swing_deg, swing_deg))
    flat = distance * math.cos(steep)
    position = (
        at_m[0] + flat * math.sin(swing),
        at_m[1] - flat * math.cos(swing),
        max(at_m[2] + distance * math.sin(steep), low_m),
    )
    miss = distance * 0.12
    look = (at_m[0] + rng.gauss(0, miss), at_m[1] + rng.gauss(0, miss * 0.6), at_m[2] + rng.gauss(0, miss * 0.4))
    return _phone(position, look, rng, upright=0.55, lens_mm=rng.choice((24, 26, 26, 28, 28, 35)))


def wide(at_m: Point, rng: random.Random, *, x_m: tuple[float, float], front_m: float) -> Camera:
    """From across the room, at the height of a chest or an eye."""
    x = min(max(at_m[0] + rng.uniform(-1.4, 1.4), x_m[0] + 0.25), x_m[1] - 0.25)
    y = rng.uniform(max(front_m, -3.0), -1.3)
    look = (at_m[0] + rng.gauss(0, 0.2), at_m[1], at_m[2] + rng.gauss(0, 0.12))
    return _phone((x, y, rng.uniform(1.15, 1.7)), look, rng, upright=0.4, lens_mm=rng.choice((15, 20, 24, 26, 28)))
