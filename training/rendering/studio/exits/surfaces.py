"""What floors, walls and ceilings are made of."""

import random
from typing import Any, Final

from PIL import Image, ImageDraw

from hazardlens.training.rendering.studio.materials import Colour, Surface
from hazardlens.training.rendering.studio.props import pictures
from hazardlens.training.rendering.studio.props.kit import Kit

WALL_COLOURS: Final[tuple[Colour, ...]] = (
    (0.78, 0.77, 0.74), (0.7, 0.69, 0.65), (0.68, 0.64, 0.54), (0.62, 0.6, 0.5), (0.55, 0.62, 0.56), (0.6, 0.66, 0.7),
    (0.5, 0.5, 0.49), (0.72, 0.66, 0.5), (0.66, 0.56, 0.48), (0.8, 0.8, 0.8), (0.4, 0.4, 0.4),
)  # fmt: skip
DADO_COLOURS: Final[tuple[Colour, ...]] = (
    (0.1, 0.25, 0.18), (0.12, 0.22, 0.35), (0.3, 0.32, 0.33), (0.35, 0.22, 0.14), (0.2, 0.33, 0.3), (0.45, 0.42, 0.35),
    (0.25, 0.08, 0.06), (0.5, 0.55, 0.5), (0.16, 0.16, 0.17),
)  # fmt: skip

_CALM: Final = {
    "stone": ("acg_marble006", "acg_marble01"),
    "brick": ("ph_brick_wall_001", "ph_brick_wall_003", "ph_brick_wall_005", "ph_brick_wall_006", "ph_brick_wall_02"),
}
"""Textures that cover whole walls and floors; the others of their roles are rubble or loud granite."""


def tile_picture(
    rng: random.Random, *, colour: pictures.Ink, tiles: int = 2, joint_px: int = 2, checked: bool = False
) -> Image.Image:
    """Square tiles with joints, 256 x 256 pixels; repeats without a seam."""
    joint = tuple(max(0, round(value * rng.uniform(0.5, 0.85))) for value in colour)
    picture = Image.new("RGB", (256, 256), joint)
    side = 256 // tiles
    other = tuple(max(0, round(value * rng.uniform(0.35, 0.9))) for value in colour)
    for row in range(tiles):
        for column in range(tiles):
            base = other if checked and (row + column) % 2 else colour
            shade = rng.randint(-5, 5)
            red, green, blue = (max(0, min(255, value + shade)) for value in base)
            piece = pictures.paper((side - joint_px, side - joint_px), (red, green, blue), rng, grain=4)
            picture.paste(piece, (column * side, row * side))
    return picture


def terrazzo_picture(rng: random.Random) -> Image.Image:
    """Chips of stone in cement, 256 x 256 pixels."""
    ground = rng.choice(((150, 145, 135), (120, 122, 118), (165, 150, 130), (110, 105, 100), (130, 140, 130)))
    picture = pictures.paper((256, 256), ground, rng, grain=4)
    draw = ImageDraw.Draw(picture)
    for _ in range(900):
        x, y, size = rng.uniform(0, 256), rng.uniform(0, 256), rng.uniform(1, 4)
        shade = rng.choice((35, 60, 200, 225, 95))
        draw.ellipse((x, y, x + size, y + size * rng.uniform(0.6, 1)), fill=(shade, shade - 5, shade - 12))
    return picture


def _carpet_picture(rng: random.Random) -> Image.Image:
    ground = rng.choice(((70, 75, 85), (90, 70, 60), (60, 80, 75), (105, 95, 80), (95, 40, 40), (50, 55, 70)))
    picture = pictures.paper((256, 256), ground, rng, grain=14)
    draw = ImageDraw.Draw(picture)
    if rng.random() < 0.5:
        stripe = tuple(min(255, value + rng.randint(15, 50)) for value in ground)
        for x in range(0, 256, 32):
            draw.line((x, 0, x + rng.choice((0, 32)), 256), fill=stripe, width=rng.choice((2, 5)))
    return picture


def _drawn(kit: Kit, picture: Image.Image, tile_m: float, roughness: float, dirt: float) -> Any:
    surface = Surface(
        picture=pictures.as_image(picture), tile_m=tile_m, roughness=roughness, relief=0.1, dirt=dirt, dirt_amount=0.35,
        dirt_size=kit.rng.uniform(0.8, 3), dirt_colour=(0.1, 0.085, 0.065),
    )  # fmt: skip
    return kit.fresh(surface)


def floor(kit: Kit, kinds: tuple[str, ...], dirt: float) -> Any:
    """A floor of one of the kinds: tiles, terrazzo, carpet, concrete, paint, wood, stone, asphalt, paving."""
    rng = kit.rng
    kind = rng.choice(kinds)
    if kind == "tiles":
        colour = rng.choice(
            (
                (205, 200, 188),
                (180, 178, 172),
                (215, 205, 185),
                (150, 120, 95),
                (120, 120, 122),
                (190, 165, 140),
                (225, 225, 222),
            )
        )
        tiles = rng.choice((2, 2, 4))
        return _drawn(
            kit,
            tile_picture(rng, colour=colour, tiles=tiles, checked=rng.random() < 0.12),
            rng.choice((0.6, 0.8, 1.2)),
            rng.uniform(0.12, 0.4),
            dirt,
        )
    if kind == "terrazzo":
        return _drawn(kit, terrazzo_picture(rng), rng.uniform(0.5, 0.9), rng.uniform(0.2, 0.45), dirt)
    if kind == "carpet":
        return _drawn(kit, _carpet_picture(rng), rng.choice((0.5, 1.0)), 0.95, dirt * 0.5)
    if kind == "paint":
        paint = rng.choice(
            ((0.05, 0.22, 0.12), (0.3, 0.31, 0.32), (0.1, 0.2, 0.35), (0.35, 0.12, 0.08), (0.45, 0.44, 0.4))
        )
        return kit.fresh(Surface(colour=paint, roughness=rng.uniform(0.2, 0.5), relief=0, dirt=dirt, dirt_amount=0.4))
    roughness = rng.uniform(0.15, 0.5) if kind in {"stone", "wood"} else 0.85
    shade = rng.uniform(0.7, 1.2)
    return kit.fresh(
        Surface(
            role=kind,
            texture=_calm(kind, rng),
            tile_m=rng.uniform(1.2, 2.2),
            roughness=roughness,
            relief=0.2,
            dirt=dirt,
            dirt_amount=0.35,
            colour=(shade, shade, shade),
        )
    )


def wall(kit: Kit, kinds: tuple[str, ...], dirt: float) -> Any:
    """A wall of one of the kinds: paint, tiles, mosaic, plaster, brick, concrete, stone."""
    rng = kit.rng
    kind = rng.choice(kinds)
    if kind == "paint":
        return kit.fresh(
            Surface(
                colour=rng.choice(WALL_COLOURS),
                roughness=0.75,
                relief=0,
                dirt=dirt * 0.6,
                dirt_amount=rng.uniform(0.1, 0.4),
                dirt_size=rng.uniform(0.5, 2),
                dirt_colour=(0.3, 0.27, 0.21),
            )
        )
    if kind in {"tiles", "mosaic"}:
        colour = rng.choice(
            ((225, 225, 220), (210, 205, 190), (190, 200, 205), (170, 120, 100), (205, 170, 150), (150, 165, 160))
        )
        tile_m = rng.uniform(0.5, 0.9) if kind == "tiles" else rng.uniform(0.25, 0.5)
        return _drawn(
            kit,
            tile_picture(rng, colour=colour, tiles=2 if kind == "tiles" else 4),
            tile_m,
            rng.uniform(0.15, 0.4),
            dirt,
        )
    shade = [rng.uniform(0.75, 1.15) for _ in range(3)]
    return kit.fresh(
        Surface(
            role=kind,
            texture=_calm(kind, rng),
            tile_m=rng.uniform(1.6, 2.6),
            roughness=0.85,
            relief=0.25,
            dirt=dirt * 0.7,
            dirt_amount=0.3,
            dirt_colour=(0.16, 0.14, 0.11),
            colour=(shade[0], shade[1], shade[2]),
        )
    )


def dado(kit: Kit, dirt: float) -> Any:
    """The painted or tiled lower part of a wall."""
    rng = kit.rng
    if rng.random() < 0.3:
        return wall(kit, ("tiles",), dirt)
    return kit.fresh(
        Surface(
            colour=rng.choice(DADO_COLOURS),
            roughness=0.45,
            relief=0,
            dirt=dirt,
            dirt_amount=0.3,
            dirt_colour=(0.25, 0.22, 0.18),
        )
    )


def _calm(kind: str, rng: random.Random) -> str:
    """A texture of the role that is not loud, mostly; empty where any will do."""
    return rng.choice(_CALM[kind]) if kind in _CALM and rng.random() < 0.85 else ""


def ceiling(kit: Kit, *, gridded: bool) -> Any:
    """A white or grey ceiling, in panels when `gridded`."""
    rng = kit.rng
    if gridded:
        picture = tile_picture(rng, colour=rng.choice(((225, 225, 222), (205, 205, 200))), tiles=2, joint_px=5)
        return _drawn(kit, picture, 1.2, 0.8, 0.0)
    return kit.fresh(
        Surface(
            colour=rng.choice(WALL_COLOURS[:4] + WALL_COLOURS[-2:]),
            roughness=0.9,
            relief=0,
            dirt=rng.choice((0, 0.3)),
            dirt_amount=0.2,
        )
    )
