"""A street, a pavement, a verge, a yard or a building site with covers: built once, photographed in several states."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hazardlens.training.rendering.studio.covers import grounds, scatter
from hazardlens.training.rendering.studio.covers.bodies import loft
from hazardlens.training.rendering.studio.covers.breaking import rubble
from hazardlens.training.rendering.studio.covers.makes import Make, draw_make
from hazardlens.training.rendering.studio.covers.markers import warning
from hazardlens.training.rendering.studio.covers.pictures import Look, picture
from hazardlens.training.rendering.studio.covers.sites import Place, Site, apron_loop, build_site, to_world
from hazardlens.training.rendering.studio.covers.states import State, enter, hazards_of, make_state
from hazardlens.training.rendering.studio.covers.surroundings import Surroundings
from hazardlens.training.rendering.studio.covers.tiles import Tile
from hazardlens.training.rendering.studio.covers.viewpoints import Obstacle, draw_camera
from hazardlens.training.rendering.studio.covers.weather import Lights, Weather, draw_weather
from hazardlens.training.rendering.studio.materials import plain
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import show
from hazardlens.training.rendering.studio.shots import Camera, Shot, Target
from hazardlens.training.rendering.studio.stage import Stage

PAIRS = 5


def build(stage: Stage) -> Sequence[Shot]:
    """Pairs of shots: the same place, camera and light, once with all covers flush, once with a hazard."""
    return _Scene(stage).shots()


class _Scene:
    """One place while it is built."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rng = np.random.default_rng(stage.rng.getrandbits(60))
        self.plan = grounds.draw_plan(self.rng)
        self.tiles = [grounds.draw_tile(surface, self.rng) for surface in self.plan.surfaces]
        self.placed = _placed(self.plan, self.rng)
        self.looks = self._ground_looks()
        self.sites = [self._site(make, place) for make, place in self.placed]
        self._lay_ground()
        free = [(place.x_m, place.y_m, make.reach_m + 0.9) for make, place in self.placed]
        self.around = Surroundings(Kit(stage), self.plan, free, self.rng)
        scatter.strew(self.sites, self.rng, self.around.height)
        surface = self.plan.surfaces[int(self.plan.main_beyond)]
        if surface in {"grass", "earth"} or self.rng.random() < 0.2:
            scatter.tufts(
                self.sites, self.rng, self.around.height, int(self.rng.integers(40, 700 if surface == "grass" else 200))
            )
        for site in self.sites:
            if self.rng.random() < 0.2:  # rubble lies round covers that are in order, too
                rubble(site, site.make.outer(0.03), int(self.rng.integers(4, 25)))
        self.lights = Lights(stage, self.rng)
        self.warning = self._warning()
        self.states = [[make_state(site, "flush", stage.assets)] for site in self.sites]

    def shots(self) -> list[Shot]:
        """Five pairs."""
        shots: list[Shot] = []
        distances = self.rng.permutation(["close", "close", "middle", "middle", "far"])
        for number, distance in enumerate(distances[:PAIRS]):
            main = 0 if self.rng.random() < 0.7 else int(self.rng.integers(len(self.sites)))
            camera = self._camera(main, str(distance))
            if camera is None:
                continue
            weather = draw_weather(self.rng)
            others = self._others(main)
            warned = bool(self.rng.random() < 0.2)
            for hazard in self.rng.permutation([True, False]):
                chosen = [*others]
                chosen[main] = self._hazard(main) if hazard else self.states[main][0]
                name = chosen[main].name if hazard else "flush"
                warn = warned if self.rng.random() < 0.8 else not warned
                shots.append(self._shot(name, f"{number}", camera, weather, chosen, warn=warn))
        return shots

    def _shot(self, name: str, pair: str, camera: Camera, weather: Weather, chosen: list[State], *, warn: bool) -> Shot:
        def arrange() -> None:
            for site, state, known in zip(self.sites, chosen, self.states, strict=True):
                enter(site, state, known)
            show(self.warning, visible=warn)
            self.lights.set(weather, camera)

        def targets() -> list[Target]:
            boxes = [target for state in chosen for target in state.targets()]
            return [*boxes, *(Target("bicycle_parked", [bike], min_side_px=12) for bike in self.around.bicycles)]

        tags = {"place": self.plan.name, "light": weather.kind}
        exposure = float(self.rng.normal(0.2, 0.3))
        return Shot(name, camera, arrange, targets, pair=pair, exposure_ev=exposure, flash=weather.flash, tags=tags)

    def _hazard(self, index: int) -> State:
        state = make_state(self.sites[index], str(self.rng.choice(hazards_of(self.sites[index]))), self.stage.assets)
        self.states[index].append(state)
        return state

    def _others(self, main: int) -> list[State]:
        """The same for both shots of a pair, so that nothing but the main cover differs."""
        return [
            self._hazard(index) if index != main and self.rng.random() < 0.15 else self.states[index][0]
            for index in range(len(self.sites))
        ]

    def _camera(self, main: int, distance: str) -> Camera | None:
        make, place = self.placed[main]
        if distance == "far" and make.reach_m < 0.2:
            distance = "middle"
        wall = self.plan.wall_m
        walls: list[Obstacle] = [(float(x), wall + 0.6, 1.2) for x in np.arange(-14, 14, 0.8)]
        return draw_camera(
            self.rng, (place.x_m, place.y_m, place.z_m), make.reach_m, distance, [*self.around.obstacles, *walls]
        )

    def _site(self, make: Make, place: Place) -> Site:
        zone = int(place.y_m > self.plan.edge_m)
        tile: Tile = self.tiles[zone]
        earth = tile.joint
        given = {
            "ground": self.looks[zone], "earth": self._earth(zone), "joint": earth, "wet": self.plan.wet > 0.15,
            "tray": self._tray(zone), "collars": self._collars(), "allows": self._allows(zone),
        }  # fmt: skip
        return build_site(make, place, given, self.stage.assets, self.rng)

    def _allows(self, zone: int) -> Any:
        def allows(x_m: float, y_m: float, radius_m: float) -> bool:
            inside = (y_m > self.plan.edge_m + radius_m + 0.2) if zone else (y_m < self.plan.edge_m - radius_m)
            inside = inside and y_m + radius_m < self.plan.wall_m - 0.3
            return inside and all(
                math.hypot(x_m - p.x_m, y_m - p.y_m) > radius_m + m.reach_m * 1.1 for m, p in self.placed
            )

        return allows

    def _tray(self, zone: int) -> Any:
        tile = self.tiles[zone]
        look = Look("tray", roughness=0.8)
        node = look.image(
            picture("tray", tile.colour, tile.height), tile_m=tile.side_m, shift_m=tuple(self.rng.uniform(0, 1, 2))
        )
        look.lay(node.outputs["Color"])
        look.relief(node.outputs["Alpha"], tile.depth_m)
        return look.done()

    def _earth(self, zone: int) -> Any:
        """What is below the surface: gravel, sand, the base of the road."""
        surface = "earth" if self.plan.surfaces[zone] in {"grass", "earth"} or self.rng.random() < 0.3 else "gravel"
        return self._tiled(surface, float(self.rng.uniform(0.5, 1.0)))

    def _collars(self) -> dict[str, Any]:
        names = {"concrete": "concrete", "asphalt": "asphalt", "setts": "setts"}
        wanted = {make.collar for make, _ in self.placed}
        return {
            name: self._tiled(surface, 0.85 if self.plan.wet < 0.15 else 0.4)
            for name, surface in names.items()
            if name in wanted
        }

    def _tiled(self, surface: str, tone: float) -> Any:
        tile = grounds.draw_tile(surface, self.rng)
        look = Look(surface, roughness=0.85 if self.plan.wet < 0.15 else 0.4)
        node = look.image(
            picture(surface, np.asarray(tile.colour * tone**0.45, np.float32), tile.height), tile_m=tile.side_m
        )
        look.lay(node.outputs["Color"])
        look.relief(node.outputs["Alpha"], tile.depth_m)
        return look.done()

    def _ground_looks(self) -> list[Any]:
        rng, plan = self.rng, self.plan
        spots = [(place.x_m, place.y_m, make.reach_m) for make, place in self.placed]
        papers = [grounds.paint_near(plan, spots, rng), grounds.paint_far(plan, spots, rng)]
        return [
            grounds.ground_look(tile, paper, self.stage.assets, rng, surface)
            for tile, paper, surface in zip(self.tiles, papers, plan.surfaces, strict=True)
        ]

    def _lay_ground(self) -> None:
        plan, far = self.plan, grounds.FAR_M
        spans = ((-far, plan.edge_m), (plan.edge_m + (0.14 if plan.kerb_m else 0.0), far))
        for zone, (span, look) in enumerate(zip(spans, self.looks, strict=True)):
            holes = [to_world(apron_loop(m), p) for m, p in self.placed if int(p.y_m > plan.edge_m) == zone]
            grounds.lay_ground(grounds.rectangle((-far, far), span), holes, plan.kerb_m if zone else 0.0, look)
        rim = grounds.rectangle((-far, far), (-far, far))
        loft("underground", [(rim, -0.06), (rim, -6.0)], plain((0.01, 0.01, 0.01), roughness=1.0), closed=True)

    def _warning(self) -> Any:
        make, place = self.placed[0]
        turn = float(self.rng.uniform(0, 2 * math.pi))
        reach = make.reach_m + float(self.rng.uniform(0.4, 0.9))
        x, y = place.x_m + reach * math.cos(turn), place.y_m + reach * math.sin(turn)
        return warning(self.stage.assets, self.rng, (x, y, self.around.height(y)))


def _placed(plan: grounds.Plan, rng: np.random.Generator) -> list[tuple[Make, Place]]:
    """Covers and where they lie: the first near the middle, gratings along the kerb, none across the edge."""
    placed: list[tuple[Make, Place]] = []
    wanted = int(rng.choice([1, 2, 3, 4, 5], p=[0.2, 0.3, 0.25, 0.15, 0.1]))
    for _ in range(wanted * 12):
        if len(placed) == wanted:
            break
        make = draw_make(rng)
        room = make.reach_m * (1.0 if make.is_round else 1.42) + make.apron_m + 0.02
        beyond = plan.main_beyond if not placed or rng.random() < 0.6 else not plan.main_beyond
        spread = 0.5 if not placed else 4.5
        x, y = float(rng.uniform(-spread, spread)), float(rng.uniform(-spread, spread))
        low, high = (plan.edge_m + 0.2 + room, plan.wall_m - room - 0.2) if beyond else (-6.0, plan.edge_m - room)
        if low > high:
            continue
        if make.pattern == "grating" and not beyond and plan.kerb_m > 0 and rng.random() < 0.75:
            y = high + 0.0
        y = float(np.clip(y, low, high))
        if all(math.hypot(x - p.x_m, y - p.y_m) > room + m.reach_m * 1.45 + 0.36 for m, p in placed):
            placed.append((make, Place(x, y, plan.kerb_m if beyond else 0.0, _turn(make, rng))))
    return placed


def _turn(make: Make, rng: np.random.Generator) -> float:
    """Four-sided covers mostly lie along the street."""
    if make.is_round or rng.random() < 0.25:
        return float(rng.uniform(0, 2 * math.pi))
    return float(rng.integers(4)) * math.pi / 2 + float(rng.normal(0, 0.02))
