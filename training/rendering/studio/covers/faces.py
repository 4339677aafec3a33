"""The look of covers: what they are cast of, worn where feet and wheels touch them, dirty where they are deep."""

from typing import Any

import numpy as np

from hazardlens.training.rendering.studio.covers.fields import Floats, blurred, clouds, grain, mixed, step
from hazardlens.training.rendering.studio.covers.makes import Make
from hazardlens.training.rendering.studio.covers.pictures import Look, picture
from hazardlens.training.rendering.studio.covers.reliefs import SIZE_PX, axes, draw_relief

Colour = tuple[float, float, float]
_COMPOSITES = ((0.22, 0.36, 0.26), (0.3, 0.31, 0.31), (0.13, 0.13, 0.14), (0.2, 0.3, 0.34), (0.36, 0.4, 0.33))


def face_look(make: Make, rng: np.random.Generator, earth: Colour, *, wet: bool) -> Any:
    """The material of a cover's face; `earth` is what lies in its depressions."""
    relief, holes = draw_relief(make, rng)
    colour = _coloured(make, relief, rng, earth)
    colour = mixed(colour, (0.015, 0.014, 0.013), holes)
    metal = make.stuff in {"iron", "steel"}
    look = Look(
        "cover", roughness=float(rng.uniform(0.35, 0.75)), metallic=float(rng.uniform(0, 0.5)) if metal else 0.0
    )
    if wet:
        colour = np.asarray(colour * 0.68, np.float32)
        look.rough(float(rng.uniform(0.08, 0.3)))
    node = look.image(picture("cover", colour, relief))
    look.lay(node.outputs["Color"])
    look.relief(node.outputs["Alpha"], float(rng.uniform(0.003, 0.007)) * (0.6 if make.stuff == "concrete" else 1))
    return look.done()


def side_look(make: Make, rng: np.random.Generator) -> Any:
    """The material of a cover's sides, its underside and its breaks."""
    if make.stuff == "concrete":
        tone = float(rng.uniform(0.2, 0.4))
        return _plain("cover side", (tone, tone * 0.97, tone * 0.9), 0.95)
    if make.stuff == "composite":
        return _plain("cover side", (0.06, 0.065, 0.06), 0.7)
    rust = float(rng.random())
    return _plain("cover side", (0.05 + 0.08 * rust, 0.045 + 0.03 * rust, 0.04 + 0.005 * rust), 0.75)


def frame_look(make: Make, rng: np.random.Generator, *, wet: bool) -> Any:
    """The material of the rim in which a cover lies."""
    size = 128
    cloud = clouds(rng, size, roughness=1.2)
    if make.stuff == "concrete" and make.frame_m > 0.02:
        base, rough = np.array([0.55, 0.53, 0.49], np.float32) * rng.uniform(0.7, 1.1), 0.9
    else:
        base, rough = np.array([0.27, 0.25, 0.235], np.float32) * rng.uniform(0.7, 1.4), 0.6
    colour = base * (1 + 0.12 * cloud + 0.05 * grain(rng, size, 0.7))[..., None]
    if rough < 0.8:
        colour = mixed(
            np.asarray(colour, np.float32), (0.38, 0.23, 0.14), step(cloud, 0.3, 1.6) * np.float32(rng.random())
        )
    look = Look("frame", roughness=0.2 if wet else rough)
    look.lay(
        look.image(picture("frame", np.asarray(colour * (0.7 if wet else 1), np.float32)), tile_m=0.4).outputs["Color"]
    )
    return look.done()


def _plain(name: str, colour: Colour, roughness: float) -> Any:
    look = Look(name, roughness=roughness)
    look.lay(colour)
    return look.done()


def _coloured(make: Make, relief: Floats, rng: np.random.Generator, earth: Colour) -> Floats:
    cloud, fine = clouds(rng, SIZE_PX, roughness=1.1), grain(rng, SIZE_PX, 0.8)
    if make.stuff == "concrete":
        colour = _concrete(rng, cloud, fine)
    elif make.stuff == "composite":
        base = np.array(_COMPOSITES[rng.integers(len(_COMPOSITES))], np.float32) * rng.uniform(0.8, 1.25)
        colour = base * (1 + 0.07 * cloud + 0.03 * fine + 0.15 * (relief - 0.5))[..., None]
    else:
        colour = _iron(rng, relief, cloud, fine)
    if make.stuff == "painted":
        colour = _painted(make, colour, relief, cloud, rng)
    hollow = np.clip(blurred(relief, 5.0) - relief, 0, 1)
    colour = colour * (1 - 0.55 * hollow)[..., None]
    deep = (1 - relief) * step(cloud, float(rng.uniform(-1.5, 1.5)) - 0.7, float(rng.uniform(1.5, 2.5)))
    colour = mixed(np.asarray(colour, np.float32), earth, deep * np.float32(rng.uniform(0.0, 0.95)))
    if rng.random() < 0.3:
        colour = mixed(
            colour, earth, step(clouds(rng, SIZE_PX, roughness=1.5), 0.1, 1.2) * np.float32(rng.uniform(0.4, 0.95))
        )
    if rng.random() < 0.1:
        colour = _crossed(make, colour, relief, cloud, rng)
    return colour


def _iron(rng: np.random.Generator, relief: Floats, cloud: Floats, fine: Floats) -> Floats:
    low, wear = float(rng.uniform(0.13, 0.36)), float(rng.uniform(0.0, 0.2))
    warm = float(rng.uniform(0, 0.03))
    bright = low + wear * relief + 0.025 * cloud + 0.02 * fine
    colour = np.stack([bright + warm, bright, bright - warm], axis=2).astype(np.float32)
    rust = np.array([0.42, 0.25, 0.14], np.float32) * rng.uniform(0.7, 1.15)
    share = step(cloud, float(rng.uniform(-2.2, 1.8)), 2.4) * (1 - 0.6 * relief) * rng.uniform(0.2, 0.9)
    return mixed(colour, np.asarray(rust * (1 + 0.15 * fine)[..., None], np.float32), np.asarray(share, np.float32))


def _concrete(rng: np.random.Generator, cloud: Floats, fine: Floats) -> Floats:
    bright = rng.uniform(0.4, 0.68) + 0.045 * cloud + 0.025 * fine
    bright = np.where(grain(rng, SIZE_PX, 2.0) > 2.1, bright - 0.15, bright)
    colour = np.stack([bright * 1.02, bright, bright * 0.93], axis=2)
    return mixed(
        np.asarray(colour, np.float32),
        (0.22, 0.22, 0.17),
        step(clouds(rng, SIZE_PX, roughness=1.3), 0.6, 2.2) * np.float32(0.6),
    )


def _painted(make: Make, colour: Floats, relief: Floats, cloud: Floats, rng: np.random.Generator) -> Floats:
    """Art on covers, or a warning colour, partly worn off."""
    x, y = axes(make.half_m)
    field = np.floor(np.hypot(x, y) * rng.uniform(1, 4)) + np.floor(
        (np.arctan2(y, x) / (2 * np.pi) + 0.5) * int(rng.integers(1, 8))
    )
    paints = rng.uniform(0.1, 0.85, (int(rng.integers(1, 5)), 3)).astype(np.float32)
    coat = paints[field.astype(int) % len(paints)]
    worn = step(cloud - 0.6 * relief, float(rng.uniform(-2.5, 0.5)) - 0.5, float(rng.uniform(0.6, 1.2)))
    return mixed(colour, coat, np.asarray(1 - 0.8 * (1 - worn), np.float32))


def _crossed(make: Make, colour: Floats, relief: Floats, cloud: Floats, rng: np.random.Generator) -> Floats:
    """The road's marking runs across the cover."""
    x, y = axes(make.half_m)
    turn = float(rng.uniform(0, np.pi))
    away = x * np.cos(turn) + y * np.sin(turn) - float(rng.uniform(-0.6, 0.6))
    share = (np.abs(away) < 0.08 / make.half_m[0]) * (0.35 + 0.6 * relief) * step(cloud, -1.6, 0.4)
    paint = (0.8, 0.8, 0.77) if rng.random() < 0.6 else (0.78, 0.6, 0.15)
    return mixed(colour, paint, np.asarray(share, np.float32))
