"""Plates, bowls, pots, woks, basins and cutlery, spun or lofted; each mesh is made once for a scene."""

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

import bpy

from hazardlens.training.rendering.studio.kitchens.clay import Clay, Point, circle, oval

Profile = Sequence[tuple[float, float]]

PROFILES: Final[dict[str, tuple[Profile, float, float]]] = {
    "plate": (((0, 0.1), (0.5, 0.1), (0.56, 0), (0.62, 0.1), (1, 0.85), (1, 1), (0.66, 0.3), (0.56, 0.22),
        (0, 0.22)), 0.12, 0.02),
    "deep_plate": (((0, 0.05), (0.45, 0.05), (0.5, 0), (0.6, 0.1), (0.78, 0.8), (1, 0.94), (1, 1), (0.76, 0.9),
        (0.55, 0.2), (0, 0.12)), 0.11, 0.04),
    "bowl": (((0, 0.05), (0.4, 0.05), (0.42, 0), (0.46, 0), (0.5, 0.1), (0.82, 0.45), (0.97, 0.98), (1, 1),
        (0.94, 0.98), (0.76, 0.45), (0.42, 0.14), (0, 0.1)), 0.06, 0.055),
    "noodle_bowl": (((0, 0.05), (0.36, 0.05), (0.38, 0), (0.44, 0), (0.48, 0.1), (0.78, 0.4), (0.98, 0.98), (1, 1),
        (0.95, 0.98), (0.74, 0.42), (0.4, 0.13), (0, 0.1)), 0.095, 0.085),
    "cup": (((0, 0.02), (0.8, 0), (0.86, 0.04), (1, 0.98), (1, 1), (0.93, 0.98), (0.8, 0.08), (0, 0.06)), 0.04, 0.09),
    "sauce_dish": (((0, 0.1), (0.5, 0), (0.9, 0.8), (1, 1), (0.86, 0.85), (0.5, 0.2), (0, 0.2)), 0.045, 0.018),
    "wok": (((0, 0), (0.3, 0.03), (0.6, 0.22), (0.85, 0.6), (1, 1), (1.01, 1.01), (0.98, 1), (0.83, 0.62),
        (0.58, 0.25), (0.3, 0.06), (0, 0.04)), 0.18, 0.1),
    "pot": (((0, 0), (0.94, 0), (1, 0.04), (1, 0.98), (1.04, 1), (0.98, 0.98), (0.97, 0.05), (0, 0.02)), 0.12, 0.14),
    "stock_pot": (((0, 0), (0.95, 0), (1, 0.03), (1, 0.98), (1.03, 1), (0.98, 0.98), (0.97, 0.04), (0, 0.02)), 0.19,
        0.34),
    "frying_pan": (((0, 0), (0.78, 0), (0.85, 0.1), (1, 0.96), (1, 1), (0.97, 0.98), (0.82, 0.14), (0, 0.08)), 0.14,
        0.045),
    "basin": (((0, 0), (0.62, 0), (0.68, 0.05), (0.9, 0.96), (1, 0.98), (1, 1), (0.89, 1), (0.66, 0.08), (0, 0.03)),
        0.18, 0.11),
    "steamer": (((0, 0.25), (0.9, 0.25), (0.92, 0), (1, 0), (1, 1), (0.93, 1), (0.92, 0.3), (0, 0.3)), 0.13, 0.075),
    "bucket": (((0, 0), (0.8, 0), (0.82, 0.02), (0.98, 0.95), (1.02, 0.96), (1.02, 1), (0.96, 1), (0.79, 0.04),
        (0, 0.02)), 0.15, 0.3),
}  # fmt: skip
"""Kind -> half section from the middle outside to the middle inside (parts of radius and height), radius, height."""

HANDLED: Final = frozenset({"wok", "frying_pan"})
EARED: Final = frozenset({"pot", "stock_pot"})


class Vessels:
    """Makes vessels for one scene."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._meshes: dict[tuple[str, float], Any] = {}

    def vessel(self, kind: str, materials: Sequence[Any], scale: float = 1.0) -> Any:
        """A vessel that stands at the origin; the second material is that of its rim and handles."""
        key = (kind, round(scale, 1))
        if key not in self._meshes:
            self._meshes[key] = _spun(kind, key[1])
        thing = bpy.data.objects.new(kind, self._meshes[key])
        bpy.context.scene.collection.objects.link(thing)
        for slot, material in zip(thing.material_slots, (materials[0], materials[-1]), strict=True):
            slot.link, slot.material = "OBJECT", material
        thing["radius_m"], thing["height_m"] = (value * key[1] for value in PROFILES[kind][1:])
        return thing

    def tool(self, material: Any, second: Any) -> Any:
        """Something long and thin that lies at the origin: cutlery, chopsticks, a ladle, a cleaver."""
        make = self._rng.choice(_TOOLS)
        clay = Clay()
        make(clay, self._rng)
        return clay.thing("tool", (material, second))


def inside_height(kind: str, part: float) -> float:
    """Height of the inner face at a part of the radius, as a part of the height."""
    profile = PROFILES[kind][0]
    peak = max(range(len(profile)), key=lambda index: profile[index][1])
    inner = sorted(profile[peak:])
    for (r0, z0), (r1, z1) in pairwise(inner):
        if r0 <= part <= r1 and r1 > r0:
            return z0 + (z1 - z0) * (part - r0) / (r1 - r0)
    return inner[0][1]


def tray(name: str, half_m: tuple[float, float], depth_m: float, material: Any, *, square: float = 9.0) -> Any:
    """An open rectangular vessel: a steel tray, a plastic crate without holes, a lunch box."""
    a, b = half_m
    clay = Clay()
    rings = [
        oval(a * k, b * k, z * depth_m, square, 40)
        for k, z in ((0.9, 0), (0.96, 0.9), (1, 0.98), (1, 1), (0.95, 1), (0.88, 0.05), (0.01, 0.04))
    ]
    clay.rings(rings, caps=(True, False))
    return clay.thing(name, (material,), smooth=False)


def _spun(kind: str, scale: float) -> Any:
    profile, radius, height = PROFILES[kind]
    radius, height = radius * scale, height * scale
    clay = Clay()
    rings = [circle(max(r, 0.004) * radius, z * height) for r, z in profile]
    peak = max(range(len(profile)), key=lambda index: profile[index][1])
    clay.rings(rings, skins=[1 if step in {peak - 1, peak} else 0 for step in range(len(rings) - 1)], caps=(True, True))
    if kind in HANDLED:
        clay.limb(
            [(radius * 0.97, 0, height * 0.85), (radius * 1.4, 0, height * 1.15), (radius * 2.1, 0, height * 1.35)],
            (0.009, 0.011, 0.013),
            flat=0.6,
            skin=1,
        )
    if kind in EARED:
        for side in (-1, 1):
            ear = [
                (side * radius * (1 + 0.2 * math.sin(t)), radius * 0.28 * math.cos(t), height * 0.8)
                for t in (0, 0.8, 1.57, 2.34, 3.14)
            ]
            clay.limb(ear, (0.006,) * 5, skin=1)
    mesh = clay.mesh(kind, (None, None))
    mesh.set_sharp_from_angle(angle=0.7)
    return mesh


def _spoon(clay: Clay, rng: random.Random) -> None:
    length = rng.uniform(0.06, 0.09)
    clay.limb([(-length, 0, 0.006), (0, 0, 0.004), (length * 0.75, 0, 0.008)], (0.004, 0.003, 0.003), flat=0.5)
    clay.limb(
        [(length * 0.7, 0, 0.008), (length * 0.8, 0, 0.006), (length, 0, 0.004), (length * 1.25, 0, 0.007)],
        (0.004, 0.016, 0.019, 0.004),
        flat=0.25,
    )


def _chopsticks(clay: Clay, rng: random.Random) -> None:
    for stick in range(rng.choice((1, 2, 2, 4))):
        turn, y = rng.uniform(-0.2, 0.2), (stick - 0.5) * rng.uniform(0.006, 0.02)
        clay.limb(
            [(-0.12, y - 0.12 * turn, 0.004), (0.12, y + 0.12 * turn, 0.004)], (0.0036, 0.0022), sides=5, skin=stick % 2
        )


def _ladle(clay: Clay, rng: random.Random) -> None:
    clay.limb([(-0.2, 0, 0.02), (-0.08, 0, 0.012), (0.1, 0, 0.02)], (0.008, 0.005, 0.005), skin=0)
    deep = rng.uniform(0.4, 0.8)
    clay.limb(
        [(0.09, 0, 0.02), (0.11, 0, 0.016), (0.14, 0, 0.012), (0.175, 0, 0.02)],
        (0.008, 0.034, 0.043, 0.012),
        flat=deep * 0.6,
        sides=10,
    )


def _cleaver(clay: Clay, rng: random.Random) -> None:
    long, wide = rng.uniform(0.14, 0.2), rng.uniform(0.05, 0.09)
    clay.limb([(-0.12, 0, 0.01), (0, 0, 0.01)], (0.011, 0.012), skin=1)
    for z, turned in ((0.012, False), (0.009, True)):
        corners: list[Point] = [(0, 0.012, z), (0, -wide, z), (long, -wide, z), (long, 0.012, z)]
        clay.blade(corners[::-1] if turned else corners)


def _fork(clay: Clay, rng: random.Random) -> None:
    clay.limb([(-rng.uniform(0.07, 0.1), 0, 0.004), (0.03, 0, 0.006)], (0.005, 0.003), flat=0.5)
    for y in (-0.009, -0.003, 0.003, 0.009):
        clay.limb([(0.025, y * 0.5, 0.006), (0.05, y, 0.004), (0.09, y, 0.008)], (0.002, 0.0018, 0.001), sides=4)


_TOOLS: Final[tuple[Callable[[Clay, random.Random], None], ...]] = (
    _spoon,
    _spoon,
    _chopsticks,
    _chopsticks,
    _chopsticks,
    _ladle,
    _cleaver,
    _fork,
)
