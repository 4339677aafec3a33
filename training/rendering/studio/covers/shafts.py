"""What is below a cover: the frame with its ledge, the shaft, rungs, pipes, water and rubbish at the bottom."""

import math
from typing import Any

import numpy as np

from hazardlens.training.rendering.studio.assets import Assets
from hazardlens.training.rendering.studio.covers.bodies import flat_ground, loft
from hazardlens.training.rendering.studio.covers.fields import blurred, clouds, grain, mixed
from hazardlens.training.rendering.studio.covers.makes import Make
from hazardlens.training.rendering.studio.covers.outlines import Loop
from hazardlens.training.rendering.studio.covers.pictures import Look, picture
from hazardlens.training.rendering.studio.materials import plain
from hazardlens.training.rendering.studio.shapes import block, tube


def build_frame(make: Make, look: Any) -> Any:
    """The rim, flush with the ground at z = 0, the seat and the ledge that carries the cover."""
    seat = -make.thick_m - 0.002
    inner, ledge = make.outline(make.gap_m), make.outline(-ledge_m(make))
    loops = [
        (make.outer(0.01), -0.3),
        (make.outer(-0.002), -0.002),
        (make.outer(-0.004), 0.0),
        (inner, 0.0),
        (inner, seat),
        (ledge, seat),
        (ledge, seat - 0.04),
    ]
    return loft("frame", loops, look, tile_m=0.4)


def ledge_m(make: Make) -> float:
    """How far the ledge reaches inwards."""
    return min(0.035, 0.2 * min(make.half_m))


def build_shaft(make: Make, assets: Assets, rng: np.random.Generator) -> list[Any]:
    """The walls down to the bottom and what hangs and lies there."""
    del assets
    top = -make.thick_m - 0.04
    wider = 0.02 if make.walls == "plastic" else float(rng.uniform(0.0, 0.15))
    mouth, body = make.outline(-ledge_m(make) + 0.003), make.outline(wider)
    neck = min(0.35, make.depth_m * 0.3)
    loops: list[tuple[Loop, float]] = [(mouth, top), (mouth, top - 0.06), (body, top - neck), (body, -make.depth_m)]
    parts = [loft("shaft", loops, _wall_look(make, rng), tile_m=1.0)]
    parts.append(flat_ground("bottom", make.outline(wider + 0.05), [], -make.depth_m + 0.01, _bottom_look(rng)))
    reach = make.half_m[0] + wider
    if make.half_m[0] > 0.25 and make.walls != "plastic" and rng.random() < 0.5:
        parts += _rungs(make, reach, rng)
    if rng.random() < 0.35:
        parts += _pipes(make, rng)
    if rng.random() < 0.5:
        parts += _rubbish(make, rng)
    return parts


def _wall_look(make: Make, rng: np.random.Generator) -> Any:
    size = 384
    cloud, fine = clouds(rng, size, roughness=1.2), grain(rng, size, 1.0)
    colour: Any
    height: Any
    if make.walls == "plastic":
        tone = np.array(((0.5, 0.3, 0.16), (0.2, 0.2, 0.2), (0.25, 0.35, 0.45))[rng.integers(3)], np.float32)
        colour = tone * (1 + 0.05 * cloud)[..., None]
        height = (np.sin(np.arange(size, dtype=np.float32) / size * 2 * np.pi * 12) * 0.5 + 0.5)[
            :, None
        ] + np.zeros_like(cloud)
    elif make.walls == "brick":
        colour, height = _brick_wall(size, rng, fine)
    else:
        bright = rng.uniform(0.36, 0.56) + 0.05 * cloud + 0.02 * fine
        colour, height = np.stack([bright * 1.03, bright, bright * 0.92], axis=2), 0.5 + 0.2 * fine
    mould = np.clip(0.3 + 0.5 * cloud, 0, 0.8) * rng.uniform(0.2, 1)
    colour = mixed(np.asarray(colour, np.float32), (0.16, 0.15, 0.12), np.asarray(mould, np.float32))
    look = Look("shaft", roughness=float(rng.uniform(0.45, 0.95)))
    node = look.image(picture("shaft", colour, np.asarray(height, np.float32)))
    look.lay(node.outputs["Color"])
    look.relief(node.outputs["Alpha"], 0.012)
    return look.done()


def _brick_wall(size: int, rng: np.random.Generator, fine: Any) -> tuple[Any, Any]:
    line = (np.arange(size, dtype=np.float32) + 0.5) / size
    row = np.floor(line * 16)[:, None]
    column = np.floor((line[None] + 0.125 * (row % 2)) % 1 * 4).astype(int)
    joint = (np.abs((line * 16 % 1) - 0.5)[:, None] > 0.42) | (
        np.abs(((line[None] + 0.125 * (row % 2)) * 4 % 1) - 0.5) > 0.475
    )
    shades = rng.normal(1, 0.12, (16, 4)).astype(np.float32)
    red = np.array([0.47, 0.26, 0.19] if rng.random() < 0.7 else [0.42, 0.4, 0.37], np.float32)
    bright = shades[row.astype(int), column] + 0.06 * fine
    colour = np.where(joint[..., None], np.float32(rng.uniform(0.3, 0.5)), red * bright[..., None])
    return colour, blurred(np.asarray(~joint, np.float32), 1.5)


def _bottom_look(rng: np.random.Generator) -> Any:
    if rng.random() < 0.5:
        return plain((0.012, 0.013, 0.01), roughness=0.03)
    tone = rng.uniform(0.02, 0.09)
    return plain((tone * 1.2, tone, tone * 0.75), roughness=float(rng.uniform(0.2, 0.9)))


def _rungs(make: Make, reach: float, rng: np.random.Generator) -> list[Any]:
    turn = float(rng.uniform(0, 2 * np.pi)) if make.is_round else 0.0
    look = plain((0.09, 0.055, 0.035), roughness=0.7) if rng.random() < 0.6 else plain((0.5, 0.28, 0.02), roughness=0.5)
    made = []
    for number in range(int(make.depth_m / 0.3) - 1):
        z = -0.35 - 0.3 * number
        points = [
            _turned(turn, (reach + 0.02, -0.13, z)),
            _turned(turn, (reach - 0.12, -0.13, z)),
            _turned(turn, (reach - 0.12, 0.13, z)),
            _turned(turn, (reach + 0.02, 0.13, z)),
        ]
        made.append(tube("rung", points, 0.009, look, sharp=True, sides=1))
    return made


def _pipes(make: Make, rng: np.random.Generator) -> list[Any]:
    made = []
    x, y = make.half_m
    for _ in range(int(rng.integers(1, 5))):
        z = -min(make.depth_m - 0.1, float(rng.uniform(0.3, 1.2)))
        side = float(rng.uniform(-0.7, 0.7)) * y
        tone = float(rng.choice([0.015, 0.02, 0.3]))
        points = [
            (-x - 0.1, side, z),
            (0, side + float(rng.uniform(-0.05, 0.05)), z - float(rng.uniform(0, 0.12))),
            (x + 0.1, side, z),
        ]
        made.append(
            tube("pipe", points, float(rng.uniform(0.01, 0.045)), plain((tone, tone, tone), roughness=0.5), sides=2)
        )
    return made


def _rubbish(make: Make, rng: np.random.Generator) -> list[Any]:
    made = []
    for _ in range(int(rng.integers(2, 9))):
        size = rng.uniform(0.03, 0.14, 3) * min(1.0, make.half_m[0] / 0.3)
        place = rng.uniform(-0.7, 0.7, 2) * make.half_m
        red, green, blue = rng.uniform(0.05, 0.6, 3).tolist()
        made.append(
            block(
                "rubbish",
                (float(place[0]), float(place[1]), -make.depth_m + 0.03),
                tuple(size.tolist()),
                plain((red, green, blue)),
                turn_rad=tuple(rng.uniform(-1, 1, 3).tolist()),
            )
        )
    return made


def _turned(turn_rad: float, point: tuple[float, float, float]) -> tuple[float, float, float]:
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)
    return (point[0] * cos - point[1] * sin, point[0] * sin + point[1] * cos, point[2])
