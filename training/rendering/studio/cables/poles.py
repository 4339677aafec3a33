"""Poles that carry lines: of wood, concrete or steel, with crossarms, insulators, boxes and rolls."""

import math
import random
from dataclasses import dataclass, field
from typing import Any

from hazardlens.training.rendering.studio.cables.curves import Point
from hazardlens.training.rendering.studio.cables.frames import Frame
from hazardlens.training.rendering.studio.materials import Surface, make_material, plain
from hazardlens.training.rendering.studio.shapes import block, drum, group
from hazardlens.training.rendering.studio.stage import Stage


@dataclass(frozen=True, slots=True)
class PoleKind:
    """What the poles of a street look like; they are all of a kind."""

    height_m: float
    radius_m: float
    material: Any
    arms: int
    arm_m: float
    telecom_m: float
    metal: Any
    glazed: Any


@dataclass(slots=True)
class Pole:
    """A pole that stands.

    Attributes:
        frame: `out` points across the street.
        arms: per crossarm its insulators' tops, from left to right.
        hooks: where telecom lines are fixed, the highest first.
        box: where the box on it is.
        parts: its bodies.
    """

    frame: Frame
    arms: list[list[Point]] = field(default_factory=list)
    hooks: list[Point] = field(default_factory=list)
    box: Point = (0.0, 0.0, 2.0)
    parts: list[Any] = field(default_factory=list)


def draw_kind(stage: Stage) -> PoleKind:
    """Poles of one street."""
    rng = stage.rng
    what = rng.choices(("concrete", "wood", "steel"), (6, 2, 2))[0]
    shade = rng.uniform(0.7, 1.2)
    if what == "steel":
        material = plain((0.35 * shade, 0.36 * shade, 0.36 * shade), roughness=0.45, metallic=0.5)
    else:
        material = make_material(
            Surface(
                what, tile_m=1.5, colour=(shade, shade * 0.97, shade * 0.92), roughness=0.9, dirt=rng.uniform(0, 0.5)
            ),
            stage.assets,
            rng,
        )
    height = rng.uniform(6.0, 10.0)
    return PoleKind(
        height_m=height, radius_m=rng.uniform(0.09, 0.17), material=material,
        arms=rng.choice((0, 1, 1, 2)), arm_m=rng.uniform(1.0, 2.0),
        telecom_m=height * rng.uniform(0.6, 0.78), metal=plain((0.14, 0.13, 0.12), roughness=0.6, metallic=0.5),
        glazed=plain(rng.choice(((0.5, 0.5, 0.48), (0.2, 0.07, 0.03), (0.35, 0.1, 0.08))), roughness=0.25),
    )  # fmt: skip


def build_pole(stage: Stage, kind: PoleKind, frame: Frame) -> Pole:
    """Put a pole up."""
    rng = stage.rng
    pole = Pole(frame)
    h = kind.height_m
    pole.parts.append(
        drum("pole", (0, 0, h / 2), kind.radius_m, h, kind.material, sides=16, top_radius_m=0.7 * kind.radius_m)
    )
    for number in range(kind.arms):
        _arm(pole, kind, h - 0.25 - 0.7 * number)
    for number in range(3):
        z = kind.telecom_m - 0.3 * number
        pole.hooks.append(frame.at(0, kind.radius_m + 0.08, z))
        pole.parts.append(drum("clamp", (0, 0, z), kind.radius_m + 0.012, 0.06, kind.metal, sides=16))
        pole.parts.append(block("hook", (0, -kind.radius_m - 0.04, z), (0.04, 0.1, 0.03), kind.metal))
    _box(stage, pole, kind)
    if rng.random() < 0.4:
        _bands(pole, kind, rng)
    group("pole", pole.parts, (frame.x_m, frame.y_m, frame.z_m), (0, 0, frame.turn_rad))
    return pole


def _arm(pole: Pole, kind: PoleKind, z: float) -> None:
    """A crossarm square to the street, with three or four insulators."""
    pole.parts.append(block("arm", (0, 0, z), (0.09, kind.arm_m, 0.09), kind.metal))
    tops = []
    for share in (-0.47, -0.2, 0.2, 0.47):
        out = share * kind.arm_m
        pole.parts.append(drum("insulator", (0, -out, z + 0.1), 0.035, 0.12, kind.glazed, sides=12, top_radius_m=0.05))
        tops.append(pole.frame.at(0, out, z + 0.17))
    pole.arms.append(tops)


def _box(stage: Stage, pole: Pole, kind: PoleKind) -> None:
    rng = stage.rng
    z, size = rng.uniform(1.4, 3.5), rng.uniform(0.25, 0.5)
    out = kind.radius_m + 0.1
    pole.box = pole.frame.at(0, out + 0.1, z)
    if rng.random() < 0.7:
        paint = plain(
            rng.choice(((0.45, 0.46, 0.45), (0.1, 0.1, 0.1), (0.55, 0.53, 0.48), (0.15, 0.25, 0.2))), roughness=0.5
        )
        pole.parts.append(block("box", (0, -out, z), (size, 0.2, size * 1.3), paint, bevel_m=0.01))
        pole.parts.append(
            drum(
                "conduit",
                (0.05, -kind.radius_m - 0.03, (z + kind.telecom_m) / 2),
                0.022,
                kind.telecom_m - z,
                kind.metal,
                sides=8,
            )
        )


def _bands(pole: Pole, kind: PoleKind, rng: random.Random) -> None:
    """Black and yellow at the foot, so that cars see it; or a sleeve with notices."""
    colours = (plain((0.7, 0.5, 0.02)), plain((0.02, 0.02, 0.02)))
    width = rng.uniform(0.15, 0.3)
    for number in range(rng.randint(3, 6)):
        radius = kind.radius_m * 1.03
        pole.parts.append(
            drum("band", (0, 0, 0.2 + width * (number + 0.5)), radius, width, colours[number % 2], sides=16)
        )


def crossing_turn(rng: random.Random) -> float:
    """How far a pole stands turned from the street."""
    return math.radians(rng.gauss(0, 4))
