"""Rats: a body lofted along its spine, fur of many small blades, ears, eyes, feet and a bare tail."""

import math
import random
from collections.abc import Sequence
from typing import Any, Final

from mathutils import Vector

from hazardlens.training.rendering.studio.kitchens.clay import Clay, Point
from hazardlens.training.rendering.studio.materials import Colour, plain
from hazardlens.training.rendering.studio.shapes import group

Section = tuple[float, float, float, float]
"""x along the body, z of the spine's middle, half width, half height: parts of the body's length."""

POSES: Final[dict[str, tuple[Section, ...]]] = {
    "running": (
        (0.5, 0.17, 0.012, 0.012), (0.47, 0.175, 0.028, 0.026), (0.42, 0.185, 0.05, 0.047), (0.36, 0.2, 0.075,
        0.068), (0.3, 0.21, 0.085, 0.085),
        (0.22, 0.2, 0.085, 0.09), (0.1, 0.19, 0.105, 0.11), (-0.05, 0.2, 0.125, 0.13), (-0.2, 0.205, 0.145, 0.14),
        (-0.33, 0.19, 0.135, 0.13),
        (-0.43, 0.165, 0.095, 0.1), (-0.49, 0.14, 0.045, 0.05), (-0.51, 0.13, 0.015, 0.015),
    ),
    "sitting": (
        (0.4, 0.15, 0.012, 0.012), (0.37, 0.16, 0.03, 0.027), (0.32, 0.18, 0.052, 0.05), (0.26, 0.21, 0.077, 0.072),
        (0.2, 0.235, 0.088, 0.09),
        (0.13, 0.24, 0.095, 0.11), (0.03, 0.245, 0.12, 0.145), (-0.09, 0.24, 0.15, 0.18), (-0.2, 0.215, 0.17,
        0.185), (-0.3, 0.18, 0.155, 0.16),
        (-0.38, 0.135, 0.11, 0.11), (-0.43, 0.1, 0.05, 0.055), (-0.45, 0.09, 0.015, 0.015),
    ),
    "upright": (
        (0.2, 0.5, 0.012, 0.012), (0.18, 0.505, 0.028, 0.027), (0.14, 0.515, 0.05, 0.05), (0.085, 0.525, 0.074,
        0.07), (0.03, 0.51, 0.085, 0.085),
        (0.0, 0.45, 0.085, 0.085), (-0.01, 0.36, 0.105, 0.105), (-0.03, 0.27, 0.13, 0.125), (-0.06, 0.18, 0.155,
        0.15), (-0.1, 0.11, 0.16, 0.14),
        (-0.17, 0.07, 0.12, 0.09), (-0.23, 0.06, 0.05, 0.05), (-0.25, 0.05, 0.015, 0.015),
    ),
}  # fmt: skip

COATS: Final[tuple[tuple[Colour, Colour, Colour], ...]] = (
    ((0.11, 0.075, 0.045), (0.06, 0.04, 0.025), (0.2, 0.15, 0.1)),
    ((0.09, 0.08, 0.07), (0.045, 0.04, 0.035), (0.17, 0.15, 0.13)),
    ((0.13, 0.09, 0.05), (0.05, 0.035, 0.02), (0.26, 0.2, 0.13)),
    ((0.02, 0.018, 0.016), (0.01, 0.009, 0.008), (0.05, 0.045, 0.04)),
    ((0.2, 0.19, 0.175), (0.12, 0.11, 0.1), (0.3, 0.28, 0.26)),
)
"""Fur: usual, dark and light hairs, linear."""

_SIDES: Final = 18


def rat(rng: random.Random, pose: str, length_m: float, *, coat: tuple[Colour, Colour, Colour] | None = None) -> Any:
    """A rat at the origin on its feet, nose towards +x; `length_m` is that of its body without the tail."""
    usual, dark, light = coat or rng.choice(COATS)
    bare = rng.choice(((0.35, 0.2, 0.17), (0.2, 0.13, 0.11), (0.12, 0.09, 0.08), (0.45, 0.28, 0.24)))
    skins = [
        plain(usual, roughness=0.75),
        plain(dark, roughness=0.7),
        plain(light, roughness=0.75),
        plain(bare, roughness=0.55),
        plain((0.004, 0.003, 0.003), roughness=0.05),
    ]
    rings = _rings(POSES[pose], length_m, rng.uniform(-0.35, 0.35))
    clay = Clay()
    clay.rings(rings, caps=(True, True), skins=[0] * (len(rings) - 1))
    _fur(clay, rings, length_m, rng)
    _head(clay, rings, length_m)
    _legs(clay, rings, length_m, pose, rng)
    _tail(clay, rings, length_m, rng, raised=pose == "upright")
    return group("rat", [clay.thing("rat-body", skins)])


def dead_rat(rng: random.Random, length_m: float) -> Any:
    """A rat that lies on its side."""
    thing = rat(rng, "running", length_m)
    body = thing.children[0]
    body.rotation_euler = (math.pi / 2 + rng.uniform(-0.2, 0.4), rng.uniform(-0.05, 0.05), 0)
    body.location = (0, 0.2 * length_m, 0.12 * length_m)
    return thing


def _rings(sections: Sequence[Section], length_m: float, bend: float) -> list[list[Point]]:
    """Round sections, square to the spine, that curves sideways by `bend` radians from end to end."""
    middles = [Vector((x - 0.0, bend * x * x, z)) * length_m for x, z, _, _ in sections]
    rings = []
    for index, (_, _, wide, high) in enumerate(sections):
        ahead = middles[max(index - 1, 0)] - middles[min(index + 1, len(sections) - 1)]
        side = ahead.cross(Vector((0, 0, 1))).normalized()
        up = side.cross(ahead).normalized()
        turns = [2 * math.pi * turn / _SIDES for turn in range(_SIDES)]
        rings.append(
            [tuple(middles[index] + length_m * (wide * math.cos(t) * side + high * math.sin(t) * up)) for t in turns]
        )
    return rings


def _fur(clay: Clay, rings: list[list[Point]], length_m: float, rng: random.Random, per_face: int = 22) -> None:
    """Blades that lie backwards on the body, shorter on the head; dark on the back, light on the belly."""
    for index in range(1, len(rings) - 1):
        middle = sum((Vector(point) for point in rings[index]), Vector()) / _SIDES
        short = 0.45 if index < 5 else 1.0
        for side in range(_SIDES):
            a, b = Vector(rings[index][side]), Vector(rings[index][(side + 1) % _SIDES])
            c, d = Vector(rings[index + 1][side]), Vector(rings[index + 1][(side + 1) % _SIDES])
            back, out = (c - a).normalized(), (a + b) / 2 - middle
            out.normalize()
            for _ in range(per_face):
                u, v = rng.random(), rng.random()
                root = a.lerp(b, u).lerp(c.lerp(d, u), v)
                across = back.cross(out) * (0.004 * length_m)
                tip = root + (
                    back * rng.uniform(0.6, 1.1) + out * rng.uniform(0.1, 0.5) + across * rng.uniform(-60, 60)
                ) * (0.055 * length_m * short)
                skin = 1 if rng.random() < 0.35 + 0.35 * out.z else 2 if rng.random() < 0.3 - 0.45 * out.z else 0
                clay.blade((tuple(root - across), tuple(root + across), tuple(tip)), skin=skin)


def _head(clay: Clay, rings: list[list[Point]], length_m: float) -> None:
    middles = [sum((Vector(point) for point in ring), Vector()) / _SIDES for ring in rings]
    ahead = (middles[0] - middles[4]).normalized()
    side = ahead.cross(Vector((0, 0, 1))).normalized()
    up = side.cross(ahead).normalized()
    still = random.Random(0)  # noqa: S311 - the eyes of all rats are alike
    clay.lump(middles[0] + ahead * 0.006 * length_m, (0.014 * length_m,) * 3, still, skin=3)
    for hand in (-1, 1):
        clay.lump(
            middles[2] + (side * hand * 0.046 + up * 0.024) * length_m,
            (0.014 * length_m,) * 3,
            still,
            uneven=0,
            skin=4,
            finer=True,
        )
        root = middles[4] + (side * hand * 0.055 + up * 0.06) * length_m
        tip = root + (side * hand * 0.06 + up * 0.07 - ahead * 0.02) * length_m
        across = ahead.cross(tip - root).normalized() * 0.036 * length_m
        turns = [2 * math.pi * turn / 10 for turn in range(10)]
        shell = [root.lerp(tip, 0.5 - 0.5 * math.cos(t)) + across * math.sin(t) for t in turns]
        hollow = [point.lerp(root.lerp(tip, 0.5), 0.25) - ahead * 0.012 * length_m for point in shell]
        clay.rings([[tuple(point) for point in ring] for ring in (shell, hollow)], skin=3, caps=(False, True))
        for whisker in range(4):
            start = middles[1] + (side * hand * 0.022) * length_m
            end = start + (side * hand * 0.12 + up * (0.04 * whisker - 0.07) + ahead * 0.03) * length_m
            clay.limb(
                [start, start.lerp(end, 0.5), end],
                (0.0016 * length_m, 0.0012 * length_m, 0.0006 * length_m),
                sides=3,
                skin=2,
            )


def _legs(clay: Clay, rings: list[list[Point]], length_m: float, pose: str, rng: random.Random) -> None:
    middles = [sum((Vector(point) for point in ring), Vector()) / _SIDES for ring in rings]
    for index, hand in ((5, -1), (5, 1), (9, -1), (9, 1)):
        hind = index == 9
        root = middles[index] + Vector((0, hand * (0.1 if hind else 0.06), -0.05)) * length_m
        step = rng.uniform(-0.12, 0.12) if pose == "running" else 0.03
        ground = 0.012 if hind or pose != "upright" else root.z / length_m - 0.06
        foot = Vector((root.x + (step + 0.02) * length_m, root.y + hand * 0.02 * length_m, ground * length_m))
        knee = root.lerp(foot, 0.5) + Vector((0.03 if not hind else -0.02, hand * 0.015, 0.01)) * length_m
        thick = (0.075, 0.045, 0.018) if hind else (0.045, 0.028, 0.014)
        clay.limb([root, knee, foot], [part * length_m for part in thick], skin=0)
        toe = foot + Vector((0.11 if hind else 0.06, 0, -0.004)) * length_m
        clay.limb(
            [foot - Vector((0.02, 0, 0)) * length_m, foot.lerp(toe, 0.6), toe],
            [part * length_m for part in (0.014, 0.02, 0.006)],
            flat=0.5,
            skin=3,
        )


def _tail(clay: Clay, rings: list[list[Point]], length_m: float, rng: random.Random, *, raised: bool) -> None:
    """Bare and long; it drags on the ground in a bend."""
    root = sum((Vector(point) for point in rings[-2]), Vector()) / _SIDES
    count, turn = 12, math.pi + rng.uniform(-0.3, 0.3)
    curve, path, spot = rng.uniform(-0.28, 0.28), [root], root
    for step in range(1, count):
        spot = spot + Vector((math.cos(turn), math.sin(turn), 0)) * (0.95 * length_m / count)
        spot.z = max(0.016 * length_m, root.z * (1 - step / (2 if raised else 4)))
        turn += curve * (1 - 2 * step / count if curve > 0.1 else 1)
        path.append(spot.copy())
    clay.limb(path, [length_m * (0.034 * (1 - step / count) + 0.006) for step in range(count)], skin=3)
