"""Places outdoors: before a facade, in an alley, in a street with poles, in a yard, on the ground."""

import itertools
import math
import random

from hazardlens.training.rendering.studio.cables.bundles import cord_run, ground_run, mains_run
from hazardlens.training.rendering.studio.cables.curves import Point
from hazardlens.training.rendering.studio.cables.facades import build_facade
from hazardlens.training.rendering.studio.cables.frames import Frame
from hazardlens.training.rendering.studio.cables.grounds import far_houses, floor, hedge, kerb, puddle, tree
from hazardlens.training.rendering.studio.cables.openings import Facade
from hazardlens.training.rendering.studio.cables.places import (
    Place,
    Site,
    along_wall,
    crossing,
    down_to_box,
    from_aircon,
    step_back,
)
from hazardlens.training.rendering.studio.cables.poles import Pole, build_pole, crossing_turn, draw_kind
from hazardlens.training.rendering.studio.cables.runs import Run
from hazardlens.training.rendering.studio.cables.strands import CORDS
from hazardlens.training.rendering.studio.cables.surroundings import clothes_line, clutter, hose, parked

__all__ = ["alley", "before_facade", "on_the_ground", "street", "yard"]


def before_facade(site: Site) -> Place:
    """A house front, seen from across the pavement."""
    stage, rng = site.stage, site.rng
    facade = build_facade(stage, Frame(), rng.uniform(11, 22), rng.uniform(3.6, 13))
    floor(stage, (0, -8, 0), (60, 17))
    far_houses(stage, 14, chance=0.6)

    def stand(own: random.Random, focus: Point) -> Point:
        angle = own.gauss(0, 0.45)
        return step_back(own, (focus[0], 0, 0), (math.sin(angle), -math.cos(angle)), (2.2, 9.0))

    place = Place("facade", stand, site.daylight())
    place.add_doors(facade)
    place.runs.append(along_wall(site, facade))
    place.runs += [down_to_box(site, facade), _over_the_street(site, facade)]
    for make in rng.sample(
        (along_wall, from_aircon, down_to_box, _over_the_street, _over_the_street), rng.randint(1, 4)
    ):
        place.runs.append(make(site, facade))
    if rng.random() < 0.3:
        clothes_line(site, facade)
    if rng.random() < 0.45:
        clutter(site, place, (rng.uniform(-4, 4), -rng.uniform(0.5, 0.9)))
    if rng.random() < 0.3:
        tree(stage, (rng.uniform(-7, 7), -rng.uniform(2, 5), 0), height_m=rng.uniform(4, 8), leafy=rng.random() < 0.6)
    place.looks = [facade.frame.at(rng.uniform(-3, 3), 0, rng.uniform(1.5, 4)) for _ in range(3)]
    return place


def _over_the_street(site: Site, facade: Facade) -> Run:
    """A line from the wall over the heads of those who look at it."""
    rng = site.rng
    x, z = rng.uniform(-0.4, 0.4) * facade.width_m, min(rng.uniform(2.8, 6.0), facade.height_m - 0.2)
    return crossing(
        site, facade.frame.at(x, 0.12, z), (x + rng.uniform(-9, 9), -rng.uniform(5, 11), z + rng.uniform(-0.5, 2.5))
    )


def alley(site: Site) -> Place:
    """A narrow way between houses, with lines from one to the other."""
    stage, rng = site.stage, site.rng
    wide, long = rng.uniform(1.9, 6.0), rng.uniform(14, 26)
    right = build_facade(stage, Frame(0, wide / 2, 0), long, rng.uniform(3.2, 10))
    left = build_facade(stage, Frame(0, -wide / 2, math.pi), long, rng.uniform(3.2, 10))
    floor(stage, (0, 0, 0), (70, 60))
    far_houses(stage, 16, chance=0.7)
    for end_m in (long / 2 + 14, -long / 2 - 16):
        far_houses(stage, end_m, along_m=(-25, 25), chance=0.75, across=True)
    _end_house(site, long / 2 + rng.uniform(1, 7))

    def stand(own: random.Random, focus: Point) -> Point:
        side = own.choice((-1, 1, -1))
        x, y, z = step_back(own, (focus[0], own.uniform(-0.3, 0.3) * wide, 0), (side, 0), (2.5, 9.0))
        return (min(max(x, -long / 2 - 2), long / 2 - 1), y, z)

    place = Place("alley", stand, site.daylight(90))
    for facade in (left, right):
        place.add_doors(facade)
        place.runs.append(along_wall(site, facade))
        if rng.random() < 0.5:
            place.runs.append(down_to_box(site, facade))
    top = min(left.height_m, right.height_m) - 0.15
    for _ in range(rng.randint(2, 6)):
        a = left.frame.at(rng.uniform(-0.4, 0.4) * long, 0.1, rng.uniform(2.6, max(top, 2.8)))
        b = right.frame.at(
            right.frame.inside(a)[0] + rng.gauss(0, 3), 0.1, min(max(a[2] + rng.gauss(0, 0.6), 2.5), top + 0.1)
        )
        place.runs.append(crossing(site, a, b))
    if rng.random() < 0.4:
        clothes_line(site, right)
    if rng.random() < 0.35:
        puddle(stage, (rng.uniform(-5, 5), rng.uniform(-0.2, 0.2) * wide, 0), rng.uniform(0.3, 0.9))
    if rng.random() < 0.5:
        clutter(site, place, (rng.uniform(-5, 5), wide / 2 - 0.45))
    if wide > 3 and rng.random() < 0.4:
        parked(site, place, [(rng.uniform(-6, 6), -wide / 2 + 0.5)], turn_rad=rng.uniform(-0.3, 0.3))
    place.looks = [(rng.uniform(-4, 4), 0, rng.uniform(1.5, 3.5)) for _ in range(3)]
    return place


def _end_house(site: Site, x_m: float) -> None:
    rng = site.rng
    if rng.random() < 0.6:
        build_facade(
            site.stage,
            Frame(x_m, rng.uniform(-2, 2), math.pi / 2 * -1),
            rng.uniform(6, 10),
            rng.uniform(3, 9),
            busy=0.4,
        )
    else:
        tree(site.stage, (x_m + 2, rng.uniform(-2, 2), 0), height_m=rng.uniform(4, 8), leafy=rng.random() < 0.7)


def street(site: Site) -> Place:
    """A street along x with a row of poles, houses behind, trees between."""
    stage, rng = site.stage, site.rng
    floor(stage, (0, -6, -0.12), (120, 8), "asphalt")
    floor(stage, (0, 12, 0), (120, 28))
    floor(stage, (0, -24, 0), (120, 28))
    kerb(stage, -2.0, 0.0, 120)
    kerb(stage, -10.0, 0.0, 120)
    near = rng.random() < 0.7
    house_y = rng.uniform(1.6, 6)
    houses = (
        [
            build_facade(
                stage, Frame(x, house_y + rng.uniform(0, 1), 0), rng.uniform(9, 13), rng.uniform(3, 11), busy=0.8
            )
            for x in (-7, 7)
        ]
        if near
        else []
    )
    far_houses(stage, house_y + 14 if near else house_y + 9)
    far_houses(stage, -24, chance=0.85)
    for end_m in (48, -48):
        far_houses(stage, end_m, along_m=(-40, 30), chance=0.6, across=True)
    for _ in range(rng.randint(0, 4)):
        tree(
            stage,
            (rng.uniform(-14, 14), rng.choice((0.3, -11.0, 0.0)), 0),
            height_m=rng.uniform(3.5, 8),
            leafy=rng.random() < 0.65,
        )
    if rng.random() < 0.3:
        hedge(stage, (rng.uniform(-8, 8), -10.8, 0.4), (rng.uniform(4, 12), 0.8, 0.9))
    poles = _row(site)

    def stand(own: random.Random, focus: Point) -> Point:
        angle = own.choice((own.gauss(-1.2, 0.5), own.uniform(-math.pi, 0)))
        return step_back(own, (focus[0], min(focus[1], 0.4), 0), (math.cos(angle), math.sin(angle)), (3.5, 12.0))

    place = Place("street", stand, site.daylight())
    for house in houses:
        place.add_doors(house)
        place.runs.append(along_wall(site, house))
        hook = rng.choice(rng.choice(poles).hooks)
        place.runs.append(
            crossing(site, hook, house.frame.at(rng.uniform(-4, 4), 0.1, min(rng.uniform(3, 5), house.height_m - 0.2)))
        )
    _lines_between(site, place, poles)
    for pole in poles[1:3]:
        far = (pole.frame.x_m + rng.uniform(-8, 8), -rng.uniform(11, 14), rng.uniform(3.5, 6))
        if rng.random() < 0.45:
            place.runs.append(crossing(site, rng.choice(pole.hooks), far))
    if near and rng.random() < 0.4:
        parked(
            site,
            place,
            [(rng.uniform(-6, 6) + 0.7 * k, house_y - 0.7) for k in range(rng.randint(1, 3))],
            turn_rad=math.pi / 2,
        )
    place.looks = [poles[1].hooks[0], (rng.uniform(-5, 5), -2, rng.uniform(1.5, 3))]
    return place


def _row(site: Site) -> list[Pole]:
    rng = site.rng
    kind, gap, first = draw_kind(site.stage), rng.uniform(9, 18), rng.uniform(-4, 4)
    return [
        build_pole(site.stage, kind, Frame(first + gap * k, -1.3 + rng.uniform(-0.1, 0.1), crossing_turn(rng)))
        for k in (-2, -1, 0, 1)
    ]


def _lines_between(site: Site, place: Place, poles: list[Pole]) -> None:
    """Mains on the crossarms, bundles below; the outer spans never come loose."""
    rng = site.rng
    levels = rng.sample(range(3), rng.randint(1, 3))
    counts = {level: rng.choice((1, 2, 4, 7)) for level in levels}
    mains = rng.sample(range(4), rng.randint(2, 4))
    for number, (one, other) in enumerate(itertools.pairwise(poles)):
        for level in levels:
            run = crossing(site, one.hooks[level], other.hooks[level], count=counts[level])
            if number == 0:
                run.faults.clear()
            place.runs.append(run)
        for a, b in zip(one.arms, other.arms, strict=True):
            place.runs.append(_mains(site, [(a[k], b[k]) for k in mains]))


def _mains(site: Site, ends: list[tuple[Point, Point]]) -> Run:
    return mains_run(site.loom, ends, radius_m=site.rng.uniform(0.006, 0.012))


def yard(site: Site) -> Place:
    """A yard where bikes are charged by cords out of windows."""
    stage, rng = site.stage, site.rng
    facade = build_facade(stage, Frame(), rng.uniform(10, 18), rng.uniform(6, 15), busy=0.8)
    floor(stage, (0, -8, 0), (60, 17))
    far_houses(stage, 14, chance=0.5)
    if rng.random() < 0.5:
        hedge(stage, (rng.uniform(-6, 6), -0.5, 0.35), (rng.uniform(2, 5), 0.7, 0.7))
    colours, site.loom.colours = site.loom.colours, tuple(rng.choices(CORDS, k=3))

    def stand(own: random.Random, focus: Point) -> Point:
        angle = own.gauss(0, 0.5)
        return step_back(own, (focus[0], focus[1], 0), (math.sin(angle), -math.cos(angle)), (2.0, 8.0))

    place = Place("yard", stand, site.daylight())
    place.add_doors(facade)
    low = [rect for rect in facade.windows if rect[1] < 8.5] or [(0.0, 3.0, 1.2, 1.2)]
    for x, z, w, h in rng.sample(low, min(len(low), rng.randint(2, 4))):
        window = facade.frame.at(x + rng.uniform(-0.35, 0.35) * w, 0.0, z - h / 2 + 0.02)
        foot = (window[0] + rng.gauss(0, 1.0), -rng.uniform(0.4, 2.8), 0.008)
        edge = facade.frame.at(x + w / 2 + 0.2, 0.03, z)
        path = [edge, facade.frame.at(x + w / 2 + 0.2, 0.03, 0.3)] if rng.random() < 0.5 else []
        place.runs.append(
            cord_run(site.loom, window, foot, facade.frame.out, radius_m=rng.uniform(0.0045, 0.008), neat_path=path)
        )
        if rng.random() < 0.8:
            parked(
                site,
                place,
                [(foot[0] + rng.uniform(-0.2, 0.5), foot[1] - 0.2)],
                turn_rad=math.pi / 2 + rng.gauss(0, 0.3),
            )
    site.loom.colours = colours
    place.runs.append(along_wall(site, facade))
    if rng.random() < 0.35:
        clothes_line(site, facade)
    place.looks = [(rng.uniform(-3, 3), -1, rng.uniform(0.6, 2.5)) for _ in range(3)]
    return place


def on_the_ground(site: Site) -> Place:
    """A pavement, a road or a lawn edge on which a cable lies."""
    stage, rng = site.stage, site.rng
    floor(stage, (0, 2.0, 0.12), (40, 4.0))
    floor(stage, (0, -6, 0), (40, 12), rng.choice(("asphalt", "asphalt", "concrete")))
    kerb(stage, 0.0, 0.12, 40)
    facade = build_facade(stage, Frame(0, rng.uniform(1.8, 3.8), 0, 0.12), 20, rng.uniform(3, 8))
    road = rng.random() < 0.5

    def stand(own: random.Random, focus: Point) -> Point:
        angle = own.uniform(-math.pi, 0)
        return step_back(own, focus, (math.cos(angle), math.sin(angle)), (0.8, 5.5))

    place = Place("ground", stand, site.daylight())
    place.add_doors(facade)
    edge_y = facade.frame.y_m - 0.05
    for _ in range(rng.randint(1, 3)):
        start = (
            rng.uniform(-2, 2),
            -rng.uniform(0.3, 3) if road else rng.uniform(0.3, facade.frame.y_m - 0.4),
            0.0 if road else 0.12,
        )
        path = [(-6, edge_y, 0.16), (6, edge_y, 0.16)] if rng.random() < 0.35 else []
        heading = rng.choice((0, math.pi)) + rng.gauss(0, 0.5) if not road else rng.uniform(-math.pi, 0)
        place.runs.append(
            ground_run(
                site.loom,
                start,
                heading,
                count=rng.choice((1, 1, 2, 4)),
                radius_m=rng.uniform(0.005, 0.014),
                neat_path=path,
            )
        )
    place.runs.append(down_to_box(site, facade))
    if rng.random() < 0.4:
        hose(site, (rng.uniform(-3, 3), rng.uniform(-2, 1), 0.13))
    if rng.random() < 0.4:
        puddle(stage, (rng.uniform(-2, 2), -rng.uniform(0.5, 2), 0), rng.uniform(0.2, 0.8))
    place.looks = [(rng.uniform(-2, 2), rng.uniform(-2, 1), 0.1) for _ in range(3)]
    return place
