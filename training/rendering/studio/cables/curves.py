"""How lines run: taut, sagging, hanging from one end, coiled, tangled, lying. Points in metres, no Blender."""

import itertools
import math
import random
from collections.abc import Sequence

Point = tuple[float, float, float]


def plus(a: Sequence[float], b: Sequence[float], factor: float = 1.0) -> Point:
    """`a + factor * b`."""
    return (a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2])


def between(a: Sequence[float], b: Sequence[float], share: float) -> Point:
    """The point at a share (0 to 1) of the way from `a` to `b`."""
    return (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2]))


def distance(a: Sequence[float], b: Sequence[float]) -> float:
    """Metres between two points."""
    return math.dist(a, b)


def span(
    a: Sequence[float], b: Sequence[float], sag_m: float, *, count: int = 25, floor_m: float | None = None
) -> list[Point]:
    """A line between two points, `sag_m` below the straight one in the middle; it lies where it meets the floor."""
    line = []
    for step in range(count):
        share = step / (count - 1)
        x, y, z = between(a, b, share)
        z -= sag_m * 4 * share * (1 - share)
        line.append((x, y, z if floor_m is None else max(z, floor_m)))
    return line


def smooth(knots: Sequence[Point], per_part: int = 6) -> list[Point]:
    """A rounded line through all knots (Catmull-Rom), with `per_part` points from one to the next."""
    if len(knots) < 3:
        return list(knots)
    padded = [knots[0], *knots, knots[-1]]
    line: list[Point] = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        line.extend(_between_knots(a, b, c, d, step / per_part) for step in range(per_part))
    return [*line, knots[-1]]


def drop(
    top: Point,
    length_m: float,
    rng: random.Random,
    *,
    out: Point = (0.0, 0.0, 0.0),
    wave_m: float = 0.15,
    curl: bool = False,
) -> list[Point]:
    """A line that is held at its upper end alone: out of the wall, down, with a few bends, perhaps curled at the end.

    Args:
        top: where it is held.
        length_m: how far down it reaches.
        rng: bends and curl are drawn from it.
        out: unit vector away from the wall.
        wave_m: how far the bends go sideways.
        curl: the end rolls up, as stiff cable from a drum does.
    """
    away = rng.uniform(0.02, 0.14)
    drift = (rng.uniform(-1, 1), rng.uniform(-1, 1) * (0.25 if any(out) else 1))
    phase, bends = rng.uniform(0, 6.3), rng.uniform(0.5, 1.6)
    knots = [top, plus(plus(top, out, away), (0, 0, rng.uniform(0.0, 0.05)))]
    count = max(4, round(length_m / 0.3))
    for step in range(1, count + 1):
        share = step / count
        side = wave_m * (share * drift[0] + 0.5 * share * math.sin(phase + bends * 6.3 * share))
        knots.append(
            plus(
                plus(top, out, away),
                (
                    side * _along(out)[0],
                    side * _along(out)[1] + 0.4 * wave_m * drift[1] * share * abs(out[0]),
                    -length_m * share,
                ),
            )
        )
    if curl:
        knots += _curl(knots[-1], rng, out)
    return smooth(knots)


def trail(
    start: Point, heading_rad: float, length_m: float, rng: random.Random, *, floor_m: float, rise_m: float = 0.01
) -> list[Point]:
    """A line that lies on the ground: it wanders, and now and then makes a loop over itself.

    Args:
        start: its first point; from there it comes down onto the floor.
        heading_rad: where it sets off to.
        length_m: of the line.
        rng: the way is drawn from it.
        floor_m: height of its axis above zero.
        rise_m: how much higher a loop lies on what is below it.
    """
    step_m = 0.1
    x, y = start[0], start[1]
    line, left, turn, loop = [start], length_m, rng.gauss(0, 0.1), 0
    height = floor_m
    while left > 0:
        if loop == 0 and rng.random() < 0.045:
            loop, turn = rng.randint(12, 26), rng.choice((-1, 1)) * rng.uniform(0.35, 0.6)
            height += rise_m
        loop = max(loop - 1, 0)
        turn = turn if loop else 0.8 * turn + rng.gauss(0, 0.1)
        heading_rad += turn
        x, y, left = x + step_m * math.cos(heading_rad), y + step_m * math.sin(heading_rad), left - step_m
        line.append((x, y, min(height, floor_m + 3 * rise_m)))
    return smooth(line, 3)


def coil(
    centre: Point,
    radius_m: float,
    turns: float,
    rng: random.Random,
    *,
    right: Point = (1.0, 0.0, 0.0),
    long: float = 1.25,
) -> list[Point]:
    """Rolled up slack that hangs: uneven loops, longer than wide, the last one ends as a tail."""
    knots = []
    count = max(8, round(turns * 9))
    normal = (-right[1], right[0], 0.0)
    first = rng.uniform(0, 6.3)
    uneven = [rng.uniform(0.75, 1.25) for _ in range(int(turns) + 2)]
    for step in range(count):
        angle = first + 2 * math.pi * turns * step / count
        size = radius_m * uneven[int(turns * step / count)] * rng.uniform(0.93, 1.07)
        point = plus(centre, right, size * math.cos(angle))
        point = plus(point, (0, 0, 1), size * long * math.sin(angle) - (long - 1) * size)
        knots.append(plus(point, normal, rng.uniform(-0.03, 0.03)))
    if rng.random() < 0.6:
        end = knots[-1]
        knots += [
            plus(end, (rng.uniform(-0.1, 0.1), 0, -radius_m * share)) for share in (0.6, 1.2, rng.uniform(1.3, 2.6))
        ]
    return smooth(knots, 4)


def tangle(centre: Point, size_m: Point, rng: random.Random, *, knots: int = 12) -> list[Point]:
    """A line without any order within a box round `centre`; more of it in the lower half, as slack has weight."""
    line = [
        plus(
            centre,
            (
                rng.uniform(-0.5, 0.5) * size_m[0],
                rng.uniform(-0.5, 0.5) * size_m[1],
                (rng.triangular(-0.6, 0.5, -0.3)) * size_m[2],
            ),
        )
        for _ in range(knots)
    ]
    return smooth(line, 6)


def shifted(line: Sequence[Point], offset_m: float, rng: random.Random) -> list[Point]:
    """The same way a little beside it: one strand of a bundle, nearer to the others at some places than at others."""
    stations = [tuple(rng.uniform(-offset_m, offset_m) for _ in range(3)) for _ in range(5)]
    moved = []
    for number, point in enumerate(line):
        place = number / max(len(line) - 1, 1) * (len(stations) - 1)
        index = min(int(place), len(stations) - 2)
        offset = between(stations[index], stations[index + 1], place - index)
        moved.append(plus(point, offset))
    return moved


def helix(line: Sequence[Point], radius_m: float, pitch_m: float) -> list[Point]:
    """A wrap that winds round a line, roughly, for lines that are not vertical."""
    wound, way = [], 0.0
    for a, b in itertools.pairwise(line):
        length = distance(a, b)
        steps = max(1, round(length / pitch_m * 5))
        side = _along((b[1] - a[1], a[0] - b[0], 0.0)) if abs(a[0] - b[0]) + abs(a[1] - b[1]) > 1e-6 else (1.0, 0.0)
        for step in range(steps):
            angle = 2 * math.pi * (way + length * step / steps) / pitch_m
            across, up = radius_m * math.cos(angle), radius_m * math.sin(angle)
            wound.append(plus(between(a, b, step / steps), (-side[1] * across, side[0] * across, up)))
        way += length
    return wound


def length_of(line: Sequence[Point]) -> float:
    """Metres along a line."""
    return sum(distance(a, b) for a, b in itertools.pairwise(line))


def _along(out: Sequence[float]) -> tuple[float, float]:
    """Unit vector along a wall, from the vector out of it; along x where there is no wall."""
    size = math.hypot(out[0], out[1])
    return (-out[1] / size, out[0] / size) if size > 1e-6 else (1.0, 0.0)


def _curl(end: Point, rng: random.Random, out: Point) -> list[Point]:
    along = _along(out)
    radius, side = rng.uniform(0.05, 0.16), rng.choice((-1, 1))
    turns = rng.uniform(0.4, 1.6)
    knots = []
    for step in range(1, round(turns * 7) + 1):
        angle = step / 7 * 2 * math.pi
        across = side * radius * (1 - math.cos(angle))
        knots.append(plus(end, (along[0] * across, along[1] * across + 0.008 * step, -radius * math.sin(angle))))
    return knots


def _between_knots(a: Point, b: Point, c: Point, d: Point, share: float) -> Point:
    squared, cubed = share * share, share * share * share
    values = [
        0.5 * (2 * q + (r - p) * share + (2 * p - 5 * q + 4 * r - s) * squared + (3 * q - p - 3 * r + s) * cubed)
        for p, q, r, s in zip(a, b, c, d, strict=True)
    ]
    return (values[0], values[1], values[2])
