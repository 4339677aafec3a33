"""A cover in its place: opening in the ground, collar, frame, shaft, and the cover itself, which states move."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hazardlens.training.rendering.studio.assets import Assets
from hazardlens.training.rendering.studio.covers.bodies import lay_uv, loft, plate
from hazardlens.training.rendering.studio.covers.faces import face_look, frame_look, side_look
from hazardlens.training.rendering.studio.covers.makes import Make
from hazardlens.training.rendering.studio.covers.outlines import Loop, square_loop
from hazardlens.training.rendering.studio.covers.painting import SPAN_M
from hazardlens.training.rendering.studio.covers.shafts import build_frame, build_shaft
from hazardlens.training.rendering.studio.covers.slots import slots
from hazardlens.training.rendering.studio.shapes import group


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cover is: middle, turn, and height of the ground there."""

    x_m: float
    y_m: float
    z_m: float
    turn_rad: float


@dataclass(slots=True)
class Leaf:
    """One of the plates that close an opening: its own make, its middle relative to the site's, and its objects."""

    make: Make
    middle_m: tuple[float, float]
    pivot: Any
    solid: Any
    openings: list[Loop]


@dataclass(slots=True)
class Site:
    """A cover, its frame and its shaft, built; `carrier` is turned and placed in the world, the rest hangs below it.

    Attributes:
        make: what it is.
        place: where it is.
        carrier: moves frame, shaft and cover together.
        frame, shaft: objects.
        leaves: one plate or two.
        looks: materials of a cover's face and side.
        ground: material of the ground round it.
        earth: material of what is below the ground.
        extras: objects that only some states show.
        rng: for what states need.
        allows: whether a thing of that radius may lie at x, y.
    """

    make: Make
    place: Place
    carrier: Any
    frame: Any
    shaft: list[Any]
    leaves: list[Leaf]
    looks: tuple[Any, Any]
    ground: Any
    earth: Any
    rng: np.random.Generator
    allows: Callable[[float, float, float], bool]
    apron: Any = None
    collar: Any = None
    extras: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def hole(self) -> list[Any]:
        """All that is seen of the opening."""
        return [self.frame, *self.shaft]

    @property
    def plates(self) -> list[Any]:
        """The covers' pivots."""
        return [leaf.pivot for leaf in self.leaves]


def apron_loop(make: Make) -> Loop:
    """The opening that the ground leaves for a site, relative to the site's middle, unturned."""
    return make.outer(make.apron_m)


def to_world(loop: Loop, place: Place) -> Loop:
    """A loop of a site in the world's x and y."""
    cos, sin = math.cos(place.turn_rad), math.sin(place.turn_rad)
    return np.asarray(loop @ np.array([[cos, sin], [-sin, cos]]) + (place.x_m, place.y_m))


def build_site(
    make: Make, place: Place, surroundings: dict[str, Any], assets: Assets, rng: np.random.Generator
) -> Site:
    """Build it flush.

    Args:
        make: what it is.
        place: where.
        surroundings: `ground`, `earth`: materials; `joint`: colour of the earth; `wet`: after rain; `tray`: the
            material for covers that are paved themselves.
        assets: models and textures.
        rng: for what is left open.
    """
    wet = bool(surroundings["wet"])
    looks = (face_look(make, rng, surroundings["joint"], wet=wet), side_look(make, rng))
    face = surroundings["tray"] if make.pattern == "tray" else looks[0]
    leaves = [_leaf(part, middle, (face, looks[1]), rng) for part, middle in _parts(make)]
    frame, shaft = build_frame(make, frame_look(make, rng, wet=wet)), build_shaft(make, assets, rng)
    carrier = group(
        "site",
        [frame, *shaft, *(leaf.pivot for leaf in leaves)],
        (place.x_m, place.y_m, place.z_m),
        (0, 0, place.turn_rad),
    )
    site = Site(
        make,
        place,
        carrier,
        frame,
        shaft,
        leaves,
        looks,
        surroundings["ground"],
        surroundings["earth"],
        rng,
        surroundings["allows"],
    )
    site.apron = apron(site, [(make.outer(), 0.0)])
    site.collar = _collar(site, surroundings)
    return site


def apron(site: Site, rings: list[tuple[Loop, float]], look: Any | None = None) -> Any:
    """Ground between the opening and the frame through loops with heights; it continues the ground without a seam."""
    place = site.place
    loops = [(apron_loop(site.make), 0.0), *rings]
    world = [(to_world(loop, place), place.z_m + z) for loop, z in loops]
    thing = loft("apron", world, site.ground if look is None else look)
    lay_uv(thing, (-SPAN_M / 2, -SPAN_M / 2), (SPAN_M, SPAN_M))
    return thing


def _parts(make: Make) -> list[tuple[Make, tuple[float, float]]]:
    if make.leaves == 1:
        return [(make, (0.0, 0.0))]
    half = make.half_m[0] / 2
    part = Make(
        is_round=False,
        half_m=(half - 0.003, make.half_m[1]),
        stuff=make.stuff,
        pattern=make.pattern,
        thick_m=make.thick_m,
        gap_m=make.gap_m,
    )
    return [(part, (-half, 0.0)), (part, (half, 0.0))]


def _leaf(make: Make, middle: tuple[float, float], looks: tuple[Any, Any], rng: np.random.Generator) -> Leaf:
    openings = slots(make, rng) if make.pattern == "grating" else []
    solid = plate("plate", make.outline(), openings, make.thick_m, looks, make.half_m)
    pivot = group("cover", [solid], (*middle, 0.0))
    return Leaf(make, middle, pivot, solid, openings)


def _collar(site: Site, surroundings: dict[str, Any]) -> Any | None:
    make = site.make
    look = surroundings["collars"].get(make.collar)
    if look is None:
        return None
    width = min(make.collar_m, make.apron_m - 0.02)
    outer = make.outer(width)
    if make.is_round and site.rng.random() < 0.35:
        outer = square_loop(make.reach_m + width, make.reach_m + width)
        outer = outer if make.frame_round or width > 0 else make.outer(width)
    lift = site.place.z_m + 0.0015
    inner = to_world(make.outer(-0.001), site.place)
    thing = loft(
        "collar",
        [(to_world(outer, site.place), lift - 0.0012), (to_world(outer * 0.996, site.place), lift), (inner, lift)],
        look,
    )
    lay_uv(thing, (-SPAN_M / 2, -SPAN_M / 2), (SPAN_M, SPAN_M))
    return thing
