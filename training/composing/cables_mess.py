"""A facade's cabling gone wild: lines that droop unequally from fixing to fixing, coils, drops and loose ends."""

from itertools import pairwise

import numpy as np

from hazardlens.training.composing.arrays import Floats, vector
from hazardlens.training.composing.cables_curves import Strand, bundle, coiled, hanging, slung
from hazardlens.training.composing.cables_places import Sight


def mess(sight: Sight, rng: np.random.Generator) -> list[Strand] | None:
    """Cables from wall to wall or pole, as people photograph them: near the top of the photo, often cut off by it.

    Args:
        sight: what the photo offers.
        rng: how many fixings and lines, how thick, how untidy.

    Returns:
        Strands that belong to one box; None where the photo has no wall for them.
    """
    fixings = _fixings(sight, rng)
    if fixings is None:
        return None
    side = max(sight.scene.width_px, sight.scene.height_px)
    width = float(np.exp(rng.uniform(np.log(0.002), np.log(0.009))) * side)
    loose = rng.uniform(0.4, 1.6)
    strands: list[Strand] = []
    for first, last in pairwise(fixings):
        strands += _drooping(first, last, width, loose, rng)
    if len(fixings) > 2 and rng.random() < 0.5:
        strands += _drooping(fixings[0], fixings[-1], width, loose, rng)[:4]
    for fixing in fixings:
        strands += _at(fixing, side, width, rng)
    if rng.random() < 0.4:
        thick = slung(fixings[0], fixings[-1], rng.uniform(0.0, 0.1) * side, 2.2 * width, rng)
        strands += bundle(thick, int(rng.integers(2, 6)), 2.5 * width, rng)
    return [strands[int(index)] for index in rng.permutation(len(strands))]


def _fixings(sight: Sight, rng: np.random.Generator) -> list[Floats] | None:
    """Two to four points from left to right, the first of them on a wall."""
    wide, high = sight.scene.width_px, sight.scene.height_px
    for _ in range(6):
        first = sight.fixing(rng, (0.0, 0.7), (0.0, 0.35))
        if sight.is_wall(first):
            break
    else:
        return None
    if rng.random() < 0.35:  # the mess goes on above the photo
        first = vector([first[0], -0.02 * high])
    fixings = [first]
    for _ in range(int(rng.integers(1, 4))):
        step = vector([rng.uniform(0.06, 0.28) * wide, rng.normal(0, 0.05) * high])
        fixings.append(np.asarray(fixings[-1] + step, np.float32))
    return fixings


def _drooping(first: Floats, last: Floats, width_px: float, loose: float, rng: np.random.Generator) -> list[Strand]:
    span = float(np.hypot(*(last - first)))
    strands = []
    for _ in range(int(rng.integers(2, 9))):
        ends = [end + rng.normal(0, 2.5 * width_px, 2).astype(np.float32) for end in (first, last)]
        low = span * loose * float(abs(rng.normal(0.04, 0.22)) + 0.02)
        strands.append(slung(ends[0], ends[1], low, width_px * rng.uniform(0.6, 1.4), rng))
    return strands


def _at(fixing: Floats, side_px: int, width_px: float, rng: np.random.Generator) -> list[Strand]:
    """What hangs at one fixing: coils, lines from above, drops and ends."""
    strands: list[Strand] = []
    if rng.random() < 0.55:
        for _ in range(int(rng.integers(1, 4))):
            radius = float(np.exp(rng.uniform(np.log(0.015), np.log(0.07)))) * side_px
            centre = fixing + vector([rng.normal(0, 0.4 * radius), radius * rng.uniform(0.5, 1.3)])
            strands.append(coiled(centre, radius, float(rng.uniform(0.8, 1.4)), width_px * rng.uniform(0.7, 1.1), rng))
    if rng.random() < 0.6:
        for _ in range(int(rng.integers(1, 6))):
            top = vector([fixing[0] + rng.normal(0, 0.02 * side_px), min(-4.0, float(fixing[1]) - 4)])
            strands.append(slung(top, fixing, 0.0, width_px * rng.uniform(0.6, 1.2), rng))
    for _ in range(int(rng.integers(0, 4))):
        beside = fixing + rng.normal(0, 2 * width_px, 2).astype(np.float32)
        strands.append(hanging(beside, rng.uniform(0.03, 0.25) * side_px, width_px * rng.uniform(0.6, 1.2), rng))
    return strands
