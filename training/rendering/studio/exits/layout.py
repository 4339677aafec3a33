"""Where heaps and harmless things stand, so that an exit is blocked or stays free."""

import math
from typing import Any, Final

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.exits import heaps
from hazardlens.training.rendering.studio.exits.heaps import Heap
from hazardlens.training.rendering.studio.exits.place import Place
from hazardlens.training.rendering.studio.props import bicycles, cartons, furniture, goods, signs
from hazardlens.training.rendering.studio.props.kit import Kit, joined, moved

_FREE_WAY_M: Final = 0.85
"""A passage at least as wide counts as free."""


def blocking(kit: Kit, place: Place, *, but: str = "") -> Heap:
    """A heap right before the exit."""
    rng = kit.rng
    width = place.way_out.size_wh_m[0]
    room = place.right_m - place.left_m - 0.15
    heap = heaps.draw_heap(kit, place.venue, min(width * rng.uniform(0.75, 1.25), room), but=but)
    shift = rng.gauss(0, 0.12) * width
    gap = rng.choice((0.04, rng.uniform(0.04, 0.3), rng.uniform(0.1, 0.6)))
    if place.way_out.kind == "flight":
        gap = rng.uniform(0.0, 0.6)
    moved(heap.carrier, shift, -gap, 0, rng.gauss(0, 0.06))
    return heap


def beside(kit: Kit, place: Place) -> Heap | None:
    """A heap that leaves the way free: along the exit's wall or along a side wall; None where there is no room."""
    rng = kit.rng
    left, right = place.beside()
    side = -1 if rng.random() < left / max(left + right, 0.01) else 1
    free = left if side < 0 else right
    half = place.way_out.size_wh_m[0] / 2 + 0.1
    if free > 0.8 and (rng.random() < 0.75 or place.outdoors):
        wide = min(free - 0.25, rng.uniform(0.6, 2.2))
        venue = "office" if place.kind == "stairwell" else place.venue
        heap = heaps.draw_heap(kit, venue, wide)
        slack = max(0.0, min(free - wide - 0.2, 1.2))
        moved(heap.carrier, side * (half + 0.2 + wide / 2 + rng.uniform(0, slack)), -0.06)
        return heap
    if place.right_m - place.left_m < _FREE_WAY_M + 0.55 or place.kind == "stairwell":
        return None
    return _along_side_wall(kit, place)


def _along_side_wall(kit: Kit, place: Place) -> Heap | None:
    rng = kit.rng
    for _ in range(6):
        side, y = rng.choice((-1, 1)), -rng.uniform(0.7, min(3.2, place.depth_m - 1.2))
        if all(taken != side or abs(y - where) > 1.25 for taken, where in place.taken):
            break
    else:
        return None
    long = rng.uniform(0.6, 1.3)
    kind = rng.choice(("cartons", "cartons", "crates", "bottles", "bicycle", "shelf"))
    made: heaps.Parts
    if kind == "bicycle":
        made = [("bicycle_parked", moved(rng.choice((bicycles.bicycle, bicycles.e_bike))(kit), 0, -0.36))]
    elif kind == "cartons":
        made = [("stacked_clutter", cartons.stack(kit, long, rng.uniform(0.4, 1.6), depth_m=0.42, neat=rng.random()))]
    elif kind == "crates":
        made = [("stacked_clutter", goods.crates(kit, long, rng.uniform(0.5, 1.5)))]
    elif kind == "bottles":
        made = [("stacked_clutter", goods.water_bottles(kit, long))]
    else:
        made = [("stacked_clutter", goods.shelf(kit, long, rng.uniform(1.2, 1.9)))]
    carrier = joined("heap-beside", [thing for _, thing in made])
    x = place.left_m if side < 0 else place.right_m
    moved(carrier, x - side * 0.03, y, 0, -side * math.pi / 2)
    shapes.show(carrier, visible=False)
    return Heap(kind, carrier, made)


def harmless(kit: Kit, place: Place) -> list[Any]:
    """One to three small things that are in nobody's way; hidden at first."""
    rng = kit.rng
    left, right = place.beside()
    half = place.way_out.size_wh_m[0] / 2 + 0.1
    made = []
    for _ in range(rng.randint(1, 3)):
        make = rng.choice((*furniture.HARMLESS, signs.extinguisher, signs.extinguisher_box))
        thing = make(kit)
        side = rng.choice((-1, 1))
        free = left if side < 0 else right
        if make is furniture.doormat:
            moved(thing, 0, 0)
        elif free > 0.75:
            moved(
                thing,
                side * (half + rng.uniform(0.4, min(free - 0.2, 1.3))),
                -0.25 if make is not signs.extinguisher_box else -0.03,
                0,
            )
        else:
            x = (place.left_m if side < 0 else place.right_m) - side * 0.2
            y = -rng.uniform(0.35, min(3.0, place.depth_m - 0.3))
            moved(thing, x, y, 0, -side * math.pi / 2)
        shapes.show(thing, visible=False)
        made.append(thing)
    return made
