"""Cockroaches: flat brown bodies with wings, spread legs and long feelers."""

import math
import random
from typing import Any, Final

import bpy

from hazardlens.training.rendering.studio.kitchens.clay import Clay
from hazardlens.training.rendering.studio.materials import Colour, plain
from hazardlens.training.rendering.studio.shapes import group

KINDS: Final[dict[str, tuple[tuple[float, float], Colour, Colour]]] = {
    "american": ((0.032, 0.042), (0.14, 0.045, 0.015), (0.3, 0.14, 0.05)),
    "german": ((0.013, 0.019), (0.24, 0.12, 0.045), (0.34, 0.2, 0.09)),
    "oriental": ((0.022, 0.028), (0.025, 0.01, 0.006), (0.045, 0.02, 0.012)),
}
"""Kind -> length of the body, colours of the wings and of the shield behind the head."""


class Roaches:
    """Cockroaches of one kind, of a few meshes."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.length_m, wings, shield = KINDS[rng.choice(("american", "american", "german", "oriental"))]
        shades = (
            plain(wings, roughness=0.22),
            plain(shield, roughness=0.2),
            plain((0.6 * wings[0], 0.6 * wings[1], 0.6 * wings[2]), roughness=0.4),
        )
        self._meshes = [_roach(rng).mesh("roach", shades) for _ in range(3)]

    def roach(self, *, dead: bool = False) -> Any:
        """One at the origin with its head towards +x, on its back when dead."""
        thing = bpy.data.objects.new("roach", self._rng.choice(self._meshes))
        bpy.context.scene.collection.objects.link(thing)
        length = self._rng.uniform(*self.length_m) * self._rng.choice((1, 1, 1, 0.7))
        thing.scale = (length,) * 3
        if dead:
            thing.rotation_euler = (math.pi, 0, 0)
            thing.location = (0, 0, 0.2 * length)
        return group("roach", [thing])


def _roach(rng: random.Random) -> Clay:
    """A body of length 1."""
    clay, still = Clay(), random.Random(rng.random())  # noqa: S311 - a shape, no secret
    clay.limb(
        [(-0.52, 0, 0.13), (-0.42, 0, 0.14), (-0.2, 0, 0.15), (0.1, 0, 0.16), (0.24, 0, 0.15)],
        (0.05, 0.14, 0.21, 0.205, 0.17), flat=0.42, sides=14,
    )  # fmt: skip
    clay.limb(
        [(0.14, 0, 0.17), (0.22, 0, 0.175), (0.33, 0, 0.165), (0.41, 0, 0.15)],
        (0.14, 0.185, 0.16, 0.06),
        flat=0.4,
        sides=14,
        skin=1,
    )
    clay.lump((0.44, 0, 0.13), (0.06, 0.075, 0.045), still, uneven=0.03, skin=2)
    for hand in (-1, 1):
        for root, knee, foot in ((0.26, 0.4, 0.5), (0.12, 0.08, -0.12), (0.0, -0.2, -0.56)):
            swing = still.uniform(-0.1, 0.1)
            wide = 0.34 if root > 0.1 else 0.42
            joint = (knee + swing, hand * wide, 0.2)
            clay.limb(
                [(root, hand * 0.1, 0.09), (joint[0] * 0.6 + root * 0.4, hand * wide * 0.7, 0.16), joint],
                (0.045, 0.04, 0.025),
                sides=5,
                skin=2,
            )
            clay.limb(
                [
                    joint,
                    (foot + swing, hand * (wide + 0.2), 0.02),
                    (foot + swing * 1.4 - 0.08, hand * (wide + 0.26), 0.008),
                ],
                (0.025, 0.014, 0.008),
                sides=4,
                skin=2,
            )
        bend, reach = still.uniform(0.1, 0.5), still.uniform(0.6, 1.0)
        feeler = [
            (0.47, hand * 0.04, 0.14),
            (0.47 + 0.4 * reach, hand * (0.1 + 0.4 * bend), 0.25),
            (0.47 + 0.9 * reach, hand * (0.2 + bend), 0.08),
        ]
        clay.limb(feeler, (0.012, 0.009, 0.005), sides=3, skin=2)
        clay.limb([(-0.48, hand * 0.08, 0.12), (-0.62, hand * 0.15, 0.13)], (0.022, 0.006), sides=4, skin=2)
    return clay
