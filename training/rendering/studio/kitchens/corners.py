"""Corners where rats are met: a pavement by a wall, a yard, a cellar, a store, a bare floor; by day and at night."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from hazardlens.training.rendering.studio.kitchens import corner_lights, mess, pests, soil, views
from hazardlens.training.rendering.studio.kitchens.clay import Clay
from hazardlens.training.rendering.studio.kitchens.states import Setting
from hazardlens.training.rendering.studio.kitchens.wares import FOODS
from hazardlens.training.rendering.studio.materials import Surface, plain
from hazardlens.training.rendering.studio.props import bags, goods
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import block, drum, tube
from hazardlens.training.rendering.studio.shots import Camera, Shot, Target
from hazardlens.training.rendering.studio.stage import Stage

KINDS: Final = ("street", "street", "yard", "cellar", "store", "store", "floor", "floor")
OUTDOORS: Final = frozenset({"street", "yard"})


@dataclass(slots=True)
class Corner:
    """A place along a wall at y = 0, its floor towards -y.

    Attributes:
        heaps: clutter that gets a box in every state.
        spots: where rats may sit.
    """

    kit: Kit
    kind: str
    heaps: list[Any] = field(default_factory=list)
    spots: list[tuple[float, float, float]] = field(default_factory=list)
    lamps: list[Any] = field(default_factory=list)


def build(stage: Stage) -> Sequence[Shot]:
    """Shots of one corner in pairs, without and with rats."""
    kit = Kit(stage)
    rng = stage.rng
    corner = Corner(kit, rng.choice(KINDS))
    _ground(corner)
    {"street": _street, "yard": _street, "cellar": _cellar, "store": _store, "floor": _floor}[corner.kind](corner)
    _litter(corner)
    setting = Setting()
    count = rng.choice((1, 1, 1, 2, 2, 3, 4))
    spots = [_spot(corner) for _ in range(count)]
    rats = pests.put_rats(rng, spots, dead=0.15 if corner.kind in OUTDOORS else 0.08)
    setting.only({"rats"}, rats)
    shots = []
    for number in range(rng.choice((4, 4, 5))):
        spot, mood = spots[number % count], _mood(corner, rng)
        camera = views.unobstructed(stage.scene, partial(_camera, spot, rng))
        arrange = {state: _arranged(corner, setting, state, mood) for state in ("calm", "rats")}
        shots += [
            Shot(
                state,
                camera,
                arrange[state],
                _targets(corner, rats, state),
                pair=f"rats{number}",
                flash=mood[0] == "flash",
                tags={"place": corner.kind, "mood": mood[0]},
            )
            for state in (("calm", "rats") if number < 4 else ("rats",))
        ]
    return shots


def _ground(corner: Corner) -> None:
    kit, rng = corner.kit, corner.kit.rng
    outside = corner.kind in OUTDOORS
    wet = rng.random() < 0.25
    role = (
        rng.choice(("paving", "paving", "asphalt", "concrete"))
        if outside
        else rng.choice(("concrete", "tiles", "wood") if corner.kind == "floor" else ("concrete", "concrete", "tiles"))
    )
    ground = Surface(
        role=role,
        tile_m=rng.uniform(1.2, 2.2),
        roughness=0.25 if wet else 0.75,
        relief=0.4,
        dirt=rng.uniform(0, 0.8),
        dirt_size=1.5,
    )
    if not outside and rng.random() < 0.5:
        size = rng.choice((0.1, 0.2, 0.3, 0.6))
        colour = rng.choice(((0.6, 0.58, 0.52), (0.3, 0.1, 0.06), (0.7, 0.7, 0.68), (0.2, 0.2, 0.2)))
        ground = Surface(
            colour=colour,
            tiles_m=(size, size),
            grout=(0.15, 0.13, 0.1),
            roughness=rng.uniform(0.1, 0.5),
            relief=0,
            dirt=rng.uniform(0, 0.7),
        )
    wall = Surface(
        role=rng.choice(("brick", "plaster", "concrete") if outside else ("plaster", "plaster", "concrete")),
        relief=0.4,
        dirt=rng.uniform(0, 0.7),
        dirt_size=1.2,
    )
    block("ground", (0, -3.5, -0.05), (12, 7.5, 0.1), kit.fresh(ground))
    block("wall", (0, 0.1, 1.6), (12, 0.2, 3.2), kit.fresh(wall))
    if rng.random() < 0.5:
        block(
            "skirting",
            (0, -0.005, 0.06),
            (12, 0.02, rng.uniform(0.08, 0.25)),
            kit.paint(rng.choice(((0.3, 0.29, 0.27), (0.1, 0.08, 0.06), (0.6, 0.6, 0.58))), 0.5),
        )


def _street(corner: Corner) -> None:
    kit, rng = corner.kit, corner.kit.rng
    if rng.random() < 0.6:
        pipe = kit.paint(rng.choice(((0.6, 0.6, 0.58), (0.1, 0.1, 0.1), (0.3, 0.15, 0.08))), 0.5)
        x = rng.uniform(-1, 1)
        tube("downpipe", [(x, -0.06, 3), (x, -0.06, 0.2), (x, -0.14, 0.08)], 0.045, pipe, sharp=True)
    if rng.random() < 0.4:
        kerb = kit.fresh(Surface(role="concrete", tile_m=1.0))
        block("kerb", (0, -rng.uniform(1.6, 2.4), 0.03), (12, 0.14, 0.16), kerb, bevel_m=0.01)
    if rng.random() < 0.45:
        heap = bags.bags(kit, rng.randrange(2, 6), rng.uniform(0.5, 1.3))
        heap.location = (rng.uniform(-1.0, 1.0), -0.05, 0)
        corner.heaps.append(heap)
        corner.spots += [
            (heap.location.x + side * rng.uniform(0.3, 0.7), -rng.uniform(0.2, 0.8), 0.0) for side in (-1, 1)
        ]
    elif rng.random() < 0.5:
        thing = goods.wheelie_bin(kit)
        thing.location = (rng.uniform(-0.8, 0.8), -0.4, 0)
        corner.spots += [(thing.location.x + side * 0.45, -rng.uniform(0.2, 0.6), 0.0) for side in (-1, 1)]


def _cellar(corner: Corner) -> None:
    kit, rng = corner.kit, corner.kit.rng
    iron = kit.paint(rng.choice(((0.25, 0.1, 0.05), (0.4, 0.4, 0.4), (0.1, 0.2, 0.12))), 0.5, 0.4)
    for _ in range(rng.randrange(1, 4)):
        z = rng.uniform(0.12, 1.6)
        tube(
            "pipe",
            [(-6, -0.08, z), (6, -0.08, z + rng.uniform(-0.03, 0.03))],
            rng.uniform(0.02, 0.06),
            iron,
            sharp=True,
        )
    puddle = soil.murk((0.05, 0.045, 0.035), rng.uniform(0.15, 0.5))
    soil.spills((-1.2, -1.6, 1.2, -0.2), 0.002, rng.randrange(1, 5), [puddle], rng, radius_m=(0.1, 0.4))
    if rng.random() < 0.5:
        thing = goods.barrel(kit)
        thing.location = (rng.choice((-1, 1)) * rng.uniform(0.3, 0.9), -0.35, 0)


def _store(corner: Corner) -> None:
    kit, rng = corner.kit, corner.kit.rng
    sacks = bags.sacks(kit, rng.uniform(0.7, 1.5), rng.uniform(0.15, 0.6), woven=rng.random() < 0.6)
    x = rng.uniform(-0.5, 0.5)
    sacks.location = (x, -0.03, 0.0)
    corner.spots += [
        (x + rng.uniform(-0.5, 0.5), -rng.uniform(1.0, 1.3), 0.0),
        (x + rng.choice((-1, 1)) * rng.uniform(0.6, 1.0), -rng.uniform(0.2, 0.8), 0.0),
    ]
    if rng.random() < 0.6:
        shelf = goods.shelf(kit, rng.uniform(0.9, 1.5), rng.uniform(1.5, 2.0))
        shelf.location = (x + rng.choice((-1.6, 1.6)), -0.02, 0)
    grain = [plain((0.6, 0.5, 0.3), roughness=0.7), plain((0.7, 0.66, 0.55), roughness=0.6)]
    soil.crumbs((x - 0.6, -1.4, x + 0.6, -0.95), 0.001, rng.randrange(30, 160), grain, rng, size_m=(0.003, 0.008))


def _floor(corner: Corner) -> None:
    kit, rng = corner.kit, corner.kit.rng
    board = kit.fresh(Surface(role="wood", tile_m=0.8))
    x = rng.choice((-1, 1)) * rng.uniform(0.35, 0.8)
    kind = rng.choice(("cupboard", "legs", "fridge", "bin"))
    if kind == "cupboard":
        block("cupboard", (x, -0.25, 0.48), (0.9, 0.5, 0.8), board, bevel_m=0.004)
    elif kind == "fridge":
        block(
            "fridge",
            (x, -0.32, 0.86),
            (0.6, 0.62, 1.68),
            kit.paint(rng.choice(((0.75, 0.75, 0.75), (0.3, 0.3, 0.32))), 0.25),
            bevel_m=0.01,
        )
    elif kind == "legs":
        for dx, dy in ((-0.3, -0.1), (0.3, -0.1), (-0.3, -0.6), (0.3, -0.6)):
            block("leg", (x + dx, dy, 0.35), (0.045, 0.045, 0.7), board)
        block("table", (x, -0.35, 0.72), (0.8, 0.65, 0.03), board)
    else:
        mess.bin_body(kit, (x, -0.25))
    corner.spots += [(x - math.copysign(rng.uniform(0.5, 0.7), x), -rng.uniform(0.1, 0.5), 0.0)]


def _litter(corner: Corner) -> None:
    """Things that lie about in both states; some are as dark and small as a rat."""
    kit, rng = corner.kit, corner.kit.rng
    foods = [plain(colour, roughness=0.6) for colour in rng.sample(FOODS, 3)]
    soil.crumbs((-1.5, -2, 1.5, -0.1), 0.001, rng.randrange(0, 40), foods, rng, size_m=(0.003, 0.012))
    if corner.kind in OUTDOORS and rng.random() < 0.6:
        soil.leaves(
            (-2, -2.5, 2, -0.05),
            0.002,
            rng.randrange(5, 40),
            kit.paint(rng.choice(((0.25, 0.13, 0.03), (0.12, 0.08, 0.03), (0.3, 0.25, 0.05)))),
            rng,
        )
    for _ in range(rng.randrange(0, 3)):
        _decoy(corner, (rng.uniform(-1.2, 1.2), -rng.uniform(0.1, 1.2)))


def _decoy(corner: Corner, at_m: tuple[float, float]) -> None:
    """A rag, a stone, a brush, a bottle: no rat."""
    kit, rng = corner.kit, corner.kit.rng
    kind = rng.choice(("rag", "stone", "brush", "packet"))
    if kind == "packet":
        mess.packet(kit).location = (*at_m, 0.001)
        return
    clay = Clay()
    dark = rng.uniform(0.02, 0.15)
    if kind == "brush":
        drum(
            "brush",
            (*at_m, 0.025),
            0.02,
            0.2,
            kit.paint((dark, dark * 0.9, dark * 0.8)),
            turn_rad=(math.pi / 2, 0, rng.uniform(0, 3.1)),
            sides=16,
        )
        return
    for _ in range(1 if kind == "stone" else 5):
        size = rng.uniform(0.03, 0.07)
        spread = 0.0 if kind == "stone" else 0.05
        clay.lump(
            (rng.gauss(0, spread), rng.gauss(0, spread), size * 0.4),
            (size * 1.4, size, size * 0.6),
            rng,
            uneven=0.3,
            finer=True,
        )
    clay.thing(kind, (kit.paint((dark, dark * rng.uniform(0.8, 1), dark * rng.uniform(0.7, 1.2)), 0.9),)).location = (
        *at_m,
        0,
    )


def _spot(corner: Corner) -> tuple[float, float, float]:
    rng = corner.kit.rng
    if corner.spots and rng.random() < 0.6:
        x, y, z = rng.choice(corner.spots)
        return (x + rng.gauss(0, 0.1), y + rng.gauss(0, 0.06), z)
    return (rng.uniform(-0.9, 0.9), -rng.choice((rng.uniform(0.1, 0.25), rng.uniform(0.2, 1.4))), 0.0)


def _camera(at_m: tuple[float, float, float], rng: random.Random) -> Camera:
    distance = rng.choice(((0.35, 0.7), (0.35, 0.7), (0.6, 1.1), (0.6, 1.1), (1.0, 1.8), (1.6, 3.0)))
    steep = (8, 60) if distance[0] < 1 else (12, 45)
    return views.near((at_m[0], at_m[1], 0.05), rng, distance_m=distance, steep_deg=steep, swing_deg=55)


def _mood(corner: Corner, rng: random.Random) -> tuple[str, int]:
    kinds = corner_lights.OUTSIDE if corner.kind in OUTDOORS else corner_lights.INSIDE
    return rng.choice(kinds), rng.randrange(1 << 30)


def _arranged(corner: Corner, setting: Setting, state: str, mood: tuple[str, int]) -> Callable[[], None]:
    def arrange() -> None:
        setting.show(state)
        corner_lights.light_corner(corner.kit.assets, corner.lamps, *mood)

    return arrange


def _targets(corner: Corner, rats: list[Any], state: str) -> Callable[[], list[Target]]:
    def targets() -> list[Target]:
        made = [Target("stacked_clutter", [heap], min_side_px=10) for heap in corner.heaps]
        if state == "rats":
            made += [Target("kitchen_pest", [rat], min_side_px=6, min_pixels=30, spoils=True) for rat in rats]
        return made

    return targets
