"""Kinds of places, and the ground of each: two zones that meet at an edge, each with its surface and what is on it."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from hazardlens.training.rendering.studio.assets import Assets
from hazardlens.training.rendering.studio.covers.bodies import flat_ground, lay_uv
from hazardlens.training.rendering.studio.covers.fields import step
from hazardlens.training.rendering.studio.covers.outlines import Loop
from hazardlens.training.rendering.studio.covers.painting import SPAN_M, Map, broad
from hazardlens.training.rendering.studio.covers.pictures import Look, picture
from hazardlens.training.rendering.studio.covers.tiles import TILES, Tile

FAR_M: Final = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A place.

    Attributes:
        name: of its kind.
        surfaces: of the zone with the main cover and of the other one.
        edge_m: y at which the other zone begins; it lies beyond, or before when negative.
        kerb_m: how much higher the zone beyond is.
        main_beyond: the main cover lies in the zone beyond the edge.
        wall_m: y of the wall, hedge or houses that close the view.
        wet: 0 dry, 1 flooded.
        marks: markings are painted on the carriageway.
    """

    name: str
    surfaces: tuple[str, str]
    edge_m: float
    kerb_m: float
    main_beyond: bool
    wall_m: float
    wet: float
    marks: bool


_PLACES: Final = {
    # name: share, near surfaces, far surfaces, kerb, markings
    "road": (0.3, ("asphalt", "asphalt", "asphalt", "concrete"), ("bricks", "slabs", "bricks", "grass"), True, True),
    "lane": (0.17, ("asphalt", "concrete", "bricks"), ("grass", "concrete", "earth", "bricks"), False, False),
    "pavement": (0.22, ("asphalt", "asphalt", "concrete"), ("bricks", "bricks", "slabs", "slabs", "setts"), True, True),
    "verge": (0.09, ("asphalt", "concrete", "bricks"), ("grass", "grass", "earth"), True, False),
    "works": (0.08, ("earth", "earth", "gravel", "concrete"), ("earth", "gravel"), False, False),
    "yard": (0.08, ("slabs", "concrete", "setts", "bricks"), ("slabs", "grass", "concrete"), False, False),
    "carpark": (0.06, ("asphalt", "concrete"), ("grass", "bricks"), True, True),
}


def draw_plan(rng: np.random.Generator) -> Plan:
    """A place of any kind."""
    shares = np.array([entry[0] for entry in _PLACES.values()])
    name = str(rng.choice(list(_PLACES), p=shares / shares.sum()))
    _, near, far, kerb, marks = _PLACES[name]
    beyond = name in {"pavement", "verge"}
    edge = -float(rng.uniform(0.5, 3.0)) if beyond else float(rng.uniform(0.7, 4.5))
    wet = float(rng.choice([0.0, 0.0, 0.0, rng.uniform(0.1, 0.8)]))
    return Plan(
        name=name,
        surfaces=(str(rng.choice(near)), str(rng.choice(far))),
        edge_m=edge,
        kerb_m=float(rng.uniform(0.08, 0.16)) if kerb else 0.0,
        main_beyond=beyond,
        wall_m=max(edge, 0.0) + float(rng.uniform(1.5, 9.0)),
        wet=wet,
        marks=bool(marks and rng.random() < 0.7),
    )


def paint_near(plan: Plan, sites_m: list[tuple[float, float, float]], rng: np.random.Generator) -> Map:
    """What is on the zone before the edge; `sites_m` are x, y and reach of covers."""
    paper = _painted(plan, plan.surfaces[0], sites_m, rng)
    if plan.marks:
        _mark(plan, paper, rng)
    if plan.kerb_m > 0:  # dirt and sand gather along kerbs
        paper.stripe(
            (0, plan.edge_m - 0.1),
            0.0,
            (14, float(rng.uniform(0.1, 0.5))),
            (0.4, 0.36, 0.3),
            worn=float(rng.uniform(0.4, 0.9)),
        )
    return paper


def paint_far(plan: Plan, sites_m: list[tuple[float, float, float]], rng: np.random.Generator) -> Map:
    """What is on the zone beyond the edge."""
    return _painted(plan, plan.surfaces[1], sites_m, rng)


def ground_look(tile: Tile, paper: Map, assets: Assets, rng: np.random.Generator, surface: str) -> Any:
    """The material of a zone: its tile, a photographed texture now and then, and the map of what is on it."""
    roughness = {"asphalt": 0.85, "concrete": 0.8, "slabs": 0.7}.get(surface, 0.92)
    look = Look("ground", roughness=roughness)
    base, repeat_m = _base(tile, assets, rng, surface)
    node = look.image(base, tile_m=repeat_m, shift_m=_pair(rng.uniform(0, 1, 2)))
    look.lay(node.outputs["Color"])
    over = look.image(picture("map", paper.colour, paper.share), repeat=False)
    look.lay(over.outputs["Color"], over.outputs["Alpha"])
    strength: Any = 1.0
    if float(paper.wet.max()) > 0:
        wet = look.image(picture("wet", np.repeat(paper.wet[..., None], 3, axis=2)), repeat=False)
        wet.image.colorspace_settings.name = "Non-Color"
        level = wet.outputs["Color"]
        look.lay((0.3, 0.29, 0.28), look.ranged(level, 0.0, 0.85), multiply=True)
        look.rough(look.ranged(level, roughness, 0.03))
        strength = look.ranged(level, 1.0, 0.0)
    height = node.outputs["Alpha"] if node.image.alpha_mode == "CHANNEL_PACKED" else node.outputs["Color"]
    look.relief(height, tile.depth_m, strength)
    return look.done()


def lay_ground(outline: Loop, holes: list[Loop], z_m: float, look: Any) -> Any:
    """A zone with the openings for its covers."""
    thing = flat_ground("ground", outline, holes, z_m, look)
    lay_uv(thing, (-SPAN_M / 2, -SPAN_M / 2), (SPAN_M, SPAN_M))
    return thing


def rectangle(x_m: tuple[float, float], y_m: tuple[float, float]) -> Loop:
    """Four corners."""
    return np.array([(x_m[0], y_m[0]), (x_m[1], y_m[0]), (x_m[1], y_m[1]), (x_m[0], y_m[1])])


def draw_tile(surface: str, rng: np.random.Generator) -> Tile:
    """A tile of that surface."""
    return TILES[surface](rng)


_PHOTOGRAPHED: Final = {
    "asphalt": ("ph_asphalt_02", "ph_asphalt_04", "ph_asphalt_06", "ph_asphalt_floor", "ph_aerial_asphalt_01"),
    "bricks": (
        "ph_brick_floor",
        "ph_brick_floor_003",
        "ph_brick_floor_02",
        "ph_brick_villa_floor",
        "ph_blue_floor_tiles_01",
    ),
    "concrete": ("ph_brushed_concrete", "ph_brushed_concrete_03", "aws_concrete_ground"),
    "slabs": ("acg_concrete07", "ph_anti_skid_tiles", "ph_brown_floor_tiles"),
}


def _base(tile: Tile, assets: Assets, rng: np.random.Generator, surface: str) -> tuple[Any, float]:
    names = _PHOTOGRAPHED.get(surface, ())
    photographed = assets.image(str(rng.choice(names))) if names and rng.random() < 0.35 else None
    if photographed is not None:
        return photographed, float(rng.uniform(1.4, 2.4))
    return picture("tile", tile.colour, tile.height), tile.side_m


def _painted(plan: Plan, surface: str, sites_m: list[tuple[float, float, float]], rng: np.random.Generator) -> Map:
    paper = Map(rng)
    paper.stains()
    if surface in {"asphalt", "concrete"}:
        _wear_down(surface, paper, sites_m, rng)
    for x, y, reach in sites_m:
        if rng.random() < 0.3:
            paper.spot((x, y), reach * float(rng.uniform(1.4, 2.6)), (0.2, 0.18, 0.16), float(rng.uniform(0.2, 0.7)))
    if surface in {"earth", "grass", "gravel"}:
        bare, tone = step(broad(rng, roughness=1.3), float(rng.uniform(-1, 1)), 1.8), float(rng.uniform(0.7, 1.2))
        paper.lay(bare, (0.4 * tone, 0.33 * tone, 0.25 * tone), float(rng.uniform(0.3, 0.9)))
    _soak(plan, paper, rng)
    return paper


def _wear_down(surface: str, paper: Map, sites_m: list[tuple[float, float, float]], rng: np.random.Generator) -> None:
    """Patches, joints and cracks of what is poured."""
    for _ in range(int(rng.integers(1, 5)) if rng.random() < 0.6 else 0):
        middle, size = rng.uniform(-4, 4, 2), rng.uniform(0.4, 3.5, 2)
        paper.patch(_pair(middle), float(rng.normal(0, 0.15)), _pair(size), float(rng.uniform(0.12, 0.4)))
    if surface == "concrete" and rng.random() < 0.6:
        turn = float(rng.choice([0, rng.normal(0, 0.3)]))
        paper.joints(float(rng.uniform(1.5, 5)), float(rng.uniform(1.5, 5)), turn)
    for _ in range(int(rng.integers(0, 9))):
        start, heading = _pair(rng.uniform(-4, 4, 2)), float(rng.uniform(0, 6.3))
        paper.crack(start, heading, float(rng.uniform(0.5, 4)), int(rng.integers(1, 3)))
    for x, y, reach in sites_m:
        if rng.random() < 0.45:
            paper.crazed((x, y), reach)


def _pair(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    return (float(values[0]), float(values[1]))


def _soak(plan: Plan, paper: Map, rng: np.random.Generator) -> None:
    if plan.wet > 0:
        paper.rain(plan.wet)
    for _ in range(int(rng.choice([0, 0, 1, 2]))):
        paper.puddle(_pair(rng.uniform(-3, 3, 2)), float(rng.uniform(0.2, 0.9)))
    for _ in range(int(rng.choice([0, 0, 0, 1, 2]))):  # round and dark, but no cover
        paper.spot(
            _pair(rng.uniform(-3, 3, 2)),
            float(rng.uniform(0.2, 0.45)),
            (0.1, 0.1, 0.1),
            float(rng.uniform(0.4, 0.9)),
            sharp=True,
        )


def _mark(plan: Plan, paper: Map, rng: np.random.Generator) -> None:
    paint = (0.8, 0.8, 0.78) if rng.random() < 0.65 else (0.78, 0.6, 0.16)
    worn = float(rng.uniform(0.15, 0.8))
    kind = str(rng.choice(["line", "line", "dashes", "zebra", "bays", "kerb"]))
    if plan.name == "carpark":
        kind = "bays"
    if kind in {"line", "dashes"}:
        y, width = float(rng.uniform(-1.5, 1.5)), float(rng.uniform(0.1, 0.2))
        for x in np.arange(-6, 6, 4.5) if kind == "dashes" else [0.0]:
            paper.stripe((float(x), y), 0.0, (2.2 if kind == "dashes" else 14, width), paint, worn=worn)
    elif kind == "zebra":
        x0 = float(rng.uniform(-2, 2))
        for number in range(9):
            paper.stripe((x0 - 3.0 + 0.85 * number, 0.0), math.pi / 2, (4.0, 0.42), (0.8, 0.8, 0.78), worn=worn)
    elif kind == "bays":
        x0, pitch = float(rng.uniform(0, 2.5)), 2.5
        for number in range(-3, 3):
            paper.stripe((x0 + pitch * number, plan.edge_m - 2.6), math.pi / 2, (5.2, 0.1), paint, worn=worn)
    else:
        paper.stripe((0, plan.edge_m - 0.3), 0.0, (14, 0.12), (0.78, 0.6, 0.16), worn=worn)
