"""Runs of cable: in order, and the ways in which they come loose. All states are built once and shown one at a time."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hazardlens.training.rendering.studio.cables.curves import Point
from hazardlens.training.rendering.studio.shapes import show
from hazardlens.training.rendering.studio.shots import Target

SMALLEST_PX = 4
"""Shorter sides of a box are allowed than elsewhere: a line is thin."""


@dataclass(slots=True)
class Fault:
    """One way in which a run came loose.

    Attributes:
        kind: such as `sag` or `torn`.
        loose: gets one `dangling_cable` box.
        kept: what is still in its place: each has a `cable_ok` box of its own.
        beside: belongs to the state, has no box of its own.
        low_m, high_m: corners of the space that the loose part fills.
    """

    kind: str
    loose: Sequence[Any]
    low_m: Point
    high_m: Point
    kept: Sequence[Any] = ()
    beside: Sequence[Any] = ()

    @property
    def centre_m(self) -> Point:
        """The middle of the loose part."""
        return tuple((a + b) / 2 for a, b in zip(self.low_m, self.high_m, strict=True))  # type: ignore[return-value]

    @property
    def size_m(self) -> float:
        """Its longest side."""
        return max(b - a for a, b in zip(self.low_m, self.high_m, strict=True))


@dataclass(slots=True)
class Run:
    """A cable or a bundle from one place to another.

    Attributes:
        neat: what is seen while it is in order: one `cable_ok` box; may be empty.
        faults: ways in which it comes loose.
        thick_m: what it measures across.
        beside: shown while it is in order, without a box.
    """

    neat: Sequence[Any]
    thick_m: float
    faults: list[Fault] = field(default_factory=list)
    beside: Sequence[Any] = ()


def space_of(lines: Iterable[Sequence[Point]]) -> tuple[Point, Point]:
    """Lowest and highest corner round lines."""
    points = [point for line in lines for point in line]
    low = (min(p[0] for p in points), min(p[1] for p in points), min(p[2] for p in points))
    high = (max(p[0] for p in points), max(p[1] for p in points), max(p[2] for p in points))
    return low, high


def show_state(runs: Sequence[Run], broken: Mapping[int, Fault]) -> None:
    """Show each run in order, or with the fault that `broken` names for its index."""
    for number, run in enumerate(runs):
        fault = broken.get(number)
        for thing in (*run.neat, *run.beside):
            show(thing, visible=fault is None)
        for other in run.faults:
            for thing in (*other.loose, *other.kept, *other.beside):
                show(thing, visible=other is fault)


def targets_of(runs: Sequence[Run], broken: Mapping[int, Fault]) -> list[Target]:
    """The boxes of that state."""
    targets = []
    for number, run in enumerate(runs):
        fault = broken.get(number)
        held = ([run.neat] if run.neat else []) if fault is None else [[part] for part in fault.kept]
        targets += [Target("cable_ok", parts, min_side_px=SMALLEST_PX, min_pixels=20) for parts in held]
        if fault is not None:
            targets.append(Target("dangling_cable", fault.loose, min_side_px=SMALLEST_PX, min_pixels=50, spoils=True))
    return targets


def draw_broken(runs: Sequence[Run], rng: random.Random, *, chance_of_more: float = 0.3) -> dict[int, Fault]:
    """Which runs are loose in a shot, and how: one, sometimes two or three; the first drawn comes first.

    What hangs far down is photographed more often than a small slip, since people report it more often.
    """
    open_runs = {number: rng.choice(run.faults) for number, run in enumerate(runs) if run.faults}
    count = rng.choice((2, 2, 3)) if rng.random() < chance_of_more else 1
    broken: dict[int, Fault] = {}
    while open_runs and len(broken) < count:
        weights = [0.4 + min(fault.size_m, 6.0) for fault in open_runs.values()]
        number = rng.choices(list(open_runs), weights)[0]
        broken[number] = open_runs.pop(number)
    return broken
