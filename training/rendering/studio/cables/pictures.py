"""Pictures drawn by code: signs with strokes like characters, fronts of far houses, ceilings of panels."""

import random
from collections.abc import Callable
from typing import Any, Final

import bpy
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]

VARIANTS: Final = 32
"""Pictures of a kind; each is made once for a process."""


def sign_picture(rng: random.Random) -> Any:
    """A signboard of 512 x 96 pixels with made-up characters."""
    return _variant("sign", _sign, rng)


def _sign(rng: random.Random) -> Pixels:
    back, front = rng.choice(
        (
            ((0.6, 0.04, 0.03), (0.95, 0.85, 0.2)),
            ((0.05, 0.15, 0.5), (0.95, 0.95, 0.95)),
            ((0.9, 0.9, 0.88), (0.7, 0.05, 0.05)),
            ((0.05, 0.35, 0.15), (1, 1, 0.9)),
            ((0.9, 0.7, 0.1), (0.1, 0.1, 0.1)),
        )
    )
    pixels = np.empty((96, 512, 3), np.float32)
    pixels[:] = back
    count = rng.randint(3, 7)
    pitch = 480 // count
    side = min(pitch - 10, 70)
    for number in range(count):
        _character(pixels, rng, 20 + number * pitch, (96 - side) // 2, side, front)
    return pixels


def front_picture(rng: random.Random) -> Any:
    """The front of a far block of flats: rows of windows, some with something before them."""
    return _variant("front", _front, rng)


def _front(rng: random.Random) -> Pixels:
    wall = np.asarray(
        rng.choice(
            (
                (0.6, 0.57, 0.5),
                (0.5, 0.42, 0.36),
                (0.65, 0.65, 0.65),
                (0.45, 0.3, 0.25),
                (0.55, 0.5, 0.35),
                (0.35, 0.37, 0.4),
            )
        ),
        np.float32,
    )
    pixels = np.empty((256, 256, 3), np.float32)
    pixels[:] = wall * (
        1
        + np.float32(0.08) * np.random.default_rng(rng.getrandbits(32)).standard_normal((256, 1, 1)).astype(np.float32)
    )
    columns, rows = rng.randint(4, 7), rng.randint(5, 9)
    across, up = 256 // columns, 256 // rows
    wide, high = rng.uniform(0.4, 0.75), rng.uniform(0.4, 0.6)
    for column in range(columns):
        for row in range(rows):
            x, y = int((column + (1 - wide) / 2) * across), int((row + (1 - high) / 2) * up)
            shade = rng.choice((0.03, 0.05, 0.08, 0.12, 0.3))
            pixels[y : y + int(high * up), x : x + int(wide * across)] = (shade, shade * 1.05, shade * 1.15)
            if rng.random() < 0.25:
                pixels[y - 3 : y + 4, x : x + 8] = 0.6
        pixels[:, column * across : column * across + 2] *= 0.8
    return pixels


def ceiling_picture(rng: random.Random) -> Any:
    """One panel of a suspended ceiling with its rail."""
    return _variant("ceiling", _ceiling, rng)


def _ceiling(rng: random.Random) -> Pixels:
    value = rng.uniform(0.55, 0.75)
    pixels = np.full((64, 64, 3), value, np.float32)
    pixels *= 1 + np.float32(0.05) * np.random.default_rng(rng.getrandbits(32)).standard_normal((64, 64, 1)).astype(
        np.float32
    )
    pixels[:2], pixels[:, :2] = 0.35 * value, 0.35 * value
    return pixels


def _character(
    pixels: Pixels, rng: random.Random, left: int, low: int, side: int, colour: tuple[float, float, float]
) -> None:
    thick = max(2, side // 10)
    for _ in range(rng.randint(2, 4)):
        y, x, long = rng.randint(0, side - thick), rng.randint(0, side // 3), rng.randint(side // 2, side)
        pixels[low + y : low + y + thick, left + x : left + min(x + long, side)] = colour
    for _ in range(rng.randint(1, 3)):
        x, y, long = rng.randint(0, side - thick), rng.randint(0, side // 3), rng.randint(side // 2, side)
        pixels[low + y : low + min(y + long, side), left + x : left + x + thick] = colour


def _variant(kind: str, draw: Callable[[random.Random], Pixels], rng: random.Random) -> Any:
    """A packed picture of linear colours; rows from the bottom up, as Blender has them."""
    number = rng.randrange(VARIANTS)
    name = f"{kind}-{number}"
    if name in bpy.data.images:
        return bpy.data.images[name]
    pixels = draw(random.Random(number))  # noqa: S311 - pictures, not secrets
    height, width = pixels.shape[:2]
    image = bpy.data.images.new(name, width, height, float_buffer=True)
    image.use_fake_user = True
    full = np.ones((height, width, 4), np.float32)
    full[..., :3] = np.clip(pixels, 0, 1)
    image.pixels.foreach_set(full.ravel())
    image.update()
    return image
