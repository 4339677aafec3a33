"""An exit and its surroundings, photographed clear, with harmless things, with clutter beside it, and blocked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.exits import dressing, layout, lights, outdoors, rooms, stairs, views
from hazardlens.training.rendering.studio.exits.heaps import Heap
from hazardlens.training.rendering.studio.exits.place import Place
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shots import Camera, Shot, Target
from hazardlens.training.rendering.studio.stage import Stage

_PLACES: Final[dict[str, float]] = {
    "flats": 5, "office": 4, "lift_hall": 2.5, "lobby": 2, "store": 3, "warehouse": 2, "car_park": 2, "market": 1.5,
    "stairwell": 4, "flight": 1.5, "facade": 7, "gate": 2,
}  # fmt: skip
_VIEWS: Final = (
    (
        ("clear", "blocked", "beside"),
        ("harmless", "blocked 2"),
        ("clear", "blocked"),
        ("harmless", "blocked 2", "beside"),
    ),
    (
        ("clear", "blocked"),
        ("harmless", "beside", "blocked"),
        ("harmless", "blocked 2"),
        ("clear", "blocked 2", "beside"),
    ),
    (
        ("clear", "beside"),
        ("clear", "blocked", "blocked 2"),
        ("harmless",),
        ("harmless", "blocked"),
        ("clear", "blocked 2"),
    ),
)
"""States photographed from each standpoint."""
_DOOR_LABELLED_FROM: Final = 1 / 3
"""A blocked exit keeps the box of its door where as much of it can be seen."""


@dataclass(frozen=True, slots=True)
class _Set:
    """All that a scene's states are made of."""

    place: Place
    blocking: tuple[Heap, Heap]
    beside: Heap | None
    harmless: list[Any]


def build(stage: Stage) -> Sequence[Shot]:
    """A place with one exit, and 10 or 11 shots of it from four or five standpoints."""
    kit = Kit(stage)
    place = _build_place(kit, kit.rng.choices(tuple(_PLACES), tuple(_PLACES.values()))[0])
    dressing.hang_exit_sign(kit, place)
    dressing.paint_floor(kit, place)
    first = layout.blocking(kit, place)
    scenery = _Set(
        place,
        (first, layout.blocking(kit, place, but=first.kind)),
        layout.beside(kit, place),
        layout.harmless(kit, place),
    )
    lamps: list[Any] = []
    shots: list[Shot] = []
    for number, states in enumerate(kit.rng.choice(_VIEWS)):
        shots += _view(kit, scenery, states, f"view-{number}", lamps)
    return shots


def _build_place(kit: Kit, kind: str) -> Place:
    special: dict[str, Callable[[Kit], Place]] = {
        "stairwell": stairs.build_stairwell,
        "flight": stairs.build_flight,
        "facade": outdoors.build_facade,
        "gate": outdoors.build_gate,
    }
    if kind not in special:
        return rooms.build_room(kit, kind)
    place = special[kind](kit)
    if kind == "flight":
        outdoors.ground(kit)
    return place


def _view(kit: Kit, scenery: _Set, states: tuple[str, ...], pair: str, lamps: list[Any]) -> list[Shot]:
    """The shots from one standpoint, in one light, with the leaves in one position."""
    rng, place = kit.rng, scenery.place
    reach = max((views.extent_y(heap.carrier) for heap in scenery.blocking), default=0.0)
    camera = views.draw_camera(rng, place, reach)
    light = lights.draw_light(kit, place, lamps)
    pose = _draw_pose(kit, alone=all(not state.startswith("blocked") for state in states))
    chained = place.way_out.chain is not None and -camera.position_m[1] < 4 and rng.random() < 0.2
    company = rng.random() < 0.3
    shots = []
    for state in states:
        arranged = _Arrangement(scenery, state, pose, chained=chained, company=company)
        if state == "beside" and scenery.beside is None:
            continue
        shots.append(
            Shot(
                state=arranged.name,
                camera=camera,
                arrange=partial(_arrange, arranged, light),
                targets=partial(arranged.targets, camera),
                pair=pair,
                exposure_ev=light.exposure_ev,
                flash=light.flash,
                tags={"place": place.kind, "light": light.name, "door": place.way_out.kind},
            )
        )
    return shots


def _arrange(arranged: "_Arrangement", light: lights.Light) -> None:
    arranged.show()
    light.set_up()


def _draw_pose(kit: Kit, *, alone: bool) -> tuple[float, bool]:
    """Angle of the leaves in degrees, and whether both are open; towards the viewer only where the floor is free."""
    rng = kit.rng
    angle = rng.choices((0.0, rng.uniform(3, 25), rng.uniform(40, 92)), (13, 3, 4))[0]
    if alone and rng.random() < 0.35:
        angle = -angle * 1.15
    return angle, rng.random() < 0.5


@dataclass(frozen=True, slots=True)
class _Arrangement:
    """One state of the scene."""

    scenery: _Set
    name: str
    pose: tuple[float, bool]
    chained: bool
    company: bool

    def show(self) -> None:
        """Show what belongs to the state and hide the rest."""
        way_out = self.scenery.place.way_out
        present = [heap.carrier for heap in self._heaps()]
        for heap in (*self.scenery.blocking, self.scenery.beside):
            if heap is not None:
                shapes.show(heap.carrier, visible=heap.carrier in present)
        for number, thing in enumerate(self.scenery.harmless):
            shapes.show(thing, visible=self.name == "harmless" or (self.company and number == 0))
        closed = self._chain() is not None
        way_out.swing(0.0 if closed else self.pose[0], both=self.pose[1])
        if way_out.chain is not None:
            shapes.show(way_out.chain, visible=closed)

    def targets(self, camera: Camera) -> list[Target]:
        """Boxes of the state; asked when it is shown."""
        place = self.scenery.place
        found = list(place.statics)
        for heap in self._heaps():
            found += heap.targets()
        blocked = self.name.startswith("blocked")
        if place.way_out.kind != "flight" and (
            not blocked or views.visible_share(camera, place) >= _DOOR_LABELLED_FROM
        ):
            found.append(Target("exit_door", place.way_out.parts))
        if blocked:
            chain = self._chain()
            before = (
                [heap.carrier for heap in self._heaps() if heap is not self.scenery.beside]
                if chain is None
                else [chain]
            )
            found.append(Target("blocked_exit", [*place.way_out.parts, *before], spoils=True))
        return found

    def _chain(self) -> Any | None:
        """The chain, where it is what blocks the exit."""
        return self.scenery.place.way_out.chain if self.chained and self.name == "blocked 2" else None

    def _heaps(self) -> list[Heap]:
        blocking, beside = self.scenery.blocking, self.scenery.beside
        if self._chain() is not None:
            return []
        shown = {"blocked": [blocking[0]], "blocked 2": [blocking[1]]}.get(self.name, [])
        if beside is not None and (self.name == "beside" or (self.name.startswith("blocked") and self.company)):
            shown = [*shown, beside]
        return shown
