"""Indoor places: corridors, lift halls, lobbies, store rooms, car parks, market halls."""

import math
from dataclasses import dataclass
from typing import Any, Final

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.exits import dressing, surfaces
from hazardlens.training.rendering.studio.exits.doors import build_behind, build_exit, draw_kind
from hazardlens.training.rendering.studio.exits.place import Place, exit_wall, side_wall
from hazardlens.training.rendering.studio.materials import Surface
from hazardlens.training.rendering.studio.props.kit import Kit


@dataclass(frozen=True, slots=True)
class Style:
    """Ranges from which a kind of room is drawn; lengths in metres.

    Attributes:
        venue: key of `heaps.USUAL`.
        width, depth, height: of the room.
        doors: kind of exit -> weight.
        floors, walls: kinds, see `surfaces`.
        dado: share of rooms whose walls have a painted lower part.
        gridded: share with a ceiling of panels.
        outside: share of exits that lead into the open.
        dirt: most that there is.
        dressing: what hangs and stands in it, see `dressing.DRESSERS`.
    """

    venue: str
    width: tuple[float, float]
    depth: tuple[float, float]
    height: tuple[float, float]
    doors: dict[str, float]
    floors: tuple[str, ...]
    walls: tuple[str, ...]
    dado: float
    gridded: float
    outside: float
    dirt: float
    dressing: tuple[str, ...]


STYLES: Final[dict[str, Style]] = {
    "flats": Style(
        "home",
        (1.5, 2.4),
        (5, 9),
        (2.5, 2.9),
        {"steel": 6, "wood": 2, "opening": 0.5},
        ("tiles", "tiles", "terrazzo", "concrete"),
        ("paint", "paint", "tiles", "plaster"),
        0.5,
        0.1,
        0.15,
        0.8,
        ("side_doors", "meters", "hydrant", "notices", "pipes", "extinguisher"),
    ),
    "office": Style(
        "office",
        (1.6, 3.2),
        (5, 9),
        (2.5, 3.0),
        {"steel": 4, "wood": 4, "glass": 2},
        ("tiles", "carpet", "carpet", "wood", "stone"),
        ("paint", "paint", "plaster"),
        0.15,
        0.75,
        0.15,
        0.3,
        ("side_doors", "notices", "extinguisher", "rail", "hydrant"),
    ),
    "lift_hall": Style(
        "home",
        (2.2, 4.0),
        (3.5, 6),
        (2.5, 3.0),
        {"steel": 6, "wood": 1, "glass": 1},
        ("tiles", "tiles", "stone", "terrazzo"),
        ("paint", "tiles", "stone", "plaster"),
        0.2,
        0.4,
        0.1,
        0.5,
        ("lifts", "hydrant", "notices", "extinguisher"),
    ),
    "lobby": Style(
        "office",
        (4.0, 8.0),
        (5, 9),
        (2.7, 3.8),
        {"glass": 6, "steel": 2, "wood": 1},
        ("tiles", "stone", "stone", "terrazzo"),
        ("paint", "stone", "plaster", "tiles"),
        0.1,
        0.5,
        0.75,
        0.3,
        ("pillars", "notices", "extinguisher", "hydrant"),
    ),
    "store": Style(
        "store",
        (2.2, 5.0),
        (4, 8),
        (2.6, 3.6),
        {"steel": 5, "roller": 2, "wood": 1, "opening": 1},
        ("concrete", "paint", "tiles", "terrazzo"),
        ("paint", "concrete", "brick", "plaster"),
        0.3,
        0.25,
        0.4,
        0.9,
        ("pipes", "notices", "extinguisher", "meters"),
    ),
    "warehouse": Style(
        "store",
        (6, 12),
        (7, 11),
        (3.6, 5.5),
        {"steel": 5, "roller": 5},
        ("concrete", "paint", "paint"),
        ("paint", "concrete", "sheet", "brick"),
        0.3,
        0.0,
        0.5,
        0.7,
        ("pillars", "pipes", "notices", "extinguisher", "hydrant"),
    ),
    "car_park": Style(
        "store",
        (5, 10),
        (7, 10),
        (2.5, 3.2),
        {"steel": 8, "opening": 1},
        ("paint", "concrete", "paint"),
        ("paint", "concrete"),
        0.6,
        0.0,
        0.05,
        0.7,
        ("pillars", "pipes", "pipes", "hydrant", "floor_lines", "extinguisher"),
    ),
    "market": Style(
        "store",
        (4, 8),
        (6, 10),
        (3.0, 4.5),
        {"steel": 3, "roller": 4, "glass": 1, "opening": 1},
        ("tiles", "terrazzo", "concrete"),
        ("tiles", "paint", "tiles"),
        0.3,
        0.2,
        0.6,
        0.9,
        ("pillars", "notices", "pipes", "extinguisher"),
    ),
}


def build_room(kit: Kit, kind: str) -> Place:
    """A room of a kind with its exit in the wall y = 0."""
    rng, style = kit.rng, STYLES[kind]
    way_out = build_exit(kit, draw_kind(kit, style.doors))
    wide = max(rng.uniform(*style.width), way_out.size_wh_m[0] + 0.3)
    shift = rng.uniform(-1, 1) ** 3 if wide < 2.6 else rng.uniform(-0.9, 0.9)
    offset = shift * (wide - way_out.size_wh_m[0] - 0.2) / 2
    height = max(rng.uniform(*style.height), way_out.size_wh_m[1] + 0.28)
    place = Place(kind, style.venue, way_out, offset - wide / 2, offset + wide / 2, rng.uniform(*style.depth), height)
    place.daylight = build_behind(kit, way_out, outside=rng.random() < style.outside)
    _shell(kit, place, style)
    _lamps(kit, place, gridded=rng.random() < style.gridded)
    for name in style.dressing:
        dressing.DRESSERS[name](kit, place)
    return place


def _shell(kit: Kit, place: Place, style: Style) -> None:
    rng = kit.rng
    dirt = rng.choice((0.0, 0.4, 1.0)) * style.dirt
    skin = surfaces.wall(kit, style.walls, dirt)
    low = surfaces.dado(kit, dirt) if rng.random() < style.dado else None
    low_m = rng.uniform(0.9, 1.5)
    exit_wall(place, skin, low, low_m)
    for side in (-1, 1):
        side_wall(place, side, skin, low, low_m)
    middle, wide = (place.left_m + place.right_m) / 2, place.right_m - place.left_m
    long = place.depth_m + 1.0
    shapes.block(
        "floor", (middle, 0.1 - long / 2, -0.05), (wide + 0.2, long + 0.2, 0.1), surfaces.floor(kit, style.floors, dirt)
    )
    if rng.random() < 0.7 and low is None:
        paint = kit.paint(rng.choice(((0.1, 0.09, 0.08), (0.3, 0.28, 0.25), (0.5, 0.5, 0.5), (0.25, 0.12, 0.06))), 0.4)
        dressing.skirting(place, paint)
    if rng.random() < 0.5:
        shapes.block("back", (middle, -place.depth_m - 0.95, place.height_m / 2), (wide, 0.1, place.height_m), skin)


def _lamps(kit: Kit, place: Place, *, gridded: bool) -> None:
    """The ceiling and its lamps."""
    rng = kit.rng
    middle, wide = (place.left_m + place.right_m) / 2, place.right_m - place.left_m
    long = place.depth_m + 1.0
    shapes.block(
        "ceiling",
        (middle, 0.1 - long / 2, place.height_m + 0.05),
        (wide + 0.2, long + 0.2, 0.1),
        surfaces.ceiling(kit, gridded=gridded),
    )
    place.lamp_material = kit.fresh(Surface(colour=(1.0, 0.98, 0.94), relief=0, glow=6))
    place.lamp_material.cycles.emission_sampling = "NONE"
    kind = "panel" if gridded else rng.choice(("tube", "tube", "bowl", "bulb"))
    step = rng.uniform(1.8, 3.2)
    rows = 1 if wide < 4 else 2
    y = -rng.uniform(0.6, 1.6)
    while y > -place.depth_m:
        place.lamps += [(middle + wide * ((row + 0.5) / rows - 0.5), y, place.height_m) for row in range(rows)]
        y -= step if wide < 4 else step + 1
    along = rng.random() < 0.5
    for x, y, z in place.lamps:
        _lamp_body(place.lamp_material, (x, y, z), kind, along=along)


def _lamp_body(material: Any, at: shapes.Point, kind: str, *, along: bool) -> None:
    x, y, z = at
    if kind == "panel":
        shapes.block("lamp", (x, y, z - 0.006), (0.58, 0.58, 0.02), material)
    elif kind == "tube":
        shapes.block("lamp", (x, y, z - 0.06), (0.06, 1.2, 0.04) if along else (1.2, 0.06, 0.04), material)
    elif kind == "bowl":
        shapes.drum("lamp", (x, y, z - 0.04), 0.1, 0.08, material, sides=20, top_radius_m=0.16)
    else:
        shapes.drum(
            "lamp", (x, y, z - 0.16), 0.03, 0.1, material, sides=14, turn_rad=(math.pi, 0, 0), top_radius_m=0.02
        )
