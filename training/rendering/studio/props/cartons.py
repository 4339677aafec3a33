"""Cartons with prints, tape and dirt; stacks of them; plastic crates."""

import math
import random
from typing import Any, Final

from PIL import Image, ImageDraw

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.props import pictures
from hazardlens.training.rendering.studio.props.kit import Kit, joined, moved

_BOARDS: Final = (
    (172, 128, 84), (150, 108, 70), (190, 150, 105), (165, 125, 90), (205, 175, 135), (225, 220, 210), (140, 100, 62),
)  # fmt: skip
_INKS: Final = ((40, 30, 25), (30, 30, 30), (25, 60, 130), (160, 30, 25), (20, 100, 50), (200, 110, 20))
_BRANDS: Final = (
    "FRESH",
    "NO.8",
    "LOGIST",
    "HOME",
    "A-201",
    "TECH",
    "GREEN",
    "MILK",
    "QTY 24",
    "PAPER",
    "MODEL X",
    "TILE",
)


def carton_picture(rng: random.Random) -> Image.Image:
    """The side of a carton, 192 x 144 pixels."""
    board = rng.choice(_BOARDS)
    picture = pictures.paper((192, 144), board, rng, grain=4, stains=rng.randint(0, 3))
    draw = ImageDraw.Draw(picture)
    ink = rng.choice(_INKS)
    if rng.random() < 0.15:
        draw.rectangle((0, 0, 192, rng.randint(30, 144)), fill=rng.choice(_INKS[2:]))
        ink = (240, 235, 225)
    if rng.random() < 0.75:
        _tape(draw, rng)
    for mark in rng.sample((_brand, _arrows, _label, _lines, _fragile, _band), rng.randint(0, 4)):
        mark(draw, ink, rng)
    return picture


def _tape(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    colour = rng.choice(((196, 160, 100), (215, 195, 150), (120, 90, 55), (220, 220, 210), (190, 150, 60)))
    middle, half = rng.uniform(85, 107), rng.uniform(6, 13)
    length = rng.choice((144, 144, rng.randint(25, 60)))
    draw.rectangle((middle - half, 0, middle + half, length), fill=colour)


def _brand(draw: ImageDraw.ImageDraw, ink: pictures.Ink, rng: random.Random) -> None:
    at = (rng.uniform(60, 130), rng.uniform(45, 95))
    if rng.random() < 0.5:
        pictures.words(draw, rng.choice(_BRANDS), at, rng.randint(18, 36), ink)
    else:
        width = rng.uniform(40, 80)
        pictures.scribble(draw, rng.randint(2, 5), (at[0] - width, at[1] - 18, at[0] + width, at[1] + 18), ink, rng)


def _arrows(draw: ImageDraw.ImageDraw, ink: pictures.Ink, rng: random.Random) -> None:
    x, y = rng.choice((20, 150)), rng.randint(15, 90)
    for shift in (0, 14):
        draw.line((x + shift, y + 30, x + shift, y + 6), fill=ink, width=4)
        draw.polygon(((x + shift - 6, y + 9), (x + shift + 6, y + 9), (x + shift, y)), fill=ink)


def _label(draw: ImageDraw.ImageDraw, _ink: pictures.Ink, rng: random.Random) -> None:
    x, y = rng.randint(5, 120), rng.randint(5, 90)
    width, height = rng.randint(30, 62), rng.randint(24, 46)
    draw.rectangle((x, y, x + width, y + height), fill=(235, 235, 230))
    for row in range(4, height - 12, 6):
        draw.line((x + 4, y + row, x + rng.uniform(0.4, 0.9) * width, y + row), fill=(70, 70, 75), width=2)
    for bar in range(4, width - 4, 3):
        draw.line((x + bar, y + height - 9, x + bar, y + height - 3), fill=(30, 30, 30), width=rng.choice((1, 2)))


def _lines(draw: ImageDraw.ImageDraw, ink: pictures.Ink, rng: random.Random) -> None:
    x, y = rng.randint(8, 90), rng.randint(80, 110)
    for row in range(rng.randint(2, 4)):
        draw.line((x, y + 8 * row, x + rng.randint(25, 90), y + 8 * row), fill=ink, width=2)


def _fragile(draw: ImageDraw.ImageDraw, ink: pictures.Ink, rng: random.Random) -> None:
    x, y = rng.randint(10, 130), rng.randint(90, 105)
    draw.rectangle((x, y, x + 50, y + 34), outline=ink, width=3)
    draw.ellipse((x + 8, y + 6, x + 20, y + 18), outline=ink, width=2)
    draw.line((x + 14, y + 18, x + 14, y + 28), fill=ink, width=2)
    draw.rectangle((x + 28, y + 8, x + 42, y + 26), outline=ink, width=2)


def _band(draw: ImageDraw.ImageDraw, ink: pictures.Ink, rng: random.Random) -> None:
    y = rng.randint(5, 120)
    draw.rectangle((0, y, 192, y + rng.randint(4, 18)), fill=ink)


def carton(kit: Kit, size_m: shapes.Point | None = None) -> Any:
    """One carton, standing at the origin; some stand open."""
    rng = kit.rng
    size = size_m or (rng.uniform(0.3, 0.62), rng.uniform(0.25, 0.5), rng.uniform(0.2, 0.5))
    material = kit.shared(
        ("carton", rng.randrange(5)), lambda: kit.printed(pictures.as_image(carton_picture(rng)), roughness=0.85)
    )
    body = shapes.block("carton", (0, 0, size[2] / 2), size, material)
    flaps = _flaps(kit, size, material) if rng.random() < 0.16 else []
    return joined("carton", [body, *flaps])


def _flaps(kit: Kit, size: shapes.Point, material: Any) -> list[Any]:
    """Raised flaps and the dark inside of an open carton."""
    inside = shapes.block(
        "inside", (0, 0, size[2] + 0.001), (size[0] * 0.94, size[1] * 0.94, 0.004), kit.paint((0.05, 0.035, 0.02), 0.9)
    )
    made = [inside]
    for side, across, axis in ((-1, 0, 0), (1, 0, 0), (0, -1, 1), (0, 1, 1)):
        lean = kit.rng.uniform(0.2, 1.9)
        reach = size[axis] * 0.45
        width = size[1 - axis] * 0.98
        x = side * (size[0] / 2 + math.sin(lean) * reach / 2)
        y = across * (size[1] / 2 + math.sin(lean) * reach / 2)
        z = size[2] + math.cos(lean) * reach / 2
        turn = (0.0, side * lean, 0.0) if axis == 0 else (-across * lean, 0.0, 0.0)
        shape = (0.005, width, reach) if axis == 0 else (width, 0.005, reach)
        made.append(shapes.block("flap", (x, y, z), shape, material, turn_rad=turn))
    return made


def stack(kit: Kit, width_m: float, height_m: float, *, depth_m: float = 0.5, neat: float = 0.5) -> Any:
    """Cartons in columns along x, their back at y = 0, as high as about `height_m`.

    Args:
        kit: of the scene.
        width_m: along x, about 0.
        height_m: of the highest columns.
        depth_m: of the columns, towards -y.
        neat: 1 all alike and straight, 0 thrown together.
    """
    rng = kit.rng
    alike = (rng.uniform(0.34, 0.58), depth_m * rng.uniform(0.8, 1), rng.uniform(0.22, 0.44))
    made = []
    x = -width_m / 2
    while x < width_m / 2 - 0.15:
        size = alike if rng.random() < neat else None
        wide = alike[0] if size else rng.uniform(0.3, 0.6)
        made += _column(kit, (x + wide / 2, size, wide), height_m * rng.uniform(0.35 + 0.5 * neat, 1.05), depth_m, neat)
        x += wide * rng.uniform(1.01, 1.02 + 0.2 * (1 - neat))
    return joined("cartons", made)


def _column(
    kit: Kit, place: tuple[float, shapes.Point | None, float], height_m: float, depth_m: float, neat: float
) -> list[Any]:
    rng = kit.rng
    x, alike, wide = place
    made: list[Any] = []
    z = 0.0
    while z < height_m - 0.12:
        shrink = 1 - 0.12 * len(made) * (1 - neat)
        size = alike or (
            wide * rng.uniform(0.8, 1) * shrink,
            depth_m * rng.uniform(0.6, 1) * shrink,
            rng.uniform(0.18, 0.42),
        )
        crooked = rng.uniform(-0.4, 0.4) * (1 - neat) + rng.uniform(-0.04, 0.04)
        made.append(
            moved(
                carton(kit, size), x + rng.uniform(-0.02, 0.02), -size[1] / 2 - 0.02 - 0.08 * rng.random(), z, crooked
            )
        )
        z += size[2] + 0.001
    return made


def crate(kit: Kit, colour: tuple[float, float, float] | None = None) -> Any:
    """A plastic crate for bottles or vegetables."""
    rng = kit.rng
    colour = colour or rng.choice(((0.02, 0.12, 0.35), (0.4, 0.03, 0.02), (0.02, 0.22, 0.08), (0.5, 0.3, 0.02)))
    paint = kit.paint(colour, 0.45)
    w, d, h = 0.5, 0.36, 0.28
    walls = [shapes.block("floor", (0, 0, 0.01), (w, d, 0.02), paint)]
    for z, tall in ((0.05, 0.07), (0.145, 0.06), (0.245, 0.07)):
        for side in (-1, 1):
            walls.append(shapes.block("slat", (0, side * (d / 2 - 0.01), z), (w, 0.02, tall), paint))
            walls.append(shapes.block("slat", (side * (w / 2 - 0.01), 0, z), (0.02, d - 0.041, tall), paint))
    walls.append(
        shapes.block("fill", (0, 0, h * 0.45), (w - 0.05, d - 0.05, h * 0.6), kit.paint(kit.any_colour(), 0.7))
    )
    return joined("crate", walls)
