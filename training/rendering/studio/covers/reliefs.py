"""The relief of covers, drawn from straight above: rings, spokes, grids, lettering, lifting holes."""

import string
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hazardlens.training.rendering.studio.covers.fields import Floats, blurred
from hazardlens.training.rendering.studio.covers.makes import Make

SIZE_PX: Final = 448
Pattern = Callable[[Floats, Floats, np.random.Generator], Floats]


def axes(half_m: tuple[float, float]) -> tuple[Floats, Floats]:
    """X and y in units of the cover's half width, at the middle of each pixel."""
    line = ((np.arange(SIZE_PX, dtype=np.float32) + 0.5) / SIZE_PX * 2 - 1).astype(np.float32)
    x, y = np.meshgrid(line, line * np.float32(half_m[1] / half_m[0]))
    return x, y


def draw_relief(make: Make, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Height from 0 to 1, and 1 where there is a hole for the lifting key: both (SIZE_PX, SIZE_PX)."""
    x, y = axes(make.half_m)
    radius = np.hypot(x, y)
    border = radius if make.is_round else np.maximum(np.abs(x), np.abs(y) * np.float32(make.half_m[0] / make.half_m[1]))
    relief = (
        np.zeros_like(x) if make.pattern in {"grating", "tray"} else RELIEFS[make.pattern](x, y, rng).astype(np.float32)
    )
    if make.pattern not in {"grating", "tray"}:
        rim = float(rng.uniform(0.86, 0.97))
        relief = np.where(border > rim, float(rng.random() < 0.7), relief)
        relief = np.where((border > rim - 0.035) & (border < rim), 0.0, relief)
        if rng.random() < 0.6:
            relief = _emblem(make, relief, radius, rng)
        if rng.random() < 0.35:
            relief = _lettered(relief, x, y, radius, rng)
    holes = np.zeros_like(x) if make.pattern == "grating" else _keyholes(make, x, y, rng)
    return blurred(np.asarray(np.where(holes > 0, 0.0, relief), np.float32), 0.9), holes


def _rings(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    rings = np.cos(radius * rng.uniform(18, 55)) > rng.uniform(-0.3, 0.3)
    if rng.random() < 0.5:
        rings &= np.cos(angle * rng.integers(6, 24)) > rng.uniform(-0.7, 0.2)
    return np.asarray(rings, np.float32)


def _spokes(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    zone = np.floor(radius * rng.uniform(3.0, 6.5))
    turns = int(rng.integers(2, 5)) * 6 * (1 + (zone > 1) * (rng.random() < 0.5))
    fins = np.cos(angle * turns + zone * np.pi) > rng.uniform(-0.2, 0.5)
    return np.asarray(fins & (np.abs(radius * 5 % 1 - 0.5) < 0.44), np.float32)


def _squares(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    count, edge = rng.uniform(4, 11), rng.uniform(0.28, 0.44)
    return np.asarray((np.abs(x * count % 1 - 0.5) < edge) & (np.abs(y * count % 1 - 0.5) < edge), np.float32)


def _grid(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    count, edge = rng.uniform(3, 9), rng.uniform(0.1, 0.25)
    turn = 0.0 if rng.random() < 0.6 else np.pi / 4
    a, b = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    return np.asarray((np.abs(a * count % 1 - 0.5) < edge) | (np.abs(b * count % 1 - 0.5) < edge), np.float32)


def _diamonds(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    count = rng.uniform(5, 13)
    a, b = (x + y) * count, (x - y) * count
    odd = (np.floor(a) + np.floor(b)) % 2 > 0.5
    along, across = np.where(odd, a, b) % 1 - 0.5, np.where(odd, b, a) % 1 - 0.5
    return np.asarray((along / 0.46) ** 2 + (across / 0.16) ** 2 < 1, np.float32)


def _dots(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    count = rng.uniform(5, 13)
    shift = np.floor(y * count) % 2 * 0.5 * (rng.random() < 0.5)
    return np.asarray(np.hypot((x * count + shift) % 1 - 0.5, y * count % 1 - 0.5) < rng.uniform(0.22, 0.4), np.float32)


def _blocks(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    radius, turn = np.hypot(x, y), np.arctan2(y, x) / (2 * np.pi)
    zone = np.floor(radius * 6.0)
    around = turn * np.maximum(np.round(zone * rng.uniform(4, 7)), 3) + 0.5 * (zone % 2)
    return np.asarray((np.abs(around % 1 - 0.5) < 0.4) & (np.abs(radius * 6 % 1 - 0.5) < 0.38), np.float32)


def _honeycomb(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    count = float(rng.uniform(8, 18))
    turns = [np.cos(count * (x * np.cos(k) + y * np.sin(k))) for k in (0, 2 * np.pi / 3, 4 * np.pi / 3)]
    return np.asarray(sum(turns) < rng.uniform(-0.6, 0.2), np.float32)


def _waves(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    count = float(rng.uniform(8, 20))
    bent = y + 0.08 * np.sin(x * rng.uniform(8, 20))
    return np.asarray(np.cos(bent * count * 2) > 0.0, np.float32)


def _plain(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    del y, rng
    return np.zeros_like(x)


def _bars(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    count, cells = rng.uniform(8, 24), rng.uniform(1.2, 4)
    flat = (np.floor(x * cells + 0.5) + np.floor(y * cells + 0.5)) % 2 > 0.5
    return np.asarray(np.cos(np.where(flat, x, y) * count * 2) > 0.1, np.float32)


def _web(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    fins = np.abs(np.sin(angle * int(rng.integers(3, 9)))) * radius < rng.uniform(0.03, 0.07)
    return np.asarray(fins | (np.abs(radius * rng.uniform(3, 6) % 1 - 0.5) < 0.12), np.float32)


RELIEFS: Final[dict[str, Pattern]] = {
    "rings": _rings,
    "spokes": _spokes,
    "squares": _squares,
    "grid": _grid,
    "diamonds": _diamonds,
    "dots": _dots,
    "blocks": _blocks,
    "honeycomb": _honeycomb,
    "waves": _waves,
    "plain": _plain,
    "bars": _bars,
    "web": _web,
}


def _emblem(make: Make, relief: Floats, radius: Floats, rng: np.random.Generator) -> Floats:
    """A smooth middle with writing on it."""
    reach = float(rng.uniform(0.18, 0.42)) * min(1.0, make.half_m[1] / make.half_m[0])
    relief = np.where(radius < reach, 0.0, relief)
    relief = np.where((radius < reach) & (radius > reach - 0.035), 1.0, relief)
    half_px = int(reach * 0.62 * SIZE_PX / 2)
    sheet = _writing(rng, half_px * 2, int(half_px * 2 * rng.uniform(0.4, 0.9)))
    top, left = SIZE_PX // 2 - sheet.shape[0] // 2, SIZE_PX // 2 - sheet.shape[1] // 2
    relief[top : top + sheet.shape[0], left : left + sheet.shape[1]] = sheet
    return np.asarray(relief, np.float32)


def _lettered(relief: Floats, x: Floats, y: Floats, radius: Floats, rng: np.random.Generator) -> Floats:
    """A band with writing along it."""
    low = float(rng.uniform(0.45, 0.7))
    high = low + float(rng.uniform(0.1, 0.16))
    band = _writing(rng, 900, 60)
    turn = (np.arctan2(y, -x) / (2 * np.pi) + 0.5) * 2 % 1
    rows = np.clip((1 - (radius - low) / (high - low)) * 59, 0, 59).astype(int)
    text = band[rows, np.clip(turn * 899, 0, 899).astype(int)]
    return np.asarray(np.where((radius > low) & (radius < high), text, relief), np.float32)


def _writing(rng: np.random.Generator, width_px: int, height_px: int) -> Floats:
    """Capitals, or strokes that look like characters from where one stands."""
    sheet = Image.new("L", (max(width_px, 8), max(height_px, 8)))
    draw = ImageDraw.Draw(sheet)
    cells = max(1, round(width_px / max(height_px, 8)))
    side = sheet.width / cells
    latin = rng.random() < 0.4
    font = ImageFont.load_default(max(8, side * 0.9)) if latin else None
    for cell in range(cells):
        if latin:
            draw.text((cell * side + side * 0.15, 0), string.ascii_uppercase[rng.integers(26)], fill=255, font=font)
        else:
            _strokes(draw, rng, cell * side, side, sheet.height)
    return np.asarray(sheet, np.float32)[::-1] / np.float32(255)


def _strokes(draw: ImageDraw.ImageDraw, rng: np.random.Generator, left: float, width: float, height: float) -> None:
    for _ in range(int(rng.integers(4, 9))):
        x, y = left + width * rng.uniform(0.15, 0.5), height * rng.uniform(0.1, 0.8)
        dx, dy = (
            (rng.uniform(0.2, 0.4), 0),
            (0, rng.uniform(0.2, 0.6)),
            (rng.uniform(0.1, 0.3), rng.uniform(-0.3, 0.3)),
        )[rng.integers(3)]
        draw.line((x, y, x + dx * width, min(y + dy * height, height)), fill=255, width=max(2, int(width * 0.1)))


def _keyholes(make: Make, x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    holes = np.zeros_like(x)
    deep = make.half_m[1] / make.half_m[0]
    count, reach = int(rng.choice([0, 1, 2, 2, 4])), float(rng.uniform(0.6, 0.85))
    size = 0.014 / make.half_m[0] * float(rng.uniform(0.8, 1.6))
    for number in range(count):
        turn = 2 * np.pi * number / count
        cx, cy = reach * np.cos(turn), reach * deep * np.sin(turn)
        holes = np.maximum(holes, (((x - cx) / size) ** 2 + ((y - cy) / (size * 1.8)) ** 2 < 1).astype(np.float32))
    return np.asarray(holes, np.float32)
