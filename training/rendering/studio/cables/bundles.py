"""The runs that there are: through the air, along a wall or a ceiling, out of a window, over the ground."""

import itertools
import math
import random
from collections.abc import Sequence

from hazardlens.training.rendering.studio.cables.curves import Point, between, distance, plus, smooth, span, trail
from hazardlens.training.rendering.studio.cables.faults import AIR_FAULTS, WALL_FAULTS, tangled
from hazardlens.training.rendering.studio.cables.runs import Fault, Run, space_of
from hazardlens.training.rendering.studio.cables.strands import Loom, Strand

UP: Point = (0.0, 0.0, 1.0)


def air_run(
    loom: Loom, a: Point, b: Point, *, count: int, radius_m: float, floor_m: float = 0.0, kinds: Sequence[str] = ()
) -> Run:
    """A bundle hung between two points.

    Args:
        loom: makes it.
        a: where it is fixed.
        b: where its other end is fixed.
        count: of its cables.
        radius_m: of the thickest.
        floor_m: height of the ground below.
        kinds: faults to build, of `AIR_FAULTS`; two drawn ones when empty.
    """
    rng, reach = loom.rng, distance(a, b)
    neat = loom.weave("taut", loom.wrapped(span(a, b, reach * rng.uniform(0.004, 0.022)), count, radius_m))
    run = Run([neat], 2 * radius_m * count**0.5)
    for kind in kinds or rng.sample(("messy", "sag", "messy", "sag", "torn", "rolled"), 3):
        run.faults.append(AIR_FAULTS[kind](loom, a, b, count, radius_m, floor_m))
    return run


def wall_run(
    loom: Loom,
    path: Sequence[Point],
    out: Point,
    *,
    count: int,
    radius_m: float,
    floor_m: float = 0.0,
    kinds: Sequence[str] = (),
) -> Run:
    """A bundle fixed to a wall (or below a ceiling) along a path of corners.

    Args:
        loom: makes it.
        path: its corners, a little before the wall.
        out: unit vector away from the wall.
        count: of its cables.
        radius_m: of the thickest.
        floor_m: height of the ground below.
        kinds: faults to build, of `WALL_FAULTS`; two drawn ones when empty.
    """
    rng = loom.rng
    line = _dense(path)
    run = Run([loom.weave("fixed", loom.wrapped(line, count, radius_m))], 2 * radius_m * count**0.5)
    for kind in kinds or rng.sample(sorted(WALL_FAULTS), 2):
        run.faults.append(WALL_FAULTS[kind](loom, line, out, count, radius_m, floor_m))
    return run


def cord_run(
    loom: Loom, window: Point, foot: Point, out: Point, *, radius_m: float, neat_path: Sequence[Point] = ()
) -> Run:
    """An extension cord out of a window down to the ground; in order there is none, or one along the wall."""
    rng = loom.rng
    neat = [loom.weave("fixed", [Strand(_dense(neat_path), radius_m, loom.colour())])] if neat_path else []
    run = Run(neat, 2 * radius_m)
    count = rng.choice((1, 1, 1, 2))
    for lands in (True, False):
        strands = []
        for _ in range(count):
            bottom = foot if lands else (foot[0], foot[1], rng.uniform(0.5, 1.1))
            strands.append(Strand(_cord_line(rng, window, bottom, out, lands=lands), radius_m, loom.colour()))
        socket = loom.socket(plus(strands[0].line[-1], UP, 0.02 if lands else -0.02))
        low, high = space_of([strand.line for strand in strands])
        run.faults.append(Fault("cord", [loom.weave("cord", strands), socket], low, high))
    return run


def ground_run(
    loom: Loom, start: Point, heading_rad: float, *, count: int, radius_m: float, neat_path: Sequence[Point] = ()
) -> Run:
    """A cable that lies about on the ground; in order there is none, or one along the edge of the way."""
    rng = loom.rng
    neat = [loom.weave("laid", loom.strands(_dense(neat_path), count, radius_m))] if neat_path else []
    run = Run(neat, 2 * radius_m * count**0.5)
    for _ in range(2):
        line = trail(
            plus(start, UP, radius_m),
            heading_rad + rng.uniform(-0.5, 0.5),
            rng.uniform(2.0, 7.0),
            rng,
            floor_m=start[2] + 1.1 * radius_m,
            rise_m=1.5 * radius_m,
        )
        strands = loom.strands(line, count, radius_m)
        strands = [
            Strand([(x, y, max(z, start[2] + 0.6 * s.radius_m)) for x, y, z in s.line], s.radius_m, s.colour)
            for s in strands
        ]
        strands += loom.bare(line, radius_m)
        run.faults.append(Fault("lying", [loom.weave("lying", strands)], *space_of([line])))
    return run


def tangle_run(
    loom: Loom, box: Point, size_m: Point, out: Point, *, radius_m: float, neat_path: Sequence[Point]
) -> Run:
    """What comes out of a box on a wall: one neat line, or a knot of slack that hangs from it."""
    rng = loom.rng
    neat = loom.weave("fixed", loom.wrapped(_dense(neat_path), rng.randint(1, 4), radius_m))
    run = Run([neat], 2 * radius_m)
    for _ in range(2):
        run.faults.append(tangled(loom, box, size_m, out, radius_m))
    return run


def mains_run(loom: Loom, ends: Sequence[tuple[Point, Point]], *, radius_m: float) -> Run:
    """Single lines side by side from insulator to insulator; one or two of them come down."""
    rng = loom.rng
    share = rng.uniform(0.006, 0.025)
    taut = [Strand(span(a, b, share * distance(a, b)), radius_m, "black") for a, b in ends]
    run = Run([loom.weave("mains", taut)], 3 * radius_m)
    for kind in ("sag", "torn"):
        number = rng.randrange(len(ends))
        fault = AIR_FAULTS[kind](loom, *ends[number], 1, radius_m, 0.0)
        others = taut[:number] + taut[number + 1 :]
        if others:
            fault.kept = [loom.weave("mains", others)]
        run.faults.append(fault)
    return run


def _cord_line(rng: random.Random, window: Point, bottom: Point, out: Point, *, lands: bool) -> list[Point]:
    start = plus(window, out, -0.05)
    edge = plus(plus(window, out, 0.12), UP, 0.01)
    middle = plus(between(edge, bottom, rng.uniform(0.35, 0.6)), UP, -rng.uniform(0.0, 0.12) * (window[2] - bottom[2]))
    line = smooth([start, edge, plus(middle, out, rng.uniform(-0.1, 0.1)), bottom], 10)
    if not lands:
        return line
    heading = math.atan2(out[1], out[0]) + rng.uniform(-1.5, 1.5)
    return [*line, *trail(bottom, heading, rng.uniform(0.3, 2.0), rng, floor_m=bottom[2])[1:]]


def _dense(path: Sequence[Point], step_m: float = 0.15) -> list[Point]:
    """The path with points in between, so that it can break anywhere."""
    line = [path[0]]
    for a, b in itertools.pairwise(path):
        steps = max(1, round(distance(a, b) / step_m))
        line += [between(a, b, step / steps) for step in range(1, steps + 1)]
    return line
