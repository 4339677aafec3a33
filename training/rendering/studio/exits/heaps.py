"""What stands in the way of an exit, or beside it: heaps of all kinds, with the boxes that belong to them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.exits.venues import USUAL
from hazardlens.training.rendering.studio.props import bags, bicycles, cartons, furniture, goods
from hazardlens.training.rendering.studio.props.kit import Kit, joined, moved
from hazardlens.training.rendering.studio.shots import Target

Parts = list[tuple[str, Any]]
"""Label (empty for things that get no box of their own) and thing; the back of all is at y = 0."""


@dataclass(slots=True)
class Heap:
    """Things that are shown and hidden together.

    Attributes:
        kind: what they are.
        carrier: of all.
        parts: label and thing.
    """

    kind: str
    carrier: Any
    parts: Parts

    def targets(self) -> list[Target]:
        """One box for the heap, one for each bicycle or, where they stand in a row, for the row."""
        found = []
        for label in ("stacked_clutter", "bicycle_parked"):
            things = [thing for name, thing in self.parts if name == label]
            alone = label == "bicycle_parked" and len(things) < 3
            found += (
                [Target(label, [thing]) for thing in things] if alone else [Target(label, things)] if things else []
            )
        return found


def _clutter(things: Sequence[Any]) -> Parts:
    return [("stacked_clutter", thing) for thing in things]


def _cartons(kit: Kit, width: float) -> Parts:
    rng = kit.rng
    height = rng.choice((rng.uniform(0.35, 0.8), rng.uniform(0.8, 1.7), rng.uniform(0.8, 1.7)))
    made = [cartons.stack(kit, width, height, neat=rng.random())]
    if rng.random() < 0.6:
        made += [
            moved(cartons.carton(kit), rng.uniform(-0.5, 0.5) * width, -rng.uniform(0.75, 1.05), 0, rng.uniform(0, 6))
            for _ in range(rng.randint(1, 4))
        ]
    return _clutter(made)


def _bags(kit: Kit, width: float) -> Parts:
    count = round(kit.rng.uniform(4, 9) * max(width, 0.6))
    return _clutter([bags.bags(kit, count, max(width, 0.7), kit.rng.uniform(0.6, 1.0))])


def _big_bags(kit: Kit, width: float) -> Parts:
    made = []
    for number in range(max(1, round(width / 0.6))):
        x = (number + 0.5) * 0.62 - 0.31 * max(1, round(width / 0.6))
        made.append(moved(bags.big_bag(kit), x, -0.4, 0, kit.rng.uniform(-0.4, 0.4)))
    made.append(moved(bags.bag(kit), kit.rng.uniform(-0.3, 0.3) * width, -0.9))
    return _clutter(made)


def _rubbish(kit: Kit, width: float) -> Parts:
    return _clutter(
        [bags.rubbish(kit, width * kit.rng.uniform(1.1, 1.7), kit.rng.uniform(0.5, 1.1), kit.rng.uniform(0.8, 1.5))]
    )


def _sacks(kit: Kit, width: float) -> Parts:
    rng = kit.rng
    made = [bags.sacks(kit, width, rng.uniform(0.25, 0.9), woven=rng.random() < 0.4)]
    if rng.random() < 0.5:
        made.append(moved(goods.barrel(kit), rng.uniform(-0.4, 0.4) * width, -1.1))
    return _clutter(made)


def _furniture(kit: Kit, width: float) -> Parts:
    rng = kit.rng
    made: list[Any] = []
    x = -width / 2
    while x < width / 2 - 0.2 and len(made) < 4:
        thing = rng.choice(
            (furniture.furniture, furniture.furniture, furniture.cabinet, furniture.washing_machine, furniture.stool)
        )(kit)
        half = min(half_width(thing), 0.9)
        made.append(
            moved(
                thing,
                x + half if width > 2 * half else 0.0,
                -rng.uniform(0.4, 0.55),
                0,
                rng.choice((0, 0, rng.uniform(-0.5, 0.5), math.pi)),
            )
        )
        x += 2 * half + rng.uniform(0, 0.15)
    if rng.random() < 0.5:
        made.append(
            moved(cartons.carton(kit), rng.uniform(-0.3, 0.3) * width, -rng.uniform(0.95, 1.15), 0, rng.uniform(0, 6))
        )
    return _clutter(made)


def half_width(thing: Any) -> float:
    """Half of a thing's extent along x, at its own size, of what stands at the origin."""
    kit_update(thing)
    xs = [
        abs((part.matrix_world @ type(part.location)(corner)).x)
        for part in thing.children_recursive
        if part.type == "MESH"
        for corner in part.bound_box
    ]
    return max(xs, default=0.3)


def kit_update(thing: Any) -> None:
    """Let Blender work out where the parts of a fresh thing are."""
    for scene in thing.users_scene:
        scene.view_layers[0].update()


def _mattress(kit: Kit, width: float) -> Parts:
    made = [furniture.mattress(kit)]
    if kit.rng.random() < 0.5:
        made.append(
            moved(
                furniture.furniture(kit, ("chair_wood", "nightstand", "chair_plain")),
                kit.rng.uniform(-0.4, 0.4) * width,
                -0.9,
                0,
                kit.rng.uniform(0, 6),
            )
        )
    return _clutter(made)


def _shelf(kit: Kit, width: float) -> Parts:
    rng = kit.rng
    made = [goods.shelf(kit, min(max(width, 0.8), 1.6), rng.uniform(1.3, 2.0))]
    if rng.random() < 0.5:
        made.append(moved(cartons.stack(kit, width * 0.6, rng.uniform(0.3, 0.7)), 0, -0.5))
    return _clutter(made)


def _pallets(kit: Kit, width: float) -> Parts:
    rng = kit.rng
    if rng.random() < 0.6:
        count = 1 if width < 1.9 else 2
        made = [
            moved(
                goods.loaded_pallet(kit, rng.uniform(0.5, 1.5)),
                (number - (count - 1) / 2) * 1.35,
                0,
                0,
                rng.uniform(-0.1, 0.1),
            )
            for number in range(count)
        ]
    else:
        made = [goods.pallet_pile(kit, rng.randint(2, 8))]
    return _clutter(made)


def _trolley(kit: Kit, width: float) -> Parts:
    made = [goods.trolley(kit)]
    if width > 1.4:
        made.append(moved(cartons.stack(kit, width - 1.0, kit.rng.uniform(0.4, 1.1)), width / 2, 0))
    return _clutter(made)


def _poles(kit: Kit, width: float) -> Parts:
    made = [goods.poles(kit, max(width, 1.0))]
    if kit.rng.random() < 0.6:
        made.append(moved(bags.sacks(kit, min(width, 0.8), 0.3), kit.rng.uniform(-0.2, 0.2), -0.5))
    if kit.rng.random() < 0.4:
        made += [
            moved(goods.barrel(kit), kit.rng.uniform(-0.5, 0.5) * width, -0.8) for _ in range(kit.rng.randint(1, 3))
        ]
    return _clutter(made)


def _bottles(kit: Kit, width: float) -> Parts:
    return _clutter([goods.water_bottles(kit, width)])


def _crates(kit: Kit, width: float) -> Parts:
    return _clutter([goods.crates(kit, max(width, 0.55), kit.rng.uniform(0.5, 1.5))])


def _ladder(kit: Kit, width: float) -> Parts:
    made = [moved(goods.ladder(kit), 0, -0.6, 0, kit.rng.uniform(-0.5, 0.5))]
    made += [
        moved(goods.barrel(kit), kit.rng.uniform(-0.5, 0.5) * width, -kit.rng.uniform(0.3, 1.0))
        for _ in range(kit.rng.randint(1, 4))
    ]
    return _clutter(made)


def _bikes(kit: Kit, width: float) -> Parts:
    """Across the opening, or side by side with the wheels to the wall."""
    rng = kit.rng
    count = max(1, min(4, round(width / 0.55)))
    electric = rng.random() < 0.6
    made = []
    across = rng.random() < 0.45 and width > 0.7
    for number in range(count if not across else rng.randint(1, 2)):
        thing = bicycles.e_bike(kit) if (rng.random() < 0.85) == electric else bicycles.bicycle(kit)
        if across:
            moved(thing, rng.uniform(-0.2, 0.2), -0.4 - 0.6 * number, 0, rng.uniform(-0.25, 0.25))
        else:
            moved(
                thing,
                (number + 0.5) * 0.6 - 0.3 * count,
                -1.0 - rng.uniform(0, 0.15),
                0,
                math.pi / 2 + rng.uniform(-0.3, 0.3),
            )
        made.append(("bicycle_parked", thing))
    return made


def _bike_across(kit: Kit, _width: float) -> Parts:
    """One bicycle along the wall: all that a landing has room for."""
    thing = bicycles.e_bike(kit) if kit.rng.random() < 0.4 else bicycles.bicycle(kit)
    return [("bicycle_parked", moved(thing, 0, -0.45, 0, kit.rng.uniform(-0.12, 0.12)))]


def _bins(kit: Kit, width: float) -> Parts:
    rng = kit.rng
    count = max(1, round(width / 0.68))
    full = rng.random() < 0.5
    made: Parts = [
        (
            "",
            moved(
                goods.wheelie_bin(kit, full=full and rng.random() < 0.7),
                (number + 0.5) * 0.68 - 0.34 * count,
                -0.45 - rng.uniform(0, 0.2),
                0,
                rng.uniform(-0.3, 0.3),
            ),
        )
        for number in range(count)
    ]
    if full:
        made += _clutter([moved(bags.bags(kit, rng.randint(2, 6), max(width, 0.7), 0.5), 0, -0.85)])
    return made


def _mixed(kit: Kit, width: float) -> Parts:
    rng = kit.rng
    made: Parts = []
    x = -width / 2
    while x < width / 2 - 0.15:
        wide = min(rng.uniform(0.45, 0.9), width / 2 - x)
        kind = rng.choice(("cartons", "cartons", "bags", "big_bags", "furniture", "sacks", "crates", "bottles"))
        parts = KINDS[kind](kit, wide)
        carrier = moved(joined("part", [thing for _, thing in parts]), x + wide / 2, -rng.uniform(0, 0.15))
        made.append(("stacked_clutter", carrier))
        x += wide
    if rng.random() < 0.2:
        made += [(label, moved(thing, thing.location.x, thing.location.y - 0.7)) for label, thing in _bikes(kit, 0.6)]
    return made


KINDS: Final[dict[str, Callable[[Kit, float], Parts]]] = {
    "cartons": _cartons, "bags": _bags, "big_bags": _big_bags, "rubbish": _rubbish, "sacks": _sacks,
    "furniture": _furniture, "mattress": _mattress, "shelf": _shelf, "pallets": _pallets, "trolley": _trolley,
    "poles": _poles, "bottles": _bottles, "crates": _crates, "ladder": _ladder, "bikes": _bikes, "bins": _bins,
    "bike_across": _bike_across, "mixed": _mixed,
}  # fmt: skip


def build_heap(kit: Kit, kind: str, width_m: float) -> Heap:
    """A heap about as wide, at the origin, with its back at y = 0; hidden at first."""
    parts = KINDS[kind](kit, width_m)
    carrier = joined(f"heap-{kind}", [thing for _, thing in parts])
    shapes.show(carrier, visible=False)
    return Heap(kind, carrier, parts)


def draw_heap(kit: Kit, venue: str, width_m: float, *, but: str = "") -> Heap:
    """A heap of a kind that is usual at a venue, other than `but`."""
    usual = {kind: weight for kind, weight in USUAL[venue].items() if kind != but}
    return build_heap(kit, kit.rng.choices(tuple(usual), tuple(usual.values()))[0], width_m)
