"""A kitchen, tidy, dirty and with pests, photographed over its sink, hob, counter and floor, and from afar."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hazardlens.training.rendering.studio.kitchens import food, hobs, mess, pests, tidy, views
from hazardlens.training.rendering.studio.kitchens.moods import Lights, Mood, draw_mood
from hazardlens.training.rendering.studio.kitchens.plan import Room
from hazardlens.training.rendering.studio.kitchens.rooms import build_room
from hazardlens.training.rendering.studio.kitchens.states import Setting
from hazardlens.training.rendering.studio.kitchens.wares import Wares
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shots import Camera, Shot, Target
from hazardlens.training.rendering.studio.stage import Stage

DIRTY: Final = frozenset({"dirty", "pests"})
TIDY: Final = frozenset({"tidy", "pest_tidy"})
PESTS: Final = frozenset({"pests", "pest_tidy"})

Point = tuple[float, float, float]


@dataclass(slots=True)
class Kitchen:
    """A built kitchen.

    Attributes:
        regions: name -> what a box round that dirty region covers.
        spots: name -> point to look at.
        pests: rats and cockroaches.
        exposed: groups of food in a bad place.
    """

    kit: Kit
    room: Room
    wares: Wares
    setting: Setting
    regions: dict[str, list[Any]] = field(default_factory=dict)
    spots: dict[str, Point] = field(default_factory=dict)
    pests: list[Any] = field(default_factory=list)
    exposed: list[list[Any]] = field(default_factory=list)


def build(stage: Stage) -> Sequence[Shot]:
    """The kitchen's shots: about half of them harmless."""
    kit = Kit(stage)
    rng = stage.rng
    room = build_room(kit)
    place = Kitchen(kit, room, Wares(stage.assets, rng), Setting())
    _sink(place)
    _counter(place)
    place.regions["hob"] = hobs.build_hob(kit, place.wares, room, place.setting, DIRTY)
    place.spots["hob"] = (room.hob_m, room.back_m / 2, room.top_m + 0.05)
    _floor(place)
    if rng.random() < 0.4:
        _pests(place)
    if rng.random() < 0.4:
        _food(place)
    return _shots(place, Lights(stage.assets, room.walls_m, room.front_m, room.back_m))


def _sink(place: Kitchen) -> None:
    room, setting = place.room, place.setting
    heap = mess.full_sink(place.kit, place.wares, room)
    used = [basin for basin in room.basins if basin in heap]
    setting.only(DIRTY, [thing for thing in heap if thing not in used])
    setting.skin(used, DIRTY, room.sink_skins[1], room.sink_skins[0])
    setting.only(TIDY, tidy.in_clean_sink(place.kit, place.wares, room))
    place.regions["sink"] = heap
    x = sum(basin.location.x for basin in used) / len(used)
    place.spots["sink"] = (x, room.sink.basins[0].centre_m[1], room.top_m - 0.04)


def _counter(place: Kitchen) -> None:
    room, kit, rng = place.room, place.kit, place.kit.rng
    middle = sum(room.mess_m) / 2
    if rng.random() < 0.6:
        foul = mess.filthy_counter(kit, place.wares, room.mess_m, (0.05, room.back_m - 0.06), room.top_m)
        if rng.random() < 0.3:
            foul += mess.mould(room, rng)
        place.setting.only(DIRTY, foul)
        place.regions["counter"] = foul
        place.spots["counter"] = (middle, room.back_m / 2, room.top_m + 0.05)
    order = tidy.jars(kit, room.mess_m, room.back_m - 0.08, room.top_m + 0.001)
    if rng.random() < 0.5:
        order += tidy.board(kit, place.wares, middle, room.back_m * 0.4, room.top_m + 0.001)
    if rng.random() < 0.3:
        order.append(tidy.food_in_order(place.wares, middle, room.back_m * 0.45, room.top_m + 0.022))
    place.setting.only(TIDY if "counter" in place.regions else TIDY | DIRTY, order)
    if rng.random() < 0.6:
        tidy.rack(kit, place.wares, room.rack_m, room.back_m * 0.55, room.top_m + 0.001)
    ends = sorted((room.rack_m, -room.side * abs(room.ends_m[0 if room.side > 0 else 1])))
    tidy.jars(kit, (ends[0], ends[1]), room.back_m - 0.07, room.top_m + 0.001)


def _floor(place: Kitchen) -> None:
    room, kit, rng = place.room, place.kit, place.kit.rng
    x, y = rng.uniform(room.ends_m[0] * 0.7, room.ends_m[1] * 0.7), rng.uniform(-0.9, -0.45)
    place.spots["floor"] = (x, y, 0.05)
    if rng.random() < 0.6:
        foul = mess.filthy_floor(kit, place.wares, (x, y), (rng.uniform(0.3, 0.7), rng.uniform(0.22, 0.4)))
        place.setting.only(DIRTY, foul)
        place.regions["floor"] = foul
    if rng.random() < 0.6:
        side = rng.choice((-1, 1))
        spot = (x + side * 0.6, -0.25) if room.walls_m[0] + 0.3 < x + side * 0.6 < room.walls_m[1] - 0.3 else (x, -0.25)
        place.setting.only(TIDY, tidy.closed_bin(kit, spot))


def _pests(place: Kitchen) -> None:
    room, rng = place.room, place.kit.rng
    if rng.random() < 0.7:
        x, y, _ = place.spots["floor"]
        floor = [(x + rng.gauss(0, 0.3), y + rng.gauss(0, 0.2), 0.0) for _ in range(rng.choice((1, 1, 2, 3)))]
        top = [
            (
                rng.choice((sum(room.mess_m) / 2, room.rack_m)) + rng.gauss(0, 0.08),
                rng.uniform(0.03, 0.12),
                room.top_m + 0.001,
            )
        ]
        on_floor = rng.random() < 0.6
        place.pests += pests.put_rats(rng, floor if on_floor else top)
        place.spots["pests"] = (x, y, 0.05) if on_floor else (top[0][0], top[0][1], room.top_m + 0.04)
        return
    count = rng.randrange(2, 9)
    if rng.random() < 0.35:
        centre = (sum(room.mess_m) / 2, room.back_m - 0.0012, room.top_m + 0.25)
        place.pests += pests.put_roaches(rng, count, centre, (0.25, 0.15), (0, -1, 0))
    elif rng.random() < 0.5:
        centre = (sum(room.mess_m) / 2, 0.08, room.top_m + 0.001)
        place.pests += pests.put_roaches(rng, count, centre, (0.2, 0.06))
    else:
        centre = (place.spots["floor"][0], place.spots["floor"][1] - 0.15, 0.001)
        place.pests += pests.put_roaches(rng, count, centre, (0.3, 0.2))
    place.spots["roaches"] = centre


def _food(place: Kitchen) -> None:
    rng = place.kit.rng
    x, y, _ = place.spots["floor"]
    things = []
    for number in range(rng.choice((1, 2, 2, 3))):
        thing = food.portion(place.wares, vessel=rng.random() < 0.8)
        thing.location = (x + (number - 1) * 0.42 + rng.gauss(0, 0.04), y - 0.1 + rng.gauss(0, 0.06), 0.002)
        things.append(thing)
    place.setting.only(DIRTY, things)
    place.exposed.append(things)
    place.spots["food"] = (x - 0.2, y - 0.1, 0.08)


def _shots(place: Kitchen, lights: Lights) -> list[Shot]:
    rng = place.kit.rng
    place.setting.only(PESTS, place.pests)
    shots: list[Shot] = []
    for number, name in enumerate(_focuses(place, rng)):
        camera, mood = _camera(place, name, rng), draw_mood(rng)
        states, pair = _states(place, name, rng), f"{name}{number}"
        shots += [_shot(place, lights, camera, mood, state, pair) for state in states]
    return shots


def _focuses(place: Kitchen, rng: random.Random) -> list[str]:
    """What the pairs look at: the sink most of all."""
    names = ["sink", "sink"]
    special = [name for name in ("pests", "roaches", "food") if name in place.spots]
    others = [name for name in ("hob", "counter", "floor") if name in place.regions]
    names += special
    if "pests" in special:
        names.append("pests")
    names += rng.sample(others, min(len(others), max(1, 4 - len(names))))
    return [*names, "wide"]


def _states(place: Kitchen, name: str, rng: random.Random) -> tuple[str, str]:
    if name in {"pests", "roaches"}:
        return rng.choice((("tidy", "pest_tidy"), ("tidy", "pests"), ("tidy", "pests")))
    return ("tidy", "pests") if name == "wide" and "pests" in place.spots and rng.random() < 0.5 else ("tidy", "dirty")


def _camera(place: Kitchen, name: str, rng: random.Random) -> Camera:
    room = place.room
    if name == "wide":
        at = rng.choice([place.spots[spot] for spot in place.spots if spot != "roaches"])
        far = (at[0], at[1], max(at[2], 0.45))
        return views.unobstructed(
            place.kit.stage.scene, lambda: views.wide(far, rng, x_m=room.walls_m, front_m=room.front_m)
        )
    kinds: dict[str, Callable[[], Camera]] = {
        "sink": lambda: views.near(
            place.spots["sink"], rng, distance_m=rng.choice(((0.55, 0.8), (0.7, 1.2), (1.0, 1.7))), steep_deg=(32, 86)
        ),
        "hob": lambda: views.near(place.spots["hob"], rng, distance_m=(0.6, 1.4), steep_deg=(20, 70)),
        "counter": lambda: views.near(place.spots["counter"], rng, distance_m=(0.6, 1.5), steep_deg=(18, 65)),
        "floor": lambda: views.near(place.spots["floor"], rng, distance_m=(1.0, 2.0), steep_deg=(28, 75), swing_deg=30),
        "food": lambda: views.near(place.spots["food"], rng, distance_m=(0.8, 1.8), steep_deg=(30, 75), swing_deg=30),
        "pests": lambda: views.near(
            place.spots["pests"], rng, distance_m=rng.choice(((0.5, 0.9), (0.9, 1.8))), steep_deg=(12, 65), swing_deg=35
        ),
        "roaches": lambda: views.near(
            place.spots["roaches"], rng, distance_m=(0.25, 0.55), steep_deg=(20, 70), swing_deg=25
        ),
    }
    return views.unobstructed(place.kit.stage.scene, kinds[name])


def _shot(place: Kitchen, lights: Lights, camera: Camera, mood: Mood, state: str, pair: str) -> Shot:
    def arrange() -> None:
        place.setting.show(state)
        lights.set(mood)

    return Shot(
        state=state, camera=camera, arrange=arrange, targets=lambda: _targets(place, state), pair=pair,
        flash=mood.flash, exposure_ev=-0.8 if mood.kind == "dim" else 0.0,
        tags={"style": place.room.style, "mood": mood.kind},
    )  # fmt: skip


def _targets(place: Kitchen, state: str) -> list[Target]:
    made = []
    if state in DIRTY:
        regions = dict(place.regions)
        along = regions.pop("sink") + regions.pop("counter", [])
        made += [
            Target("kitchen_dirty", things, min_side_px=12, min_pixels=150) for things in (along, *regions.values())
        ]
        made += [Target("food_exposed", things, min_side_px=9) for things in place.exposed]
    if state in PESTS:
        made += [Target("kitchen_pest", [thing], min_side_px=5, min_pixels=18) for thing in place.pests]
    return made
