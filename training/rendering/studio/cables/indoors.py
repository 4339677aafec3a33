"""Corridors and stairwells: trunking, trays, boxes, and cables below the ceiling."""

import math
import random

from hazardlens.training.rendering.studio.cables.bundles import air_run, ground_run, tangle_run, wall_run
from hazardlens.training.rendering.studio.cables.curves import Point
from hazardlens.training.rendering.studio.cables.daylight import Light, indoor_light
from hazardlens.training.rendering.studio.cables.frames import Frame
from hazardlens.training.rendering.studio.cables.pictures import ceiling_picture
from hazardlens.training.rendering.studio.cables.places import Place, Site, step_back, thickness
from hazardlens.training.rendering.studio.cables.runs import Run
from hazardlens.training.rendering.studio.materials import Surface, make_material, plain
from hazardlens.training.rendering.studio.props import signs
from hazardlens.training.rendering.studio.props.kit import moved
from hazardlens.training.rendering.studio.shapes import block, drum, panel


class Corridor:
    """A passage along y: walls at x = -w/2 and w/2, from y = -2 to its end."""

    def __init__(self, site: Site) -> None:
        rng = site.rng
        self.site = site
        self.wide_m, self.high_m, self.long_m = rng.uniform(1.4, 3.4), rng.uniform(2.4, 3.3), rng.uniform(5, 12)
        self.left = Frame(-self.wide_m / 2, self.long_m / 2, math.pi / 2)
        self.right = Frame(self.wide_m / 2, self.long_m / 2, -math.pi / 2)
        self.back = Frame(0, self.long_m, 0)
        self.lamps: list[Point] = []

    def shell(self) -> None:
        """Floor, ceiling and walls; the lower half of the walls may be painted."""
        rng, w, h, y = self.site.rng, self.wide_m, self.high_m, self.long_m / 2
        long = self.long_m + 4
        wall, ground = (
            self._paint(),
            Surface(
                rng.choice(("tiles", "tiles", "concrete")),
                tile_m=rng.uniform(0.8, 2),
                roughness=rng.uniform(0.15, 0.7),
                dirt=rng.uniform(0, 0.6),
            ),
        )
        block("floor", (0, y, -0.05), (w + 1, long, 0.1), self._made(ground))
        if rng.random() < 0.45:
            panels = Surface(picture=ceiling_picture(rng), tile_m=0.6, roughness=0.8, relief=0)
            block("ceiling", (0, y, h + 0.05), (w + 1, long, 0.1), self._made(panels))
        else:
            block(
                "ceiling",
                (0, y, h + 0.05),
                (w + 1, long, 0.1),
                self._made(Surface(rng.choice(("plaster", "concrete")), tile_m=3, roughness=0.9)),
            )
        lower, dado = (
            rng.uniform(0.9, 1.4),
            self._paint(rng.choice(((0.35, 0.55, 0.42), (0.3, 0.42, 0.6), (0.5, 0.5, 0.5), (0.6, 0.5, 0.35)))),
        )
        two = rng.random() < 0.45
        for side in (-1, 1):
            block("wall", (side * (w / 2 + 0.06), y, h / 2), (0.12, long, h), wall)
            if two:
                block("dado", (side * (w / 2 + 0.057), y, lower / 2), (0.12, long, lower), dado)
        block("end", (0, self.long_m + 0.06, h / 2), (w + 0.4, 0.12, h), wall)
        if two:
            block("dado", (0, self.long_m + 0.057, lower / 2), (w, 0.12, lower), dado)

    def tubes(self) -> None:
        """Lamps below the ceiling."""
        for y in (0.8, self.long_m * 0.6):
            self.lamps.append((0, y, self.high_m - 0.12))
            glow = plain((1, 1, 1), glow=self.site.rng.uniform(2, 6))
            glow.cycles.emission_sampling = "NONE"
            if self.site.rng.random() < 0.5:
                block("lamp", (0, y, self.high_m - 0.03), (0.12, 1.2, 0.05), glow)
            else:
                drum("lamp", (0, y, self.high_m - 0.03), 0.16, 0.06, glow, sides=24)

    def door(self, place: Place) -> None:
        """A door at the end or in a wall, with its box, perhaps below a lit sign."""
        site, rng = self.site, self.site.rng
        frame, along = rng.choice(
            ((self.back, rng.uniform(-0.2, 0.2)), (self.left, rng.uniform(-1, 1)), (self.right, rng.uniform(-1, 1)))
        )
        w, h = rng.uniform(0.8, 1.0), 2.05
        leaf = self._made(
            Surface(
                rng.choice(("wood", "metal")),
                colour=rng.choice(((0.9, 0.6, 0.4), (0.5, 0.55, 0.6), (0.8, 0.8, 0.78), (0.6, 0.2, 0.15))),
            )
        )
        place.labelled.append(
            (
                "exit_door",
                block("door", frame.at(along, 0.02, h / 2), (w, 0.06, h), leaf, turn_rad=(0, 0, frame.turn_rad)),
            )
        )
        trim = plain((0.3, 0.29, 0.27), roughness=0.5)
        for part, up, size in (
            (-1, h / 2, (0.07, 0.1, h)),
            (1, h / 2, (0.07, 0.1, h)),
            (0, h + 0.04, (w + 0.2, 0.11, 0.08)),
        ):
            block(
                "jamb", frame.at(along + part * (w / 2 + 0.04), 0.03, up), size, trim, turn_rad=(0, 0, frame.turn_rad)
            )
        if rng.random() < 0.4 and h + 0.4 < self.high_m:
            sign = signs.exit_sign(site.kit, glow=rng.choice((0.0, 1.5)))
            place.labelled.append(("exit_sign", moved(sign, *frame.at(along, 0.06, h + 0.12), turn_rad=frame.turn_rad)))

    def _paint(self, colour: Point | None = None) -> object:
        rng = self.site.rng
        light = rng.uniform(0.75, 1.2)
        tint = colour or (light, light * rng.uniform(0.94, 1), light * rng.uniform(0.82, 1))
        return self._made(
            Surface(
                rng.choice(("plaster", "plaster", "tiles")),
                tile_m=rng.uniform(1, 3),
                colour=tint,
                roughness=0.7,
                dirt=rng.uniform(0, 0.5),
                dirt_size=1,
            )
        )

    def _made(self, surface: Surface) -> object:
        return make_material(surface, self.site.stage.assets, self.site.rng)


def corridor(site: Site) -> Place:
    """A passage in which cables run along the walls and below the ceiling."""
    rng = site.rng
    hall = Corridor(site)
    hall.shell()
    hall.tubes()

    def stand(own: random.Random, focus: Point) -> Point:
        x, y, z = step_back(own, (own.uniform(-0.3, 0.3) * hall.wide_m, focus[1], 0), (0, -1), (1.3, 5.5))
        return (x, max(y, -1.7), z)

    def light(own: random.Random, _near: Point) -> tuple[str, Light, bool]:
        return indoor_light(site.lamps, own, hall.lamps, facing_m=(0, -1.8, 1.7))

    place = Place("corridor", stand, light)
    if rng.random() < 0.6:
        hall.door(place)
    for make in rng.sample(
        (_trunking, _below_ceiling, _below_ceiling, _cabinet, _cabinet, _across, _on_floor), rng.randint(3, 5)
    ):
        place.runs.append(make(site, hall))
    place.looks = [(0, hall.long_m * 0.7, rng.uniform(1.2, 2.2)) for _ in range(3)]
    return place


def _wall(site: Site, hall: Corridor) -> Frame:
    return site.rng.choice((hall.left, hall.right))


def _trunking(site: Site, hall: Corridor) -> Run:
    """White trunking along a wall; where it comes open the cables hang out of it."""
    rng, frame = site.rng, _wall(site, hall)
    z, half = rng.uniform(1.9, hall.high_m - 0.15), hall.long_m / 2 - 0.2
    trunk = block(
        "trunking",
        frame.at(0, 0.02, z),
        (2 * half, 0.035, rng.uniform(0.04, 0.12)),
        plain((0.65, 0.65, 0.63), roughness=0.5),
        turn_rad=(0, 0, frame.turn_rad),
    )
    run = wall_run(
        site.loom,
        [frame.at(-half, 0.05, z - 0.01), frame.at(half, 0.05, z - 0.01)],
        frame.out,
        count=rng.randint(1, 5),
        radius_m=thickness(rng, indoors=True),
    )
    for thing in run.neat:
        thing.hide_render = True
    run.neat = [trunk]
    for fault in run.faults:
        fault.kept = [trunk]
    return run


def _below_ceiling(site: Site, hall: Corridor) -> Run:
    """A bundle under the ceiling, on a tray or on clips."""
    rng = site.rng
    x, z = rng.uniform(-0.4, 0.4) * hall.wide_m, hall.high_m - rng.uniform(0.03, 0.3)
    if rng.random() < 0.5:
        metal = plain((0.4, 0.41, 0.42), roughness=0.4, metallic=0.6)
        for side in (-0.12, 0.12):
            block("tray", (x + side, hall.long_m / 2, z - 0.01), (0.02, hall.long_m, 0.05), metal)
        for k in range(int(hall.long_m / 0.4)):
            block("rung", (x, 0.2 + 0.4 * k, z - 0.03), (0.24, 0.03, 0.012), metal)
    path = [(x, 0.0, z), (x, hall.long_m - 0.1, z)]
    return wall_run(
        site.loom, path, (0.0, 0.0, -1.0), count=rng.choice((2, 4, 8, 12)), radius_m=thickness(rng, indoors=True)
    )


def _cabinet(site: Site, hall: Corridor) -> Run:
    """A cabinet for meters or for the network; its cables spill out."""
    rng = site.rng
    frame = rng.choice((hall.left, hall.right, hall.back))
    along = rng.uniform(-0.25, 0.25) * (hall.wide_m if frame is hall.back else hall.long_m)
    w, h, z = rng.uniform(0.3, 0.8), rng.uniform(0.35, 0.9), rng.uniform(1.3, 1.8)
    paint = plain(
        rng.choice(((0.5, 0.5, 0.48), (0.03, 0.03, 0.03), (0.6, 0.58, 0.52), (0.35, 0.4, 0.45))), roughness=0.45
    )
    block("cabinet", frame.at(along, 0.08, z), (w, 0.16, h), paint, turn_rad=(0, 0, frame.turn_rad), bevel_m=0.006)
    if rng.random() < 0.5:
        panel(
            "inside",
            frame.at(along, 0.164, z),
            (w * 0.9, h * 0.9),
            plain((0.04, 0.04, 0.045), roughness=0.8),
            turn_rad=(0, 0, frame.turn_rad),
        )
        for k in range(rng.randint(1, 3)):
            block(
                "device",
                frame.at(along, 0.18, z - h * 0.3 + k * h * 0.25),
                (w * 0.7, 0.06, 0.05),
                plain(rng.choice(((0.6, 0.6, 0.6), (0.02, 0.02, 0.02)))),
                turn_rad=(0, 0, frame.turn_rad),
            )
    path = [frame.at(along, 0.03, hall.high_m - 0.05), frame.at(along, 0.03, z + h / 2)]
    size = max(w, h) * rng.uniform(0.8, 1.5)
    return tangle_run(
        site.loom,
        frame.at(along, 0.2, z),
        (size * rng.uniform(0.6, 1), 0.22, size),
        frame.out,
        radius_m=thickness(rng, indoors=True),
        neat_path=path,
    )


def _across(site: Site, hall: Corridor) -> Run:
    """A line from wall to wall."""
    rng = site.rng
    z, y = hall.high_m - rng.uniform(0.05, 0.4), rng.uniform(1.0, hall.long_m - 0.5)
    a, b = (-hall.wide_m / 2 + 0.02, y, z), (hall.wide_m / 2 - 0.02, y + rng.gauss(0, 1), z)
    return air_run(site.loom, a, b, count=rng.randint(1, 4), radius_m=thickness(rng, indoors=True))


def _on_floor(site: Site, hall: Corridor) -> Run:
    """A cable over the floor; in order it runs along the skirting."""
    rng = site.rng
    x = hall.wide_m / 2 - 0.02
    path = [(x, 0.0, 0.03), (x, hall.long_m - 0.1, 0.03)] if rng.random() < 0.6 else []
    start = (rng.uniform(-0.3, 0.3) * hall.wide_m, rng.uniform(0.5, 0.4 * hall.long_m), 0.0)
    return ground_run(
        site.loom, start, math.pi / 2, count=rng.randint(1, 3), radius_m=thickness(rng, indoors=True), neat_path=path
    )
