"""What stands round about: kerbs, walls and houses, hedges, trees, cars, bins, bollards, bicycles, pots."""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from hazardlens.training.rendering.studio.covers import things
from hazardlens.training.rendering.studio.covers.grounds import Plan
from hazardlens.training.rendering.studio.covers.markers import foliage
from hazardlens.training.rendering.studio.covers.pictures import Look, picture
from hazardlens.training.rendering.studio.covers.viewpoints import Obstacle
from hazardlens.training.rendering.studio.materials import Surface, make_material, plain
from hazardlens.training.rendering.studio.props.bicycles import bicycle, e_bike
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import block, drum


class Surroundings:
    """Things beside the covers.

    Attributes:
        obstacles: where they are, so that nobody stands in them or sees nothing but them.
        bicycles: which of them get a box.
    """

    def __init__(self, kit: Kit, plan: Plan, keep_free: list[Obstacle], rng: np.random.Generator) -> None:
        self.obstacles: list[Obstacle] = []
        self.bicycles: list[Any] = []
        self._kit, self._plan, self._free, self._rng = kit, plan, keep_free, rng
        if plan.kerb_m > 0:
            self._kerb()
        self._background()
        for _ in range(int(rng.integers(1, 8))):
            self._thing()

    def height(self, y_m: float) -> float:
        """Of the ground there."""
        return self._plan.kerb_m if y_m > self._plan.edge_m else 0.0

    def _kerb(self) -> None:
        plan, rng = self._plan, self._rng
        look = make_material(
            Surface("concrete", tile_m=1.3, colour=(0.75, 0.74, 0.72), dirt=0.4), self._kit.assets, self._kit.rng
        )
        painted = plain((0.7, 0.5, 0.05), roughness=0.6) if rng.random() < 0.12 else look
        length = float(rng.choice([0.5, 0.75, 1.0]))
        for number in range(int(-12 / length), int(12 / length)):
            middle = ((number + 0.5) * length, plan.edge_m + 0.07, plan.kerb_m / 2 - 0.02)
            stone = block(
                "kerb",
                middle,
                (length - 0.006, 0.15, plan.kerb_m + 0.05),
                painted if number % 2 else look,
                bevel_m=0.012,
            )
            stone.location.z += float(rng.normal(0, 0.002))

    def _background(self) -> None:
        plan, rng = self._plan, self._rng
        for y, facing in ((plan.wall_m, 0.0), (-float(rng.uniform(9, 16)), math.pi)):
            kind = str(rng.choice(["house", "wall", "hedge", "trees", "fence"], p=[0.3, 0.22, 0.2, 0.18, 0.1]))
            if plan.name == "works" and rng.random() < 0.6:
                kind = "fence"
            x = -20.0
            while x < 20:
                width = float(rng.uniform(5, 14))
                self._front(kind, (x + width / 2, y), width, facing)
                x += width + (0.05 if rng.random() < 0.7 else 1.5)
                if rng.random() < 0.3:
                    kind = str(rng.choice(["house", "wall", "hedge", "trees"]))

    def _front(self, kind: str, middle: tuple[float, float], width: float, facing: float) -> None:
        rng, kit = self._rng, self._kit
        z = self.height(middle[1])
        if kind == "trees":
            self._tree((middle[0], middle[1]), z)
            self._hedge(middle, width, z, 0.35)
        elif kind == "hedge":
            self._hedge(middle, width, z, float(rng.uniform(0.5, 1.8)))
        elif kind == "house":
            look = Look("house", roughness=0.8)
            height = float(rng.uniform(6, 14))
            look.lay(look.image(picture("house", things.facade(rng, width, height))).outputs["Color"])
            out = 1 if math.cos(facing) > 0 else -1
            block("house", (middle[0], middle[1] + 3 * out, z + height / 2), (width, 6, height), look.done())
        else:
            role = str(rng.choice(["brick", "plaster", "concrete"])) if kind == "wall" else "sheet"
            tone = (
                tuple(rng.uniform(0.5, 1.1, 3).tolist()) if kind == "wall" else tuple(rng.uniform(0.2, 1.0, 3).tolist())
            )
            look = make_material(Surface(role, tile_m=2.0, colour=tone, dirt=0.5, dirt_size=0.7), kit.assets, kit.rng)
            height = float(rng.uniform(1.2, 3.2))
            block("wall", (middle[0], middle[1], z + height / 2), (width, 0.2, height), look)

    def _hedge(self, middle: tuple[float, float], width: float, z: float, height: float) -> None:
        rng = self._rng
        green = np.array(((0.05, 0.1, 0.025), (0.07, 0.12, 0.03), (0.1, 0.1, 0.03))[rng.integers(3)]) * rng.uniform(
            0.6, 1.3
        )
        count = int(min(width * 90, 900))
        places = np.stack(
            [rng.uniform(-width / 2, width / 2, count), rng.normal(0, 0.25, count), z + rng.uniform(0, height, count)],
            axis=1,
        )
        foliage(
            [tuple(p) for p in (places + np.array((middle[0], middle[1], 0))).tolist()],
            0.1,
            plain(tuple(green.tolist()), roughness=0.7),
            rng,
        )
        block(
            "hedge",
            (middle[0], middle[1], z + height * 0.45),
            (width, 0.6, height * 0.9),
            plain(tuple((green * 0.5).tolist()), roughness=0.9),
        )

    def _tree(self, at: tuple[float, float], z: float) -> None:
        rng = self._rng
        bark = plain((0.09, 0.07, 0.055), roughness=0.95)
        drum("trunk", (at[0], at[1], z + 1.6), float(rng.uniform(0.08, 0.22)), 3.2, bark, sides=14, top_radius_m=0.08)
        places = rng.normal(0, 1, (500, 3)) * [1.3, 1.3, 0.8] + [at[0], at[1], z + 4.2]
        foliage([tuple(p) for p in places.tolist()], 0.2, plain((0.06, 0.12, 0.03), roughness=0.7), rng)

    def _thing(self) -> None:
        """One thing at a free place."""
        rng = self._rng
        name = str(rng.choice(list(_THINGS), p=_SHARES))
        radius, make = _THINGS[name]
        for _ in range(12):
            x, y = float(rng.uniform(-7, 7)), float(rng.uniform(-7, min(7, self._plan.wall_m - 0.4)))
            at_edge = abs(y - self._plan.edge_m) < 0.4
            if at_edge or not all(
                math.hypot(x - a, y - b) > radius + c + 0.3 for a, b, c in [*self._free, *self.obstacles]
            ):
                continue
            thing = make(self, rng)
            thing.location = (x, y, self.height(y))
            thing.rotation_euler[2] = (
                float(rng.choice([0.0, math.pi])) + float(rng.normal(0, 0.1))
                if name == "car"
                else float(rng.uniform(0, 6.3))
            )
            self.obstacles.append((x, y, radius))
            if name in {"bicycle", "e_bike"}:
                self.bicycles.append(thing)
            return

    def bike(self, *, electric: bool) -> Any:
        """A parked bicycle, which gets a box."""
        return e_bike(self._kit) if electric else bicycle(self._kit)

    def model(self, name: str, height_m: float | None = None) -> Any:
        """A model, or a plain bin where there is none."""
        assets = self._kit.assets
        return assets.place(name, height_m=height_m) if assets.has(name) else things.dustbin(self._rng)


_THINGS: Final[dict[str, tuple[float, Callable[[Surroundings, np.random.Generator], Any]]]] = {
    "car": (2.4, lambda _around, rng: things.car(rng)),
    "bin": (0.5, lambda _around, rng: things.dustbin(rng)),
    "wheelie": (0.5, lambda around, _rng: around.model("wheelie_bin", 1.05)),
    "bollard": (0.2, lambda _around, rng: things.bollard(rng)),
    "pot": (0.4, lambda _around, rng: things.pot(rng)),
    "tyre": (0.35, lambda _around, rng: things.tyre(rng)),
    "cabinet": (0.7, lambda _around, rng: things.cabinet(rng)),
    "bicycle": (0.9, lambda around, _rng: around.bike(electric=False)),
    "e_bike": (0.9, lambda around, _rng: around.bike(electric=True)),
    "hydrant": (0.3, lambda around, _rng: around.model("fire_hydrant", 0.8)),
    "lamp": (0.3, lambda around, _rng: around.model("lamp_post", 4.0)),
}
"""Name -> radius of the room it takes, and what makes it."""

_SHARES: Final = (0.26, 0.1, 0.06, 0.14, 0.1, 0.06, 0.07, 0.06, 0.07, 0.04, 0.04)
