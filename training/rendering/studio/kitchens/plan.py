"""Where things are in a kitchen: the counter, the sink let in, the hob, the walls."""

import random
from dataclasses import dataclass, field
from typing import Any, Final

from hazardlens.training.rendering.studio.kitchens import sinks
from hazardlens.training.rendering.studio.kitchens.sinks import SinkPlan

STYLES: Final = ("home", "home", "old", "shared", "restaurant", "restaurant", "stall")


@dataclass(slots=True)
class Room:
    """A kitchen along the x axis: the counter's front is at y = 0, the wall behind it at `back_m`.

    Attributes:
        style: one of `STYLES`.
        top_m: height of the counter.
        back_m: y of the wall.
        ends_m: x of the counter's ends.
        walls_m: x of the side walls.
        front_m: y up to which there is floor.
        sink: let in round x = 0.
        side: +1 where the hob is to the right of the sink, -1 to the left.
        hob_m: x of the hob.
        basins: objects, one for each of the sink's.
        sink_skins: the basins' material when clean and when filthy.
        mess_m: x from and to of the counter between sink and hob.
        rack_m: x of the counter on the other side of the sink.
        window_m: x of the window's middle, None without one.
    """

    style: str
    top_m: float
    back_m: float
    ends_m: tuple[float, float]
    walls_m: tuple[float, float]
    front_m: float
    sink: SinkPlan
    side: int
    hob_m: float
    mess_m: tuple[float, float]
    rack_m: float
    window_m: float | None = None
    basins: list[Any] = field(default_factory=list)
    sink_skins: tuple[Any, Any] = (None, None)


def draw_plan(rng: random.Random) -> Room:
    """Where things are in a kitchen; nothing is built yet."""
    style = rng.choice(STYLES)
    back = rng.uniform(0.52, 0.68)
    sink = sinks.draw_sink(rng, back / 2 - rng.uniform(-0.01, 0.02), kitchen=style not in {"restaurant", "stall"})
    side, half = rng.choice((-1, 1)), sink.half_width_m
    mess = rng.uniform(0.3, 0.75)
    hob = side * (half + mess + 0.42)
    outer, rack = side * (half + mess + rng.uniform(0.85, 1.5)), -side * (half + rng.uniform(0.35, 1.0))
    ends = (min(outer, rack), max(outer, rack))
    walls = (ends[0] - rng.choice((0.005, 0.7, 1.5)), ends[1] + rng.choice((0.005, 0.7, 1.5)))
    edges = sorted((side * (half + 0.04), side * (half + mess)))
    window = rng.uniform(-0.4, 0.4) if style in {"home", "old", "shared"} and rng.random() < 0.45 else None
    return Room(
        style, rng.uniform(0.78, 0.9), back, ends, walls, -rng.uniform(2.4, 4), sink, side, hob, (edges[0],
        edges[1]), -side * (half + 0.22), window
    )  # fmt: skip
