"""Repeating tiles of what the ground is made of: asphalt, concrete, paving of many layouts, earth, gravel, grass."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from hazardlens.training.rendering.studio.covers.fields import Floats, blurred, clouds, grain, mixed, step

SIZE_PX: Final = 768


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A piece of ground seen from above that repeats without a seam.

    Attributes:
        colour: (SIZE_PX, SIZE_PX, 3) float32, as a screen shows it, 0 to 1.
        height: (SIZE_PX, SIZE_PX) float32, 0 to 1.
        side_m: length of its side.
        depth_m: of its relief.
        joint: the colour of earth in its joints, which also lies in the joints of covers.
    """

    colour: Floats
    height: Floats
    side_m: float
    depth_m: float
    joint: tuple[float, float, float]


def asphalt(rng: np.random.Generator) -> Tile:
    """From fresh and black to grey with its stones laid bare."""
    age = float(rng.random())
    tone = 0.19 + 0.3 * age + float(rng.normal(0, 0.03))
    warm = float(rng.normal(0.008, 0.012))
    stones = grain(rng, SIZE_PX, float(rng.uniform(0.8, 2.6)))
    fine = grain(rng, SIZE_PX, 0.6)
    bright = tone + (0.03 + 0.05 * age) * stones + 0.03 * fine
    bright = np.where(stones > 1.9, bright + rng.uniform(0.0, 0.16), bright)
    colour = np.stack([bright + warm, bright, bright - warm], axis=2)
    earth = 0.3 + 0.2 * age
    return Tile(_float(colour), step(stones, -2, 2), 1.5, 0.006, (earth, earth * 0.94, earth * 0.84))


def concrete(rng: np.random.Generator) -> Tile:
    """Poured, trowelled or brushed."""
    tone = float(rng.uniform(0.42, 0.7))
    brushed = grain(rng, SIZE_PX, 0.8)
    if rng.random() < 0.5:
        brushed = brushed.mean(axis=1, keepdims=True) * np.float32(18) + np.zeros_like(brushed)
    spots = grain(rng, SIZE_PX, 2.2)
    bright = tone + 0.025 * clouds(rng, SIZE_PX, roughness=1.0) + 0.02 * brushed
    bright = np.where(spots > 2.2, bright - 0.12, bright)
    warm = float(rng.normal(0.012, 0.015))
    colour = np.stack([bright + warm, bright, bright - warm * 1.5], axis=2)
    return Tile(_float(colour), step(brushed - 2 * (spots > 2.2), -3, 2), 2.2, 0.003, (0.4, 0.37, 0.33))


def earth(rng: np.random.Generator) -> Tile:
    """Bare soil, loess, mud, with pebbles."""
    base = np.array([[0.42, 0.33, 0.24], [0.52, 0.44, 0.34], [0.34, 0.28, 0.22], [0.55, 0.42, 0.3]], np.float32)
    base = base[rng.integers(len(base))] * rng.uniform(0.8, 1.15)
    lumps = clouds(rng, SIZE_PX, roughness=1.15)
    pebbles = grain(rng, SIZE_PX, float(rng.uniform(2, 5)))
    colour = base * (1 + 0.16 * lumps + 0.06 * grain(rng, SIZE_PX, 0.8))[..., None]
    colour = mixed(_float(colour), _float(base * 1.25 + 0.05), step(pebbles, 2.0, 2.3) * np.float32(rng.random()))
    height = step(0.7 * lumps + 0.5 * np.maximum(pebbles - 1.6, 0), -2, 3)
    return Tile(colour, height, 1.6, 0.03, tuple((base * 0.9).tolist()))


def gravel(rng: np.random.Generator) -> Tile:
    """Crushed stone."""
    stones = grain(rng, SIZE_PX, float(rng.uniform(2.5, 6)))
    tone = clouds(rng, SIZE_PX, roughness=0.6)
    bright = rng.uniform(0.38, 0.55) + 0.12 * np.tanh(stones) + 0.05 * tone
    colour = np.stack([bright * 1.04, bright, bright * 0.93], axis=2)
    return Tile(_float(colour), step(stones, -1.6, 1.6), 1.2, 0.025, (0.4, 0.36, 0.3))


def grass(rng: np.random.Generator) -> Tile:
    """A lawn or weeds, green, dry, or with earth between."""
    sheet = Image.new("RGB", (SIZE_PX, SIZE_PX), tuple(int(v) for v in rng.integers((50, 45, 28), (90, 80, 50))))
    draw = ImageDraw.Draw(sheet)
    green = np.array([rng.uniform(60, 120), rng.uniform(95, 130), rng.uniform(35, 60)])
    places = rng.uniform(0, SIZE_PX, (int(rng.integers(4000, 9000)), 2))
    ends = rng.normal(0, 13, places.shape)
    shades = rng.normal(1, 0.25, len(places)).clip(0.4, 1.7)
    dry = rng.random(len(places)) < rng.uniform(0, 0.4)
    for (x, y), (dx, dy), shade, old in zip(places, ends, shades, dry, strict=True):
        tone = (np.array([150, 132, 80]) if old else green) * shade
        for ox in (0, -SIZE_PX if x > SIZE_PX / 2 else SIZE_PX):
            draw.line((x + ox, y, x + ox + dx, y + dy), fill=tuple(int(v) for v in tone.clip(0, 255)), width=2)
    colour = _float(np.asarray(sheet, np.float32) / 255)
    return Tile(colour, blurred(_float(colour.mean(axis=2)), 0.7), 1.1, 0.02, (0.3, 0.25, 0.18))


def setts(rng: np.random.Generator) -> Tile:
    """Small stones laid by hand."""
    return _laid(rng, _bond(rng, 12, 12, shift=0.5), 1.2, chipped=1.0, palette=_GRANITE)


def bricks(rng: np.random.Generator) -> Tile:
    """Clay or concrete bricks of 10 by 20 centimetres."""
    layouts: list[Callable[[], list[_Stone]]] = [
        lambda: _bond(rng, 6, 12, shift=0.5), lambda: _herringbone(12), lambda: _basket(12),
        lambda: _bond(rng, 6, 12, shift=0.0),
    ]  # fmt: skip
    layout = layouts[rng.integers(len(layouts))]()
    return _laid(rng, layout, 1.2, chipped=float(rng.random()), palette=_BRICK)


def slabs(rng: np.random.Generator) -> Tile:
    """Slabs of concrete or granite, 20 to 80 centimetres wide."""
    columns, rows = ((4, 4), (3, 6), (2, 4), (6, 6), (8, 8), (3, 3))[rng.integers(6)]
    layout = _bond(rng, columns, rows, shift=float(rng.choice([0.0, 0.5, 0.33])))
    return _laid(rng, layout, float(rng.choice([1.6, 1.8, 2.4])), chipped=float(rng.random()) * 0.5, palette=_GRANITE)


def tactile(rng: np.random.Generator) -> Tile:
    """The guiding strip of pavements: bars or knobs, yellow or grey."""
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX].astype(np.float32) * np.float32(2 * np.pi / SIZE_PX)
    bars = rng.random() < 0.7
    wave = np.cos(8 * y) if bars else np.cos(8 * x) * np.cos(8 * y)
    relief = step(_float(wave), 0.1, 0.6)
    joints = (np.abs(np.cos(x)) > 0.9996) | (np.abs(np.cos(y)) > 0.9996)
    base = np.array(
        ((0.72, 0.56, 0.2), (0.62, 0.5, 0.28), (0.5, 0.5, 0.48), (0.7, 0.6, 0.4))[rng.integers(4)], np.float32
    )
    bright = 1 + 0.08 * clouds(rng, SIZE_PX, roughness=1.0) + 0.12 * (relief - 0.5) - 0.4 * joints
    return Tile(_float(base * bright[..., None]), _float(relief * (1 - joints)), 0.6, 0.005, (0.35, 0.32, 0.27))


TILES: Final[dict[str, Callable[[np.random.Generator], Tile]]] = {
    "asphalt": asphalt, "concrete": concrete, "earth": earth, "gravel": gravel, "grass": grass, "setts": setts,
    "bricks": bricks, "slabs": slabs, "tactile": tactile,
}  # fmt: skip

_Stone = tuple[float, float, float, float]
"""x, y, width, height of one stone as shares of the tile."""

_BRICK: Final = (
    (0.55, 0.29, 0.23),
    (0.6, 0.38, 0.3),
    (0.5, 0.48, 0.46),
    (0.62, 0.52, 0.36),
    (0.36, 0.35, 0.35),
    (0.5, 0.33, 0.3),
)
_GRANITE: Final = (
    (0.58, 0.57, 0.56),
    (0.48, 0.47, 0.47),
    (0.66, 0.63, 0.58),
    (0.36, 0.36, 0.37),
    (0.62, 0.52, 0.47),
    (0.7, 0.69, 0.66),
)


def _bond(rng: np.random.Generator, columns: int, rows: int, *, shift: float) -> list[_Stone]:
    del rng
    return [
        (((column + shift * (row % 2)) / columns) % 1, row / rows, 1 / columns, 1 / rows)
        for row in range(rows)
        for column in range(columns)
    ]


def _herringbone(cells: int) -> list[_Stone]:
    unit = 1 / cells
    flat = [(i * unit, j * unit, 2 * unit, unit) for i in range(cells) for j in range(cells) if (i - j) % 4 == 0]
    return flat + [(i * unit, j * unit, unit, 2 * unit) for i in range(cells) for j in range(cells) if (i - j) % 4 == 3]


def _basket(cells: int) -> list[_Stone]:
    unit, stones = 1 / cells, []
    for i in range(0, cells, 2):
        for j in range(0, cells, 2):
            lying = (i + j) // 2 % 2 == 0
            size = (2 * unit, unit) if lying else (unit, 2 * unit)
            step_xy = (0.0, unit) if lying else (unit, 0.0)
            stones += [(i * unit + k * step_xy[0], j * unit + k * step_xy[1], *size) for k in (0, 1)]
    return stones


def _laid(
    rng: np.random.Generator,
    stones: list[_Stone],
    side_m: float,
    *,
    chipped: float,
    palette: tuple[tuple[float, float, float], ...],
) -> Tile:
    number, gap_px = np.zeros((SIZE_PX, SIZE_PX), np.int32), max(1.0, rng.uniform(0.002, 0.006) / side_m * SIZE_PX)
    sheet = Image.fromarray(number, "I")
    draw = ImageDraw.Draw(sheet)
    for index, (x, y, width, height) in enumerate(stones, start=1):
        for ox in (0, -1):
            for oy in (0, -1):
                low = ((x + ox) * SIZE_PX + gap_px, (y + oy) * SIZE_PX + gap_px)
                high = ((x + ox + width) * SIZE_PX - gap_px, (y + oy + height) * SIZE_PX - gap_px)
                draw.rectangle((*low, *high), fill=index)
    number = np.asarray(sheet, np.int32)
    body = blurred(_float(number > 0), 1.2) + 0.1 * chipped * clouds(rng, SIZE_PX, roughness=0.8)
    body = step(_float(body), 0.55, 0.9)
    joint = np.array([0.36, 0.33, 0.28], np.float32) * rng.uniform(0.55, 1.25)
    if rng.random() < 0.2:
        joint = np.array([0.25, 0.3, 0.15], np.float32)
    colour = mixed(_float(np.zeros((*number.shape, 3)) + joint), _stone_colour(rng, number, len(stones), palette), body)
    height = body * (0.8 + 0.2 * step(grain(rng, SIZE_PX, 1.2), -2, 2)) + 0.0 * number
    return Tile(colour, _float(height), side_m, 0.006, (float(joint[0]), float(joint[1]), float(joint[2])))


def _stone_colour(
    rng: np.random.Generator, number: npt.NDArray[np.int32], count: int, palette: tuple[tuple[float, float, float], ...]
) -> Floats:
    tones = np.array(palette, np.float32)[rng.integers(len(palette), size=2)]
    second = rng.random(count + 1) < rng.choice([0.0, 0.0, 0.3, 0.5])
    each = tones[second.astype(int)] * rng.normal(1, rng.uniform(0.02, 0.1), (count + 1, 1)).astype(np.float32)
    speckle = grain(rng, SIZE_PX, 0.9) * rng.uniform(0.02, 0.09) + 0.03 * clouds(rng, SIZE_PX, roughness=1.0)
    return _float(each[number] * (1 + speckle)[..., None])


def _float(values: object) -> Floats:
    return np.asarray(values, np.float32)
