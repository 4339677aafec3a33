"""What every place has: runs of cable, other things that get boxes, where a person can stand, and its light."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hazardlens.training.rendering.studio.cables.bundles import air_run, tangle_run, wall_run
from hazardlens.training.rendering.studio.cables.curves import Point, between, distance
from hazardlens.training.rendering.studio.cables.daylight import Lamps, Light, outdoor_light
from hazardlens.training.rendering.studio.cables.openings import Facade
from hazardlens.training.rendering.studio.cables.runs import Run
from hazardlens.training.rendering.studio.cables.strands import Loom
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shots import Target
from hazardlens.training.rendering.studio.stage import Stage

LightDraw = Callable[[random.Random, Point], tuple[str, Light, bool]]


@dataclass(slots=True)
class Place:
    """A place with cables.

    Attributes:
        name: for the tags.
        stand: where a person stands who photographs something at that point.
        light: draws an hour and a weather.
        runs: the cables that can come loose, and those that cannot.
        labelled: other things of the taxonomy: label and object.
        looks: points worth a picture without any reference to a fault.
    """

    name: str
    stand: Callable[[random.Random, Point], Point]
    light: LightDraw
    runs: list[Run] = field(default_factory=list)
    labelled: list[tuple[str, Any]] = field(default_factory=list)
    looks: list[Point] = field(default_factory=list)

    def targets(self) -> list[Target]:
        """Boxes of all that is no cable."""
        return [Target(label, [thing]) for label, thing in self.labelled]

    def add_doors(self, facade: Facade) -> None:
        """Its doors get boxes."""
        self.labelled += [("exit_door", door) for door in facade.doors]


@dataclass(frozen=True, slots=True)
class Site:
    """What the builders of places work with."""

    stage: Stage
    loom: Loom
    kit: Kit
    lamps: Lamps

    @property
    def rng(self) -> random.Random:
        """Everything is drawn from it."""
        return self.stage.rng

    def daylight(self, sun_side_deg: float = -90.0) -> LightDraw:
        """Hours outdoors."""
        return lambda rng, near: outdoor_light(self.stage, self.lamps, rng, near, sun_side_deg=sun_side_deg)


def thickness(rng: random.Random, *, indoors: bool = False) -> float:
    """Radius of a cable in metres: thin drops are common, thick mains rare."""
    low, high = (0.0035, 0.009) if indoors else (0.005, 0.017)
    return low * math.pow(high / low, rng.random())


def along_wall(site: Site, facade: Facade, *, level: int | None = None) -> Run:
    """A bundle along the wall, above a row of windows."""
    rng = site.rng
    storeys = max(1, int(facade.height_m / facade.storey_m))
    z = (level or rng.randint(1, min(storeys, 2))) * facade.storey_m - rng.uniform(0.1, 0.5)
    z = min(z, facade.height_m - 0.15)
    ends = sorted(rng.uniform(-0.5, 0.5) * facade.width_m for _ in range(2))
    if ends[1] - ends[0] < 3:
        ends = [-facade.width_m / 2, facade.width_m / 2]
    out = rng.uniform(0.05, 0.12)
    path = [facade.frame.at(ends[0], out, z), facade.frame.at(ends[1], out, z + rng.uniform(-0.15, 0.15))]
    if rng.random() < 0.35:
        path.append(facade.frame.at(ends[1], out, max(z - rng.uniform(1, 3), facade.frame.z_m + 0.4)))
    return wall_run(site.loom, path, facade.frame.out, count=rng.choice((1, 2, 3, 5, 8)), radius_m=thickness(rng))


def down_to_box(site: Site, facade: Facade, number: int = 0) -> Run:
    """A line down the wall into a box; where it comes loose, slack hangs from the box."""
    rng = site.rng
    x, z, w, h = facade.boxes[number % len(facade.boxes)]
    top = min(z + rng.uniform(1.0, 3.5), facade.height_m - 0.1)
    path = [
        facade.frame.at(x + rng.uniform(-2, 2), 0.05, top),
        facade.frame.at(x, 0.05, top),
        facade.frame.at(x, 0.05, z + h / 2),
    ]
    if rng.random() < 0.5:
        size = max(w, h) * rng.uniform(1.2, 3.0)
        box = facade.frame.at(x, 0.19, z - rng.uniform(0, 0.6) * h)
        return tangle_run(
            site.loom,
            box,
            (size * rng.uniform(0.6, 1.2), 0.2, size),
            facade.frame.out,
            radius_m=thickness(rng),
            neat_path=path,
        )
    return wall_run(site.loom, path, facade.frame.out, count=rng.randint(1, 4), radius_m=thickness(rng))


def from_aircon(site: Site, facade: Facade) -> Run:
    """A line between two things on the wall, clear of it."""
    rng = site.rng
    spots = [*facade.aircons, *facade.boxes]
    (x, z, w, h), (other, up, _, _) = rng.choice(spots), rng.choice(facade.windows or spots)
    a = facade.frame.at(x + w / 2, 0.22, z - h / 4)
    b = facade.frame.at(other + rng.choice((-0.6, 0.6)), 0.12, up + rng.uniform(-0.8, 0.8))
    if distance(a, b) < 1.2 or min(a[2], b[2]) < facade.frame.z_m + 0.8:
        b = facade.frame.at(x + rng.choice((-1, 1)) * rng.uniform(2, 4), 0.12, z + rng.uniform(0.2, 1.2))
    return air_run(
        site.loom, a, b, count=rng.randint(1, 3), radius_m=thickness(rng), kinds=("sag", rng.choice(("messy", "torn")))
    )


def crossing(site: Site, a: Point, b: Point, *, count: int | None = None) -> Run:
    """A bundle through the air."""
    rng = site.rng
    return air_run(site.loom, a, b, count=count or rng.choice((1, 1, 2, 3, 4, 6, 9)), radius_m=thickness(rng))


def step_back(
    rng: random.Random, focus: Point, away: tuple[float, float], metres: tuple[float, float], *, floor_m: float = 0.0
) -> Point:
    """Where a person stands who steps back from a point in a level direction; the phone is at eye or chest height."""
    far = metres[0] * (metres[1] / metres[0]) ** rng.random()
    height = floor_m + min(max(rng.gauss(1.55, 0.17), 0.9), 2.1)
    return (focus[0] + away[0] * far, focus[1] + away[1] * far, height)


def middle(points: list[Point]) -> Point:
    """Between the first two of some points."""
    return between(points[0], points[1], 0.5)
