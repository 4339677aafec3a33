"""Ways in which a line in the air or on a wall comes loose."""

import itertools
import math
import random
from collections.abc import Callable, Sequence

from hazardlens.training.rendering.studio.cables.curves import (
    Point,
    between,
    coil,
    distance,
    drop,
    length_of,
    plus,
    smooth,
    span,
    tangle,
    trail,
)
from hazardlens.training.rendering.studio.cables.runs import Fault, space_of
from hazardlens.training.rendering.studio.cables.strands import Loom, Strand

UP: Point = (0.0, 0.0, 1.0)


def tangled(loom: Loom, box: Point, size_m: Point, out: Point, radius_m: float) -> Fault:
    """A knot of slack that hangs from a box or a place on a wall."""
    rng = loom.rng
    lines = []
    centre = plus(plus(box, out, 0.1), UP, -0.4 * size_m[2])
    right = _right(out)
    for _ in range(rng.randint(2, 9)):
        if rng.random() < 0.5:
            lines.append(coil(centre, rng.uniform(0.12, 0.4) * size_m[2], rng.uniform(1.2, 4), rng, right=right))
        else:
            lines.append(tangle(centre, _turned(size_m, out), rng, knots=rng.randint(7, 13)))
    for _ in range(rng.randint(0, 4)):
        top = plus(box, right, rng.uniform(-0.4, 0.4) * size_m[0])
        lines.append(drop(top, size_m[2] * rng.uniform(0.6, 1.6), rng, out=out, curl=rng.random() < 0.4))
    strands = [Strand(line, radius_m * rng.uniform(0.6, 1.2), loom.colour()) for line in lines]
    if rng.random() < 0.4:
        strands += loom.bare(lines[-1], radius_m)
    return Fault("tangle", [loom.weave("tangle", strands)], *space_of(lines))


def _sag(loom: Loom, a: Point, b: Point, count: int, radius_m: float, floor_m: float) -> Fault:
    """All of it hangs low over the way."""
    reach, drop_m = distance(a, b), min(a[2], b[2]) - floor_m
    sag = min(loom.rng.uniform(0.09, 0.3) * reach, loom.rng.uniform(0.45, 0.85) * drop_m + 0.3)
    line = span(a, b, sag, floor_m=floor_m + radius_m)
    strands = loom.strands(line, count, radius_m, loose=loom.rng.uniform(1, 4))
    return Fault("sag", [loom.weave("sag", strands)], *space_of([line]))


def _messy(loom: Loom, a: Point, b: Point, count: int, radius_m: float, floor_m: float) -> Fault:
    """Each cable sags as it likes; loops hang from it."""
    rng, reach = loom.rng, distance(a, b)
    lines = []
    for _ in range(max(count, rng.randint(3, 7), rng.choice((0, 0, rng.randint(8, 22))))):
        ends = [plus(end, (rng.uniform(-0.1, 0.1), rng.uniform(-0.1, 0.1), rng.uniform(-0.35, 0.15))) for end in (a, b)]
        sag = min(reach * rng.lognormvariate(-2.9, 0.75), 0.7 * (min(a[2], b[2]) - floor_m))
        lines.append(span(ends[0], ends[1], sag))
    for _ in range(rng.randint(0, 3)):
        place = rng.uniform(0.1, 0.9)
        top = plus(between(a, b, place), UP, -4 * 0.04 * reach * place * (1 - place))
        lines.append(
            coil(plus(top, UP, -0.25), rng.uniform(0.12, 0.3), rng.uniform(1, 3), rng, right=_right(_across(a, b)))
        )
    strands = [Strand(line, radius_m * rng.uniform(0.5, 1), loom.colour()) for line in lines]
    return Fault("messy", [loom.weave("messy", strands)], *space_of(lines))


def _torn(loom: Loom, a: Point, b: Point, count: int, radius_m: float, floor_m: float) -> Fault:
    """It hangs down from one end and may lie on the ground."""
    rng = loom.rng
    top, other = (a, b) if rng.random() < 0.5 else (b, a)
    fall = top[2] - floor_m
    lean = between((0, 0, 0), (other[0] - top[0], other[1] - top[1], 0), rng.uniform(0.02, 0.2))
    if rng.random() < 0.6:
        foot = (top[0] + lean[0], top[1] + lean[1], floor_m + radius_m)
        heading = math.atan2(lean[1], lean[0]) + rng.uniform(-0.9, 0.9)
        down = smooth(
            [
                top,
                plus(between(top, foot, 0.35), UP, -0.15 * fall),
                plus(between(top, foot, 0.75), UP, -0.08 * fall),
                foot,
            ]
        )
        line = [
            *down,
            *trail(foot, heading, rng.uniform(1.0, 5.0), rng, floor_m=floor_m + radius_m, rise_m=1.5 * radius_m)[1:],
        ]
    else:
        line = drop(top, fall * rng.uniform(0.3, 0.85), rng, wave_m=0.4, curl=rng.random() < 0.5)
    strands = loom.strands(line, rng.randint(1, count), radius_m, loose=rng.uniform(1, 3))
    return Fault("torn", [loom.weave("torn", [*strands, *loom.bare(line, radius_m)])], *space_of([line]))


def _rolled(loom: Loom, a: Point, b: Point, count: int, radius_m: float, floor_m: float) -> Fault:
    """It runs taut, but slack hangs from it in a roll or in loops."""
    rng = loom.rng
    sag, place = distance(a, b) * 0.015, rng.uniform(0.1, 0.9)
    kept = loom.weave("taut", loom.wrapped(span(a, b, sag), count, radius_m))
    top = plus(between(a, b, place), UP, -4 * sag * place * (1 - place))
    radius = rng.uniform(0.15, 0.4)
    lines = [
        coil(plus(top, UP, -radius), radius, rng.uniform(1.5, 6), rng, right=_right(_across(a, b)))
        for _ in range(rng.randint(1, 3))
    ]
    if rng.random() < 0.5:
        lines.append(
            drop(top, min(rng.uniform(0.8, 2.5), top[2] - floor_m - 0.3), rng, wave_m=0.3, curl=rng.random() < 0.6)
        )
    strands = [Strand(line, radius_m * rng.uniform(0.5, 1), loom.colour()) for line in lines]
    return Fault("rolled", [loom.weave("rolled", strands)], *space_of(lines), kept=[kept])


def _draped(loom: Loom, path: Sequence[Point], out: Point, count: int, radius_m: float, floor_m: float) -> Fault:
    """Its clips have gone between two places, and it hangs between them in drapes."""
    rng = loom.rng
    first, last = _stretch(path, rng)
    edges = sorted({first, last, *(rng.randint(first, last) for _ in range(rng.choice((0, 0, 1, 2))))})
    lines = []
    for _ in range(max(1, rng.randint(1, max(count, 2)))):
        line: list[Point] = []
        for i, j in itertools.pairwise(edges):
            a, b = plus(path[i], out, 0.02), plus(path[j], out, 0.02)
            sag = min(distance(a, b) * rng.uniform(0.15, 0.6), 0.8 * (min(a[2], b[2]) - floor_m))
            line += [plus(p, out, 0.12 * math.sin(math.pi * k / 16)) for k, p in enumerate(span(a, b, sag, count=17))]
        lines.append(line)
    strands = [Strand(line, radius_m * rng.uniform(0.6, 1), loom.colour()) for line in lines]
    kept = _rest(loom, path[: first + 1], path[last:], count, radius_m)
    return Fault("draped", [loom.weave("draped", strands)], *space_of(lines), kept=kept)


def _hanging(loom: Loom, path: Sequence[Point], out: Point, count: int, radius_m: float, floor_m: float) -> Fault:
    """It ends in mid-way, and the end hangs down, perhaps onto the ground."""
    rng = loom.rng
    cut = rng.randint(len(path) // 6, len(path) - 1)
    top = path[cut]
    fall = top[2] - floor_m
    lines = []
    for _ in range(rng.randint(1, max(count, 2))):
        if rng.random() < 0.4:
            down = drop(top, fall - radius_m, rng, out=out, wave_m=0.25)
            lies = trail(
                down[-1],
                math.atan2(out[1], out[0]) + rng.uniform(-1.2, 1.2),
                rng.uniform(0.5, 3.0),
                rng,
                floor_m=floor_m + radius_m,
                rise_m=1.5 * radius_m,
            )
            lines.append([*down, *lies[1:]])
        else:
            lines.append(
                drop(
                    top,
                    fall * rng.uniform(0.2, 0.9),
                    rng,
                    out=out,
                    wave_m=rng.uniform(0.05, 0.4),
                    curl=rng.random() < 0.45,
                )
            )
    strands = [Strand(line, radius_m * rng.uniform(0.6, 1), loom.colour()) for line in lines]
    strands += loom.bare(lines[0], radius_m)
    return Fault(
        "hanging",
        [loom.weave("hanging", strands)],
        *space_of(lines),
        kept=_rest(loom, path[: cut + 1], (), count, radius_m),
    )


def _bunched(loom: Loom, path: Sequence[Point], out: Point, count: int, radius_m: float, floor_m: float) -> Fault:
    """It is in its place, but slack hangs from it in a bunch."""
    rng = loom.rng
    place = path[rng.randint(len(path) // 5, 4 * len(path) // 5)]
    size = min(rng.uniform(0.45, 1.5), 0.6 * (place[2] - floor_m) + 0.1)
    fault = tangled(loom, place, (size * rng.uniform(0.5, 1.2), 0.16, size), out, radius_m)
    fault.kind = "bunched"
    fault.kept = _rest(loom, path, (), count, radius_m)
    return fault


AirFault = Callable[[Loom, Point, Point, int, float, float], Fault]
WallFault = Callable[[Loom, Sequence[Point], Point, int, float, float], Fault]

AIR_FAULTS: dict[str, AirFault] = {"sag": _sag, "messy": _messy, "torn": _torn, "rolled": _rolled}
"""What happens to a line in the air."""

WALL_FAULTS: dict[str, WallFault] = {"draped": _draped, "hanging": _hanging, "bunched": _bunched}
"""What happens to a line on a wall."""


def _rest(loom: Loom, before: Sequence[Point], after: Sequence[Point], count: int, radius_m: float) -> list[object]:
    """The parts of a run that are still fixed, each a body of its own."""
    return [loom.weave("fixed", loom.strands(part, count, radius_m)) for part in (before, after) if len(part) > 5]


def _stretch(path: Sequence[Point], rng: random.Random) -> tuple[int, int]:
    """First and last index of a part of the path, one to five metres long where it is long enough."""
    share = min(0.9, rng.uniform(1.5, 7.0) / max(length_of(path), 0.1))
    size = max(4, round(share * (len(path) - 1)))
    first = rng.randint(0, max(len(path) - 1 - size, 0))
    return first, min(first + size, len(path) - 1)


def _right(out: Point) -> Point:
    """Unit vector along the wall."""
    size = math.hypot(out[0], out[1])
    return (-out[1] / size, out[0] / size, 0.0) if size > 1e-6 else (1.0, 0.0, 0.0)


def _across(a: Point, b: Point) -> Point:
    """Level unit vector square to a line."""
    size = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    return ((b[1] - a[1]) / size, (a[0] - b[0]) / size, 0.0)


def _turned(size_m: Point, out: Point) -> Point:
    """Size along the wall, away from it and up, as size along x, y, z."""
    return (size_m[1], size_m[0], size_m[2]) if abs(out[0]) > abs(out[1]) else size_m
