"""Walls of old houses: windows with and without cages, air conditioners, pipes, meter boxes, awnings, signs, doors."""

import random
from typing import Any

from hazardlens.training.rendering.studio.cables.frames import Frame
from hazardlens.training.rendering.studio.cables.openings import Facade, add_openings, grey
from hazardlens.training.rendering.studio.cables.pictures import sign_picture
from hazardlens.training.rendering.studio.materials import Surface, make_material, plain
from hazardlens.training.rendering.studio.shapes import block, group, panel, tube
from hazardlens.training.rendering.studio.stage import Stage


def build_facade(stage: Stage, frame: Frame, width_m: float, height_m: float, *, busy: float = 1.0) -> Facade:
    """A wall of some storeys. `busy` scales how many things hang on it."""
    rng = stage.rng
    facade = Facade(frame, width_m, height_m, rng.uniform(2.7, 3.3))
    _wall(stage, facade)
    add_openings(stage, facade, busy)
    _pipes(stage, facade, busy)
    _boxes(stage, facade, busy)
    if rng.random() < 0.35 * busy:
        _shop_sign(stage, facade)
    group("facade", facade.parts, (frame.x_m, frame.y_m, frame.z_m), (0, 0, frame.turn_rad))
    return facade


def wall_material(stage: Stage) -> Any:
    """Brick, render, tiles or concrete, whitewashed or stained."""
    rng = stage.rng
    role = rng.choices(("brick", "plaster", "tiles", "concrete"), (4, 4, 2.5, 2))[0]
    tint = _tint(rng, role)
    tile = {"brick": rng.uniform(1.4, 2.4), "tiles": rng.uniform(0.6, 1.6)}.get(role, rng.uniform(1.5, 4))
    dirt = rng.choice((0.0, rng.uniform(0.2, 0.75)))
    surface = Surface(
        role,
        tile_m=tile,
        colour=tint,
        roughness=0.8,
        relief=0.3,
        dirt=dirt,
        dirt_size=rng.uniform(0.3, 1.5),
        dirt_amount=rng.uniform(0.2, 0.7),
    )
    return make_material(surface, stage.assets, rng)


def _tint(rng: random.Random, role: str) -> tuple[float, float, float]:
    light = rng.uniform(0.6, 1.15)
    if role == "brick":
        return (light, light * rng.uniform(0.85, 1), light * rng.uniform(0.8, 1))
    warm = rng.uniform(-0.15, 0.2)
    wall = rng.choice(
        ((1, 1, 1), (1, 1, 1), (1, 0.9, 0.7), (0.95, 0.8, 0.7), (0.75, 0.85, 0.95), (0.8, 0.9, 0.8), (0.7, 0.7, 0.7))
    )
    return (min(light * (wall[0] + warm / 2), 1.2), light * wall[1], light * (wall[2] - warm / 2))


def _wall(stage: Stage, facade: Facade) -> None:
    rng = stage.rng
    w, h = facade.width_m, facade.height_m
    facade.parts.append(block("wall", (0, 0.15, h / 2), (w, 0.3, h), wall_material(stage)))
    if rng.random() < 0.6:
        plinth = rng.uniform(0.3, 1.3)
        facade.parts.append(block("plinth", (0, 0.1, plinth / 2), (w + 0.02, 0.26, plinth), wall_material(stage)))
    if rng.random() < 0.45:
        band = plain(grey(rng, 0.3, 0.65), roughness=0.8)
        facade.parts += [
            block("band", (0, 0.0, k * facade.storey_m), (w + 0.04, 0.1, rng.uniform(0.1, 0.3)), band)
            for k in range(1, int(h / facade.storey_m) + 1)
        ]
    if rng.random() < 0.4:
        facade.parts.append(
            block("eaves", (0, -0.2, h + 0.06), (w + 0.3, 1.1, 0.14), plain(grey(rng, 0.15, 0.45), roughness=0.8))
        )


def _pipes(stage: Stage, facade: Facade, busy: float) -> None:
    rng = stage.rng
    for _ in range(round(rng.choice((0, 1, 1, 2, 3)) * busy)):
        x, radius = rng.uniform(-0.48, 0.48) * facade.width_m, rng.uniform(0.025, 0.06)
        points = [(x, -radius - 0.03, 0.1), (x, -radius - 0.03, facade.height_m * rng.uniform(0.7, 1.0))]
        facade.parts.append(
            tube(
                "pipe",
                points,
                radius,
                plain(
                    rng.choice(((0.6, 0.6, 0.58), (0.3, 0.3, 0.3), (0.2, 0.12, 0.08), (0.55, 0.42, 0.1))), roughness=0.5
                ),
                sharp=True,
            )
        )


def _boxes(stage: Stage, facade: Facade, busy: float) -> None:
    rng = stage.rng
    shade = rng.choice(((0.4, 0.41, 0.4), (0.55, 0.54, 0.5), (0.2, 0.3, 0.28), (0.1, 0.1, 0.1), (0.3, 0.3, 0.33)))
    material = make_material(
        Surface(colour=shade, roughness=0.5, dirt=rng.uniform(0, 0.6), dirt_colour=(0.14, 0.07, 0.03), dirt_size=7),
        stage.assets,
        rng,
    )
    for _ in range(max(1, round(rng.choice((1, 2, 3)) * busy))):
        w = rng.uniform(0.2, 0.6)
        h, x, z = (
            w * rng.uniform(0.8, 1.6),
            rng.uniform(-0.45, 0.45) * facade.width_m,
            rng.uniform(1.5, min(4.2, facade.height_m - 0.5)),
        )
        facade.boxes.append((x, z, w, h))
        facade.parts.append(block("box", (x, -0.09, z), (w, 0.17, h), material, bevel_m=0.008))
        facade.parts.append(block("lid", (x, -0.178, z), (w * 0.9, 0.012, h * 0.9), material))


def _shop_sign(stage: Stage, facade: Facade) -> None:
    rng = stage.rng
    w, h = rng.uniform(2, 5), rng.uniform(0.5, 0.9)
    x, z = rng.uniform(-0.3, 0.3) * facade.width_m, facade.storey_m - 0.2
    picture = make_material(
        Surface(picture=sign_picture(rng), uv=True, roughness=0.4, relief=0, glow=rng.choice((0, 0, 0.5))),
        stage.assets,
        rng,
    )
    facade.parts.append(block("signboard", (x, -0.12, z), (w, 0.2, h), plain(grey(rng, 0.1, 0.4))))
    facade.parts.append(panel("sign", (x, -0.225, z), (w, h), picture))
    if rng.random() < 0.6:
        cloth = make_material(
            Surface(
                "sheet",
                colour=rng.choice(((0.3, 0.4, 0.9), (0.9, 0.3, 0.25), (0.4, 0.7, 0.45), (0.8, 0.8, 0.8))),
                tile_m=1.2,
            ),
            stage.assets,
            rng,
        )
        facade.parts.append(
            block("awning", (x, -0.7, z - h / 2 - 0.2), (w, 1.3, 0.03), cloth, turn_rad=(rng.uniform(0.15, 0.5), 0, 0))
        )
