"""Sinks: basins let into a counter or a bench, with drains and taps."""

import math
import random
from dataclasses import dataclass
from typing import Any, Final

from hazardlens.training.rendering.studio.assets import Assets
from hazardlens.training.rendering.studio.kitchens.clay import Clay, Point, circle, oval
from hazardlens.training.rendering.studio.materials import Colour, Surface, make_material, plain
from hazardlens.training.rendering.studio.shapes import block, drum, tube

SINK_KINDS: Final = ("single", "single", "large", "double", "double_uneven", "round", "trough", "deep")

SPOUTS: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "goose": ((0, 0), (0, 0.65), (0.2, 0.95), (0.55, 1.0), (0.9, 0.85), (1, 0.6)),
    "straight": ((0, 0), (0, 0.6), (0.3, 0.95), (1, 1.0), (1.08, 0.75)),
    "square": ((0, 0), (0, 1), (1, 1), (1, 0.82)),
}
"""Kind of tap -> its outline from the side: parts of its reach and of its height."""


@dataclass(frozen=True, slots=True)
class Basin:
    """One basin: the middle of its upper edge in x and y, half its width and depth, how deep it goes, its corners."""

    centre_m: tuple[float, float]
    half_m: tuple[float, float]
    deep_m: float
    square: float


@dataclass(frozen=True, slots=True)
class SinkPlan:
    """Basins side by side and what they are made of."""

    basins: tuple[Basin, ...]
    stuff: str
    rim_m: float

    @property
    def half_width_m(self) -> float:
        """From the sink's middle to its outer edge."""
        return max(abs(basin.centre_m[0]) + basin.half_m[0] for basin in self.basins) + self.rim_m


def draw_sink(rng: random.Random, y_m: float, *, kitchen: bool) -> SinkPlan:
    """A sink round x = 0, its middle `y_m` behind the counter's front; what is no home `kitchen` has deep troughs."""
    kind = rng.choice(SINK_KINDS if kitchen else ("deep", "trough", "double", "triple", "large"))
    deep, square = rng.uniform(0.15, 0.24), rng.choice((6.0, 9.0, 14.0))
    a, b = rng.uniform(0.2, 0.27), rng.uniform(0.18, 0.22)
    half = {
        "single": [(0.0, a)], "large": [(0.0, a * 1.45)], "deep": [(0.0, a * 1.2)], "trough": [(0.0, a * 1.9)],
            "round": [(0.0, 0.21)],
        "double": [(-a * 0.87, a * 0.8), (a * 0.87, a * 0.8)], "double_uneven": [(-a * 0.55, a), (a * 1.2, a * 0.6)],
        "triple": [(-a * 1.95, a * 0.9), (0.0, a * 0.9), (a * 1.95, a * 0.9)],
    }[kind]  # fmt: skip
    if kind == "round":
        b, square = 0.21, 2.0
    if kind in {"deep", "triple"}:
        deep = rng.uniform(0.25, 0.34)
    stuff = rng.choice(("steel", "steel", "steel", "ceramic", "stone")) if kitchen else "steel"
    return SinkPlan(
        tuple(Basin((x, y_m), (wide, b), deep, square) for x, wide in half), stuff, rng.uniform(0.012, 0.03)
    )


def sink_materials(plan: SinkPlan, assets: Assets, rng: random.Random) -> tuple[Any, Any]:
    """The material when clean and when filthy."""
    colour, rough, metallic = _stuff(plan.stuff, rng)
    dirt: Colour = rng.choice(((0.16, 0.1, 0.04), (0.08, 0.06, 0.03), (0.2, 0.15, 0.08), (0.05, 0.05, 0.03)))
    clean = Surface(
        colour=colour, roughness=rough, metallic=metallic, relief=0, dirt=rng.choice((0, 0, 0.15)), dirt_size=4
    )
    foul = Surface(
        colour=colour, roughness=min(rough + 0.2, 0.9), metallic=metallic * 0.8, relief=0,
        dirt=rng.uniform(0.5, 0.9), dirt_colour=dirt, dirt_size=rng.uniform(3, 12), dirt_amount=rng.uniform(0.35, 0.8),
    )  # fmt: skip
    return make_material(clean, assets, rng), make_material(foul, assets, rng)


def build_basin(basin: Basin, top_m: float, rim_m: float, material: Any) -> Any:
    """The bowl with its rim on the counter; round ones have a square plate round them."""
    (a, b), deep, n = basin.half_m, basin.deep_m, basin.square
    lip = max(n, 9.0)
    slope = 0.86 if n > 3 else 0.6
    rings = [
        oval(a + rim_m, b + rim_m, -0.001, lip), oval(a + rim_m, b + rim_m, 0.004, lip), oval(a + 0.004, b + 0.004,
        0.004, n), oval(a - 0.002, b - 0.002, -0.006, n),
        oval(a - 0.006, b - 0.006, -0.04, n), oval(a * 0.97 - 0.004, b * 0.97 - 0.004, -deep * 0.82, n),
        oval(a * slope, b * slope, -deep * 0.98, n), oval(a * slope * 0.9, b * slope * 0.9, -deep, n),
        oval(0.045, 0.045, -deep - 0.004), oval(0.04, 0.04, -deep - 0.012), oval(0.002, 0.002, -deep - 0.012),
    ]  # fmt: skip
    clay = Clay()
    clay.rings(rings)
    thing = clay.thing("basin", (material,))
    thing.location = (*basin.centre_m, top_m)
    return thing


def build_drain(basin: Basin, top_m: float, metal: Any, dark: Any) -> list[Any]:
    """The strainer at the bottom."""
    x, y = basin.centre_m
    z = top_m - basin.deep_m
    clay = Clay()
    clay.rings([circle(0.05, 0.0), circle(0.05, 0.004), circle(0.036, 0.004), circle(0.034, -0.004)], skin=0)
    ring = clay.thing("drain", (metal,))
    ring.location = (x, y, z)
    holes = drum("drain-holes", (x, y, z - 0.004), 0.036, 0.004, dark, sides=24)
    knob = drum("drain-knob", (x, y, z + 0.003), 0.009, 0.012, metal, sides=16)
    return [ring, holes, knob]


def build_tap(plan: SinkPlan, top_m: float, back_m: float, rng: random.Random) -> list[Any]:
    """A tap behind the sink or on the wall, pointing at a basin."""
    basin = rng.choice(plan.basins)
    x = basin.centre_m[0] + rng.uniform(-0.08, 0.08)
    y = min(basin.centre_m[1] + basin.half_m[1] + 0.04, back_m - 0.02)
    reach = y - basin.centre_m[1] + rng.uniform(-0.02, 0.04)
    chrome = plain(
        rng.choice(((0.8, 0.8, 0.8), (0.55, 0.55, 0.56), (0.02, 0.02, 0.02), (0.6, 0.45, 0.2))),
        roughness=rng.uniform(0.08, 0.35),
        metallic=1.0,
    )
    kind = rng.choice(("goose", "goose", "straight", "wall", "square"))
    if kind == "wall":
        return _wall_tap((x, back_m, top_m + rng.uniform(0.14, 0.25)), back_m - basin.centre_m[1], chrome, rng)
    foot = drum("tap-foot", (x, y, top_m + 0.025), 0.024, 0.05, chrome, sides=20)
    turn = rng.uniform(-0.6, 0.6)
    side, ahead = math.sin(turn), -math.cos(turn)
    high = rng.uniform(0.24, 0.36) if kind == "goose" else rng.uniform(0.12, 0.2)
    path: list[Point] = [
        (x + side * reach * along, y + ahead * reach * along, top_m + 0.04 + high * up) for along, up in SPOUTS[kind]
    ]
    spout = tube("tap", path, rng.uniform(0.009, 0.014), chrome, sharp=kind == "square")
    lever = tube(
        "tap-lever",
        [(x, y, top_m + 0.06), (x + 0.05, y, top_m + 0.075), (x + 0.1, y - 0.01, top_m + 0.1)],
        0.007,
        chrome,
    )
    return [foot, spout, lever]


def _wall_tap(root_m: Point, reach_m: float, chrome: Any, rng: random.Random) -> list[Any]:
    x, y, z = root_m
    bar = tube("tap-bar", [(x - 0.08, y - 0.05, z), (x + 0.08, y - 0.05, z)], 0.018, chrome, sharp=True)
    bends = [
        tube("tap-pipe", [(x + side, y, z), (x + side, y - 0.05, z)], 0.012, chrome, sharp=True)
        for side in (-0.075, 0.075)
    ]
    spout = tube(
        "tap-spout",
        [
            (x, y - 0.06, z),
            (x, y - 0.1, z - 0.02),
            (x, y - reach_m * 0.8, z + 0.02),
            (x, y - reach_m, z),
            (x, y - reach_m, z - 0.04),
        ],
        0.009,
        chrome,
    )
    grips = [
        block(
            "tap-grip",
            (x + side, y - 0.06, z + 0.03),
            (0.05, 0.012, 0.012),
            chrome,
            turn_rad=(0, 0, rng.uniform(0, 1.5)),
            bevel_m=0.003,
        )
        for side in (-0.085, 0.085)
    ]
    return [bar, *bends, spout, *grips]


def _stuff(name: str, rng: random.Random) -> tuple[Colour, float, float]:
    if name == "steel":
        grey = rng.uniform(0.4, 0.65)
        return (grey, grey, grey * rng.uniform(0.96, 1.02)), rng.uniform(0.2, 0.42), 1.0
    if name == "ceramic":
        return rng.choice(((0.8, 0.79, 0.75), (0.7, 0.66, 0.55), (0.82, 0.82, 0.82))), rng.uniform(0.08, 0.25), 0.0
    grey = rng.choice((0.05, 0.12, 0.3, 0.45))
    return (grey, grey * 0.98, grey * 0.93), rng.uniform(0.3, 0.7), 0.0
