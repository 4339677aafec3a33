"""Cables as bodies: single ones, bundles, wraps, clips, bare ends, plugs."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import bpy

from hazardlens.training.rendering.studio.cables.curves import Point, between, distance, helix, plus, shifted
from hazardlens.training.rendering.studio.materials import Colour, plain
from hazardlens.training.rendering.studio.shapes import block

COLOURS: Final[dict[str, Colour]] = {
    "black": (0.011, 0.011, 0.012), "dark": (0.035, 0.034, 0.033), "grey": (0.2, 0.2, 0.19), "pale": (0.42, 0.41, 0.38),
    "white": (0.68, 0.67, 0.63), "orange": (0.75, 0.2, 0.02), "yellow": (0.7, 0.48, 0.03), "blue": (0.03, 0.11, 0.42),
    "red": (0.5, 0.03, 0.02), "green": (0.03, 0.24, 0.08), "copper": (0.6, 0.25, 0.1),
}  # fmt: skip
"""Sheaths, linear."""

OUTDOORS: Final = (
    ("black",) * 9
    + ("dark",) * 4
    + ("grey",) * 4
    + ("pale", "white", "white", "yellow", "orange", "blue", "red", "green")
)
INDOORS: Final = (
    ("white",) * 5
    + ("grey",) * 4
    + ("black",) * 4
    + ("blue",) * 3
    + ("yellow", "yellow", "orange", "red", "green", "pale")
)
CORDS: Final = ("white",) * 4 + ("black",) * 4 + ("orange",) * 2 + ("yellow", "red", "blue", "grey")


@dataclass(frozen=True, slots=True)
class Strand:
    """One cable: its points in metres, half its thickness, the colour of its sheath."""

    line: Sequence[Point]
    radius_m: float
    colour: str


class Loom:
    """Makes cables of one scene; the sheaths of a scene share their age.

    Attributes:
        rng: of the scene.
        colours: what a cable of this place looks like, drawn from evenly.
    """

    def __init__(self, rng: random.Random, colours: Sequence[str] = OUTDOORS) -> None:
        self.rng = rng
        self.colours = tuple(rng.choices(colours, k=rng.randint(2, 5)))
        self._faded = rng.uniform(0.0, 0.12)
        self._roughness = rng.uniform(0.3, 0.7)
        self._sheaths: dict[str, Any] = {}

    def colour(self) -> str:
        """A colour of this place."""
        return self.rng.choice(self.colours)

    def sheath(self, colour: str) -> Any:
        """The material of a colour."""
        if colour not in self._sheaths:
            faded = [value + self._faded * (0.3 - value) for value in COLOURS[colour]]
            metallic = 0.8 if colour == "copper" else 0.0
            self._sheaths[colour] = plain((faded[0], faded[1], faded[2]), roughness=self._roughness, metallic=metallic)
        return self._sheaths[colour]

    def weave(self, name: str, strands: Sequence[Strand]) -> Any:
        """One object of several cables."""
        curve = bpy.data.curves.new(name, "CURVE")
        thickest = max(strand.radius_m for strand in strands)
        curve.dimensions, curve.bevel_depth, curve.bevel_resolution, curve.use_fill_caps = "3D", thickest, 1, True
        slots: dict[str, int] = {}
        for strand in strands:
            spline = curve.splines.new("POLY")
            spline.points.add(len(strand.line) - 1)
            spline.points.foreach_set("co", [value for point in strand.line for value in (*point, 1.0)])
            spline.points.foreach_set("radius", [strand.radius_m / thickest] * len(strand.line))
            spline.use_smooth = True
            if strand.colour not in slots:
                slots[strand.colour] = len(slots)
                curve.materials.append(self.sheath(strand.colour))
            spline.material_index = slots[strand.colour]
        thing = bpy.data.objects.new(name, curve)
        bpy.context.scene.collection.objects.link(thing)
        return thing

    def strands(self, line: Sequence[Point], count: int, radius_m: float, *, loose: float = 1.0) -> list[Strand]:
        """A bundle along a line: one cable lies in the middle, the others beside it.

        Args:
            line: points in metres.
            count: number of cables.
            radius_m: of the thickest one.
            loose: 1 keeps them together as ties do, more lets them stray.
        """
        offset = radius_m * loose * (0.6 + 0.45 * count**0.5)
        beside = [
            Strand(shifted(line, offset, self.rng), radius_m * self.rng.uniform(0.45, 1.0), self.colour())
            for _ in range(count - 1)
        ]
        return [Strand(line, radius_m, self.colour()), *beside]

    def wrapped(self, line: Sequence[Point], count: int, radius_m: float) -> list[Strand]:
        """A bundle, held together by what a crew had at hand: nothing, a spiral, or ties."""
        made = self.strands(line, count, radius_m)
        girth = radius_m * (1.3 + 0.8 * count**0.5)
        way = self.rng.random()
        if count > 1 and way < 0.25:
            made.append(
                Strand(
                    helix(line, girth, self.rng.uniform(0.12, 0.4)),
                    max(0.2 * radius_m, 0.002),
                    self.rng.choice(("black", "white", "grey")),
                )
            )
        elif count > 1 and way < 0.7:
            made += self._ties(line, girth)
        return made

    def bare(self, line: Sequence[Point], radius_m: float) -> list[Strand]:
        """What sticks out where a cable is cut: conductors or a taped stump."""
        end, before = line[-1], line[-2]
        step = distance(end, before) or 1.0
        ahead = ((end[0] - before[0]) / step, (end[1] - before[1]) / step, (end[2] - before[2]) / step)
        if self.rng.random() < 0.4:
            return [
                Strand(
                    [plus(end, ahead, -0.05), plus(end, ahead, 0.04)],
                    radius_m * 1.4,
                    self.rng.choice(("black", "yellow", "red")),
                )
            ]
        made = []
        for colour in self.rng.sample(("copper", "copper", "red", "blue", "yellow", "green"), 3):
            spread = (self.rng.uniform(-0.4, 0.4), self.rng.uniform(-0.4, 0.4), self.rng.uniform(-0.3, 0.3))
            tip = plus(plus(end, ahead, self.rng.uniform(0.05, 0.13)), spread, 0.08)
            made.append(Strand([plus(end, ahead, -0.01), tip], radius_m * 0.4, colour))
        return made

    def socket(self, position_m: Point) -> Any:
        """A multiple socket at the end of an extension cord."""
        size = (self.rng.uniform(0.18, 0.34), 0.06, 0.04)
        turn = (self.rng.uniform(-0.2, 0.2), self.rng.uniform(-1.2, 1.2), self.rng.uniform(-0.6, 0.6))
        return block(
            "socket",
            position_m,
            size,
            self.sheath(self.rng.choice(("white", "white", "black", "grey"))),
            turn_rad=turn,
            bevel_m=0.006,
        )

    def _ties(self, line: Sequence[Point], girth_m: float) -> list[Strand]:
        colour = self.rng.choice(("white", "black", "black", "grey"))
        made = []
        for index in range(2, len(line) - 2, max(2, len(line) // self.rng.randint(3, 9))):
            a, b = line[index], line[index + 1]
            reach = min(1.0, 0.02 / max(distance(a, b), 1e-6))
            made.append(Strand([a, between(a, b, reach)], girth_m, colour))
        return made
