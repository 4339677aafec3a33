"""How a person frames a cable: from where they stand, small or large, not always amid the picture."""

import random
from typing import Final

from hazardlens.training.rendering.studio.cables.curves import Point, distance
from hazardlens.training.rendering.studio.shots import Camera

PICTURE_PX: Final = 480
"""Long side for which a cable shall be thick enough to be seen."""

_LENSES: Final = (14.0, 70.0)


def aim(rng: random.Random, position: Point, centre: Point, size_m: float, thick_m: float) -> Camera:
    """A camera that shows something of that size and thickness.

    Args:
        rng: decides how much of the picture it fills, where in it it is, and how the phone is held.
        position: of the phone.
        centre: the middle of what is photographed.
        size_m: its longest side.
        thick_m: across the cable; it shall measure most of a pixel at least.
    """
    far = max(distance(position, centre), 0.3)
    if rng.random() < 0.6:
        lens = rng.choice((rng.uniform(23, 28), rng.uniform(23, 28), rng.uniform(23, 28), rng.uniform(14, 18)))
    else:
        share = 0.15 * (0.95 / 0.15) ** rng.random()
        lens = max(36.0 * share * far / max(size_m, 0.5), rng.uniform(20, 27))
    lens = max(lens, rng.uniform(0.5, 1.0) * 36.0 * far / (PICTURE_PX * thick_m))
    lens = min(max(lens, _LENSES[0]), _LENSES[1])
    half = 18.0 / lens * far
    play = half * max(0.15, 0.8 - 0.5 * size_m / (2 * half))
    off = [rng.uniform(-1, 1) * play * factor for factor in (0.5, 0.5, 0.55)]
    look = (centre[0] + off[0], centre[1] + off[1], centre[2] + off[2])
    return Camera(
        position,
        look,
        lens,
        rng.gauss(0, 2.5),
        portrait=rng.random() < 0.45,
        aspect=rng.choice((4 / 3, 4 / 3, 4 / 3, 16 / 9, 3 / 2, 1.0)),
    )
