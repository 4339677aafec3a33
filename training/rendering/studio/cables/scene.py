"""Scenes with cables: a place, its runs in order and loose, seen from several places in several lights."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from hazardlens.training.rendering.studio.cables.cameras import aim
from hazardlens.training.rendering.studio.cables.daylight import Lamps
from hazardlens.training.rendering.studio.cables.indoors import corridor
from hazardlens.training.rendering.studio.cables.outdoors import alley, before_facade, on_the_ground, street, yard
from hazardlens.training.rendering.studio.cables.places import Place, Site
from hazardlens.training.rendering.studio.cables.runs import Fault, draw_broken, show_state, targets_of
from hazardlens.training.rendering.studio.cables.strands import INDOORS, OUTDOORS, Loom
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shots import Camera, Shot, Target
from hazardlens.training.rendering.studio.stage import Stage

PLACES: Final[tuple[tuple[Callable[[Site], Place], int], ...]] = (
    (before_facade, 26), (alley, 24), (street, 26), (yard, 10), (corridor, 17), (on_the_ground, 7),
)  # fmt: skip
"""How often each kind of place is drawn."""


def build(stage: Stage) -> Sequence[Shot]:
    """Build a place with cables and say how to photograph it."""
    rng = stage.rng
    make = rng.choices([make for make, _ in PLACES], [weight for _, weight in PLACES])[0]
    site = Site(stage, Loom(rng, INDOORS if make is corridor else OUTDOORS), Kit(stage), Lamps())
    place = make(site)
    shots: list[Shot] = []
    for number in range(rng.randint(4, 6)):
        shots += _pair(place, rng, f"{number}")
    if rng.random() < 0.6:
        shots.append(_look(place, rng))
    return shots


def _pair(place: Place, rng: random.Random, name: str) -> list[Shot]:
    """A loose cable and, mostly, the same view with everything in order."""
    broken = draw_broken(place.runs, rng)
    number, fault = next(iter(broken.items()))
    camera = aim(rng, place.stand(rng, fault.centre_m), fault.centre_m, fault.size_m, place.runs[number].thick_m)
    hour, light, flash = place.light(rng, fault.centre_m)
    exposure = rng.gauss(0.1, 0.3)
    tags = {"place": place.name, "hour": hour, "fault": fault.kind}
    shots = [_shot(place, broken, camera, light, fault.kind, (name, exposure, flash, tags))]
    if rng.random() < 0.9:
        shots.append(_shot(place, {}, camera, light, "taut", (name, exposure, flash, {**tags, "fault": ""})))
    return shots


def _look(place: Place, rng: random.Random) -> Shot:
    """A view of the place for its own sake, in order."""
    look = rng.choice(place.looks)
    camera = aim(rng, place.stand(rng, look), look, rng.uniform(2, 6), 0.05)
    hour, light, flash = place.light(rng, look)
    return _shot(
        place,
        {},
        camera,
        light,
        "taut",
        ("", rng.gauss(0.1, 0.3), flash, {"place": place.name, "hour": hour, "fault": ""}),
    )


def _shot(
    place: Place,
    broken: Mapping[int, Fault],
    camera: Camera,
    light: Callable[[], None],
    state: str,
    rest: tuple[str, float, bool, dict[str, str]],
) -> Shot:
    pair, exposure, flash, tags = rest

    def arrange() -> None:
        show_state(place.runs, broken)
        light()

    def targets() -> list[Target]:
        return [*targets_of(place.runs, broken), *place.targets()]

    return Shot(state, camera, arrange, targets, pair, exposure, flash, tags)
