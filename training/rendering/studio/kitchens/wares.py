"""What dishes look like, clean and soiled, and what is left on them."""

import math
import random
from dataclasses import dataclass
from typing import Any, Final

from hazardlens.training.rendering.studio.assets import Assets
from hazardlens.training.rendering.studio.kitchens.clay import Clay
from hazardlens.training.rendering.studio.kitchens.vessels import HANDLED, PROFILES, Vessels, inside_height
from hazardlens.training.rendering.studio.materials import Colour, Surface, make_material, plain
from hazardlens.training.rendering.studio.shapes import group

GLAZES: Final[tuple[Colour, ...]] = (
    (0.82, 0.81, 0.77), (0.82, 0.81, 0.77), (0.75, 0.72, 0.62), (0.86, 0.86, 0.86), (0.3, 0.42, 0.55), (0.25, 0.45,
    0.3),
    (0.75, 0.35, 0.1), (0.7, 0.2, 0.25), (0.1, 0.1, 0.11), (0.45, 0.62, 0.68), (0.8, 0.7, 0.3), (0.35, 0.2, 0.12),
)  # fmt: skip
RIMS: Final[tuple[Colour, ...]] = (
    (0.03, 0.08, 0.4),
    (0.5, 0.03, 0.03),
    (0.1, 0.3, 0.12),
    (0.5, 0.35, 0.08),
    (0.05, 0.05, 0.05),
)
FOODS: Final[tuple[Colour, ...]] = (
    (0.75, 0.7, 0.6), (0.35, 0.17, 0.05), (0.5, 0.35, 0.12), (0.45, 0.06, 0.03), (0.1, 0.2, 0.03), (0.14, 0.05, 0.02),
    (0.6, 0.45, 0.2), (0.55, 0.2, 0.04), (0.05, 0.1, 0.02), (0.7, 0.6, 0.35),
)  # fmt: skip
SAUCES: Final[tuple[Colour, ...]] = (
    (0.25, 0.03, 0.01),
    (0.12, 0.05, 0.015),
    (0.3, 0.16, 0.04),
    (0.4, 0.3, 0.12),
    (0.06, 0.02, 0.01),
    (0.35, 0.1, 0.01),
)

SMALL: Final = ("plate", "plate", "plate", "deep_plate", "bowl", "bowl", "bowl", "noodle_bowl", "cup", "sauce_dish")
LARGE: Final = ("wok", "pot", "frying_pan", "basin", "noodle_bowl", "steamer", "stock_pot")
SCANS: Final = ("saucepan", "frypan_scan", "pan", "mug", "tri_bowl", "mk_espresso_cup", "ramekin_scan")
"""Models in metres except `mk_espresso_cup`."""


@dataclass(frozen=True, slots=True)
class Skin:
    """The materials of a ware: body and rim, clean and soiled."""

    clean: tuple[Any, Any]
    soiled: tuple[Any, Any]


class Wares:
    """The dishes of one kitchen: a few sets that match, and what stands out among them."""

    def __init__(self, assets: Assets, rng: random.Random) -> None:
        self.assets, self.rng = assets, rng
        self.vessels = Vessels(rng)
        self._sets = [self._ceramic() for _ in range(rng.choice((1, 2, 2, 3, 4)))]
        self._metal = [self._steel() for _ in range(2)]
        self._iron = self._cast()
        self.foods = [plain(colour, roughness=rng.uniform(0.3, 0.8)) for colour in rng.sample(FOODS, 5)]
        self.sauces = [plain(colour, roughness=rng.uniform(0.08, 0.3)) for colour in rng.sample(SAUCES, 3)]
        self.steel = self._metal[0].clean[0]
        self._wood = plain((0.4, 0.24, 0.1), roughness=0.6)
        self._dark = plain((0.02, 0.02, 0.02), roughness=0.4)

    def dish(self, kind: str, *, soiled: bool) -> Any:
        """A dish at the origin, with remains on it when it is soiled."""
        rng = self.rng
        scale = rng.uniform(0.8, 1.2)
        skin = self._skin(kind)
        vessel = self.vessels.vessel(kind, skin.soiled if soiled else skin.clean, scale)
        radius, height = vessel["radius_m"], vessel["height_m"]
        parts = [vessel]
        if soiled and rng.random() < 0.75:
            parts.append(self.remains(kind, radius, height))
        carrier = group(kind, parts)
        carrier["radius_m"], carrier["height_m"] = radius, height
        return carrier

    def scan(self) -> Any | None:
        """A modelled pan, mug or bowl; None without assets."""
        names = [name for name in SCANS if self.assets.has(name)]
        if not names:
            return None
        name = self.rng.choice(names)
        height = self.rng.uniform(0.055, 0.08) if name == "mk_espresso_cup" else None
        thing = self.assets.place(name, height_m=height)
        size = thing["size_m"]
        thing["radius_m"], thing["height_m"] = min(size[0], size[1]) / 2, size[2]
        return thing

    def tool(self) -> Any:
        """Cutlery or a cook's tool, at the origin."""
        metal = self.rng.random() < 0.5
        first = self.steel if metal else self.rng.choice((self._wood, self._dark, self._sets[0].clean[0]))
        return self.vessels.tool(first, self.rng.choice((self._wood, self._dark)))

    def remains(self, kind: str, radius_m: float, height_m: float) -> Any:
        """Sauce and morsels that lie in a vessel."""
        rng, clay = self.rng, Clay()
        reach = 0.55 if PROFILES[kind][2] < 0.05 else 0.7
        floor = inside_height(kind, 0.0) * height_m
        depth = rng.uniform(0.0, 0.45) * height_m if height_m > 0.05 else 0.0
        clay.blot(
            (0, 0, floor + depth + 0.001),
            radius_m * reach * (0.75 + 0.5 * depth / height_m),
            rng,
            long=1.0 + 0.3 * (depth == 0),
            skin=3,
        )
        for _ in range(rng.choice((2, 6, 12, 25, 40))):
            angle, part = rng.uniform(0, 6.3), reach * rng.random() ** 0.6
            size = rng.uniform(0.002, 0.011) * (1.5 if radius_m > 0.11 else 1)
            z = max(inside_height(kind, part) * height_m, floor + depth) + size * 0.4
            shape = (size * rng.uniform(0.7, 1.8), size, size * rng.uniform(0.4, 0.9))
            clay.lump(
                (part * radius_m * math.cos(angle), part * radius_m * math.sin(angle), z),
                shape,
                rng,
                skin=rng.randrange(3),
            )
        return clay.thing("remains", (*rng.sample(self.foods, 3), rng.choice(self.sauces)))

    def _skin(self, kind: str) -> Skin:
        if kind in HANDLED:
            return self._iron if self.rng.random() < 0.7 else self._metal[0]
        if kind in {"pot", "stock_pot", "basin", "bucket"}:
            return self.rng.choice((*self._metal, *self._metal, self._sets[-1]))
        if kind == "steamer":
            return Skin((self._wood,) * 2, (self._wood,) * 2)
        return self.rng.choice(self._sets)

    def _ceramic(self) -> Skin:
        rng = self.rng
        glaze, shine = rng.choice(GLAZES), rng.uniform(0.08, 0.3)
        rim = rng.choice(RIMS) if rng.random() < 0.4 else glaze
        return self._pair(glaze, rim, roughness=shine, metallic=0.0)

    def _steel(self) -> Skin:
        grey = self.rng.uniform(0.45, 0.75)
        return self._pair((grey, grey, grey), (grey, grey, grey), roughness=self.rng.uniform(0.15, 0.4), metallic=1.0)

    def _cast(self) -> Skin:
        grey = self.rng.uniform(0.015, 0.06)
        return self._pair(
            (grey, grey, grey),
            self.rng.choice(((0.02,) * 3, (0.3, 0.18, 0.08))),
            roughness=self.rng.uniform(0.25, 0.6),
            metallic=0.3,
        )

    def _pair(self, colour: Colour, rim: Colour, *, roughness: float, metallic: float) -> Skin:
        rng = self.rng
        clean = plain(colour, roughness=roughness, metallic=metallic)
        edge = clean if rim == colour else plain(rim, roughness=roughness, metallic=metallic)
        brown = rng.choice(((0.22, 0.09, 0.02), (0.12, 0.06, 0.02), (0.3, 0.16, 0.04), (0.25, 0.04, 0.01)))
        soil = Surface(
            colour=colour, roughness=roughness + 0.15, metallic=metallic, relief=0, dirt=rng.uniform(0.6, 1),
            dirt_colour=brown, dirt_size=rng.uniform(8, 20), dirt_amount=rng.uniform(0.3, 0.7),
        )  # fmt: skip
        soiled = make_material(soil, self.assets, rng)
        return Skin((clean, edge), (soiled, edge if edge is not clean else soiled))
