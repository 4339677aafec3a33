"""Openings of a house front: windows with and without cages, the air conditioners below them, doors."""

import math
import random
from dataclasses import dataclass, field
from typing import Any

import bpy

from hazardlens.training.rendering.studio.cables.frames import Frame
from hazardlens.training.rendering.studio.materials import Surface, glass, make_material, plain
from hazardlens.training.rendering.studio.shapes import block, drum, panel, tube
from hazardlens.training.rendering.studio.stage import Stage

Rect = tuple[float, float, float, float]
"""Along and up of the middle, width, height; metres."""


@dataclass(slots=True)
class Facade:
    """A wall and what is on it.

    Attributes:
        frame: where it stands.
        width_m, height_m: its size.
        storey_m: height of a storey.
        windows, boxes, aircons: what cables come from and go to.
        doors: get an `exit_door` box.
        parts: all its bodies.
    """

    frame: Frame
    width_m: float
    height_m: float
    storey_m: float = 3.0
    windows: list[Rect] = field(default_factory=list)
    boxes: list[Rect] = field(default_factory=list)
    aircons: list[Rect] = field(default_factory=list)
    doors: list[Any] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)


def add_openings(stage: Stage, facade: Facade, busy: float) -> None:
    """Rows of windows, air conditioners and doors."""
    rng = stage.rng
    pitch = rng.uniform(2.4, 3.8)
    size = (rng.uniform(0.9, 1.7), rng.uniform(1.0, 1.6))
    frame = plain(
        rng.choice(((0.7, 0.7, 0.68), (0.45, 0.46, 0.47), (0.1, 0.25, 0.15), (0.2, 0.1, 0.05), (0.06, 0.06, 0.06))),
        roughness=0.4,
    )
    cage = plain(
        rng.choice(((0.5, 0.5, 0.5), (0.6, 0.6, 0.6), (0.2, 0.09, 0.04), (0.05, 0.05, 0.05))),
        roughness=0.4,
        metallic=0.5,
    )
    caged = rng.choice((0.0, 0.3, 0.9)) * busy
    columns = max(1, int((facade.width_m - 1) / pitch))
    cool = rng.choice((0.1, 0.35, 0.7)) * busy
    for column in range(columns):
        x = (column - (columns - 1) / 2) * pitch + rng.uniform(-0.1, 0.1)
        if rng.random() < 0.18:
            _door(stage, facade, x)
        for storey in range(max(1, int(facade.height_m / facade.storey_m))):
            z = storey * facade.storey_m + rng.uniform(1.45, 1.6)
            if z + size[1] / 2 > facade.height_m - 0.2 or (
                storey == 0 and (_has_door(facade, x) or rng.random() < 0.25)
            ):
                continue
            _window(stage, facade, (x, z, *size), frame, cage if rng.random() < caged else None)
            if rng.random() < cool:
                _aircon(
                    stage,
                    facade,
                    x + rng.choice((-1, 1)) * rng.uniform(0, pitch / 2),
                    z - size[1] / 2 - rng.uniform(0.4, 0.55),
                )


def _has_door(facade: Facade, x: float) -> bool:
    return any(abs(door.location.x - x) < 1.4 for door in facade.doors)


def _window(stage: Stage, facade: Facade, rect: Rect, frame: Any, cage: Any | None) -> None:
    rng = stage.rng
    x, z, w, h = rect
    facade.windows.append(rect)
    pane = glass(rng) if rng.random() < 0.75 else plain(grey(rng, 0.15, 0.6), roughness=0.6)
    parts = [panel("pane", (x, -0.012, z), (w, h), pane)]
    rims = [
        (0, h / 2, w + 0.1, 0.06),
        (0, -h / 2, w + 0.1, 0.06),
        (-w / 2, 0, 0.06, h),
        (w / 2, 0, 0.06, h),
        (0, 0, 0.05, h),
    ]
    if rng.random() < 0.5:
        rims.append((0, h * 0.22, w, 0.045))
    parts += [
        block("rim", (x + dx, -0.02, z + dz), (sx, 0.05 + 0.004 * i, sz), frame)
        for i, (dx, dz, sx, sz) in enumerate(rims)
    ]
    if rng.random() < 0.6:
        parts.append(
            block(
                "sill", (x, -0.06, z - h / 2 - 0.05), (w + 0.25, 0.2, 0.06), plain(grey(rng, 0.3, 0.6), roughness=0.8)
            )
        )
    if cage is not None:
        parts.append(_cage(x, z, w + 0.25, h + 0.25, rng.choice((0.06, 0.35, 0.5)), cage))
    facade.parts += parts


def _cage(x: float, z: float, w: float, h: float, deep: float, material: Any) -> Any:
    """Bars before a window as one body."""
    curve = bpy.data.curves.new("cage", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", 0.009, 0
    left, right, low, high = x - w / 2, x + w / 2, z - h / 2, z + h / 2
    lines = [
        [
            (left + i * 0.12, -0.01, low),
            (left + i * 0.12, -deep, low),
            (left + i * 0.12, -deep, high),
            (left + i * 0.12, -0.01, high),
        ]
        for i in range(int(w / 0.12) + 1)
    ]
    lines += [
        [(left, -0.01, level), (left, -deep - 0.01, level), (right, -deep - 0.01, level), (right, -0.01, level)]
        for level in (low, z, high)
    ]
    for line in lines:
        spline = curve.splines.new("POLY")
        spline.points.add(len(line) - 1)
        for knot, point in zip(spline.points, line, strict=True):
            knot.co = (*point, 1)
    curve.materials.append(material)
    thing = bpy.data.objects.new("cage", curve)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def _aircon(stage: Stage, facade: Facade, x: float, z: float) -> None:
    rng = stage.rng
    if z < 0.4 or abs(x) > facade.width_m / 2 - 0.5:
        return
    w, h = rng.uniform(0.72, 0.9), rng.uniform(0.5, 0.62)
    facade.aircons.append((x, z, w, h))
    shade = rng.uniform(0.45, 0.7)
    casing = make_material(
        Surface(colour=(shade, shade * 0.98, shade * 0.92), roughness=0.5, dirt=rng.uniform(0, 0.7), dirt_size=4),
        stage.assets,
        rng,
    )
    dark = plain((0.03, 0.03, 0.03), roughness=0.7)
    parts = [block("aircon", (x, -0.24, z), (w, 0.3, h), casing, bevel_m=0.012)]
    parts.append(drum("fan", (x - 0.12, -0.395, z), 0.2, 0.012, dark, sides=24, turn_rad=(math.pi / 2, 0, 0)))
    parts += [
        block("bar", (x - 0.12, -0.405, z + k * 0.07), (0.4 - 0.05 * abs(k), 0.008, 0.012), casing)
        for k in range(-2, 3)
    ]
    parts += [
        block("bracket", (x + side * w * 0.35, -0.2, z - h / 2 - 0.03), (0.04, 0.4, 0.05), dark) for side in (-1, 1)
    ]
    side = rng.choice((-1, 1))
    hose = [
        (x + side * w / 2, -0.2, z - 0.1),
        (x + side * (w / 2 + 0.12), -0.15, z),
        (x + side * (w / 2 + 0.1), -0.05, z + 0.35),
        (x + side * (w / 2 + 0.1), 0.02, z + 0.5),
    ]
    parts.append(tube("hose", hose, 0.025, plain((0.55, 0.54, 0.5), roughness=0.8), sides=2))
    facade.parts += parts


def _door(stage: Stage, facade: Facade, x: float) -> None:
    rng = stage.rng
    w, h = rng.uniform(0.9, 1.3), rng.uniform(2.0, 2.25)
    leaf = make_material(
        Surface(
            rng.choice(("wood", "metal")),
            colour=rng.choice(((0.6, 0.3, 0.25), (0.3, 0.4, 0.5), (0.5, 0.5, 0.5), (0.35, 0.5, 0.35))),
            dirt=0.3,
        ),
        stage.assets,
        rng,
    )
    trim = plain(grey(rng, 0.2, 0.5), roughness=0.6)
    door = block("door", (x, -0.03, h / 2), (w, 0.06, h), leaf)
    rims = [block("jamb", (x + side * (w / 2 + 0.05), -0.04, h / 2), (0.1, 0.1, h), trim) for side in (-1, 1)]
    rims.append(block("lintel", (x, -0.05, h + 0.06), (w + 0.24, 0.13, 0.12), trim))
    facade.doors.append(door)
    facade.parts += [door, *rims]


def grey(rng: random.Random, low: float, high: float) -> tuple[float, float, float]:
    """A grey that is a little warm."""
    value = rng.uniform(low, high)
    return (value, value * 0.98, value * rng.uniform(0.88, 1.0))
