"""Dishes, pots, bottles and what is left in them, drawn as turned solids with shading."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_layer import Layer, turned_room
from hazardlens.training.composing.noise import noise_at

Mask = npt.NDArray[np.uint8]

_SHEET_PX: Final = 110  # long side of a thing as it is drawn and kept
_VARIANTS: Final = 6

FOOD: Final = (
    (150, 62, 30), (120, 70, 35), (196, 150, 70), (170, 40, 30), (95, 85, 40), (210, 180, 120), (88, 52, 34),
    (190, 110, 40), (230, 215, 180), (70, 80, 35),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A turned solid.

    Attributes:
        profile_m: (radius, height) from the foot to the rim, metres.
        inside: 0 is flat like a plate, 1 deep like a pot: how dark it is inside.
        closed: a lid or bottle: nothing of the inside is seen.
        clear: share of light that goes through, as with glass.
        handle_m: length of a handle to one side, or 0.
    """

    profile_m: tuple[tuple[float, float], ...]
    inside: float
    closed: bool = False
    clear: float = 0.0
    handle_m: float = 0.0

    @property
    def height_m(self) -> float:
        """Of the rim over the foot."""
        return self.profile_m[-1][1]

    @property
    def radius_m(self) -> float:
        """The largest."""
        return max(radius for radius, _ in self.profile_m)


PLATE: Final = Shape(((0.075, 0.0), (0.085, 0.006), (0.13, 0.022)), 0.1)
SMALL_PLATE: Final = Shape(((0.05, 0.0), (0.06, 0.005), (0.095, 0.016)), 0.1)
BOWL: Final = Shape(((0.035, 0.0), (0.05, 0.012), (0.072, 0.04), (0.085, 0.075)), 0.5)
BASIN: Final = Shape(((0.08, 0.0), (0.12, 0.04), (0.15, 0.12)), 0.5)
PAN: Final = Shape(((0.1, 0.0), (0.12, 0.015), (0.135, 0.05)), 0.35, handle_m=0.2)
POT: Final = Shape(((0.1, 0.0), (0.112, 0.012), (0.115, 0.13)), 0.9, handle_m=0.05)
MUG: Final = Shape(((0.035, 0.0), (0.041, 0.008), (0.042, 0.095)), 0.9, handle_m=0.035)
GLASS: Final = Shape(((0.028, 0.0), (0.033, 0.02), (0.038, 0.12)), 0.4, clear=0.6)
BOTTLE: Final = Shape(
    ((0.034, 0.0), (0.037, 0.01), (0.037, 0.16), (0.03, 0.19), (0.014, 0.22), (0.013, 0.27)), 0, closed=True, clear=0.25
)
CAN: Final = Shape(((0.031, 0.0), (0.033, 0.006), (0.033, 0.11), (0.028, 0.12)), 0.2)
TUB: Final = Shape(((0.05, 0.0), (0.056, 0.07)), 0.6)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a thing stands: (x, y) pixels of the middle of its foot, pixels per metre, flatness of circles there."""

    x_px: float
    y_px: float
    px_per_m: float
    flatness: float

    def raised(self, height_m: float) -> "Pose":
        """The same place so much higher."""
        upright = float(np.sqrt(max(0.0, 1 - self.flatness**2)))
        return Pose(self.x_px, self.y_px - height_m * upright * self.px_per_m, self.px_per_m, self.flatness)


def draw_solid(
    layer: Layer,
    pose: Pose,
    shape: Shape,
    colour: Floats,
    rng: np.random.Generator,
    *,
    food: float = 0.0,
    tilt_deg: float = 0.0,
) -> int:
    """Draw a turned solid and return its number.

    Args:
        layer: to draw on.
        pose: where its foot is.
        shape: what it is.
        colour: (3,) RGB, 0 to 255.
        rng: which of several drawings of it this is, and in what shade.
        food: 0 is clean, 1 is full of remains.
        tilt_deg: how far it has tipped to one side.
    """
    key = f32(np.clip(np.round(colour / 20) * 20, 12, 250))
    variant = int(rng.integers(0, _VARIANTS if food > 0 else 2))
    large = max(2 * shape.radius_m, shape.height_m) * pose.px_per_m > 1.2 * _SHEET_PX
    sheet = _sheet(
        shape, (int(key[0]), int(key[1]), int(key[2])), round(food * 4), round(pose.flatness * 14), variant, large=large
    )
    ratio = pose.px_per_m / sheet.px_per_m
    turn = np.asarray(cv2.getRotationMatrix2D(sheet.foot, tilt_deg, ratio), np.float64)
    height, width = sheet.picture.shape[:2]
    low, size_wh = turned_room(turn, (width, height))
    turn[:, 2] -= low
    # Shrinking by much in one step would leave out lines: halve first.
    picture = f32(_moved(sheet.picture, turn, size_wh, ratio))
    shade_foot(layer, pose, shape.profile_m[0][0])
    alpha = picture[..., 3] / f32(255)
    tint = f32(rng.uniform(0.86, 1.06) * rng.uniform(0.97, 1.03, 3))
    tone = f32(picture[..., :3] / np.maximum(alpha, 1e-2)[..., None] * tint)
    corner = (round(pose.x_px - sheet.foot[0] + low[0]), round(pose.y_px - sheet.foot[1] + low[1]))
    return layer.over(tone, alpha, corner)


def _moved(picture: Mask, turn: npt.NDArray[np.float64], size_wh: tuple[int, int], ratio: float) -> Mask:
    while ratio < 0.5:
        picture = np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        turn = turn @ np.diag([2.0, 2.0, 1.0])
        ratio *= 2
    return np.asarray(cv2.warpAffine(picture, turn, size_wh, flags=cv2.INTER_LINEAR), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    picture: Mask  # (h, w, 4) premultiplied RGBA
    foot: tuple[float, float]
    px_per_m: float


@lru_cache(maxsize=1200)
def _sheet(
    shape: Shape, colour: tuple[int, int, int], food: int, flatness: int, variant: int, *, large: bool
) -> _Sheet:
    """One drawing of a thing, kept: what differs between two plates of a pile is worth no second drawing.

    It depends on its arguments alone, so that the same seed gives the same scene whatever was drawn before.
    """
    rng = np.random.default_rng((*colour, food, flatness, variant, round(shape.radius_m * 1e4)))
    span = _SHEET_PX * (2 if large else 1)
    scale = span / max(2 * shape.radius_m, shape.height_m)
    flat = min(flatness / 14, 0.99)
    upright = float(np.sqrt(1 - flat**2))
    wide = int(2 * (shape.radius_m + shape.handle_m) * scale) + 8
    high = int((shape.height_m * upright + 2 * shape.radius_m * flat) * scale) + 8
    foot = (wide / 2, high - 4 - shape.radius_m * flat * scale)
    tone, alpha = _solid((high, wide), foot, scale, flat, shape, f32(colour), rng, food / 4)
    return _Sheet(np.asarray(np.dstack([tone, alpha * 255]) + f32(0.5), np.uint8), foot, scale)


def shade_foot(layer: Layer, pose: Pose, radius_m: float) -> None:
    """The dark rim where a thing touches what it stands on."""
    wide, high = 1.35 * radius_m * pose.px_per_m, 1.35 * radius_m * pose.px_per_m * pose.flatness
    side = max(3, int(high * 0.7)) | 1
    mask = np.zeros((int(2 * high) + 3 * side, int(2 * wide) + 3 * side), np.uint8)
    middle = (mask.shape[1] // 2, mask.shape[0] // 2)
    _ellipse(mask, middle, wide, high)
    soft = f32(cv2.blur(mask, (side, side))) * f32(0.55 / 255)
    layer.dim(soft, (round(pose.x_px) - middle[0], round(pose.y_px) - middle[1]))


def _solid(
    shape_hw: tuple[int, int],
    foot: tuple[float, float],
    scale: float,
    flatness: float,
    shape: Shape,
    colour: Floats,
    rng: np.random.Generator,
    food: float,
) -> tuple[Floats, Floats]:
    upright = float(np.sqrt(1 - flatness**2))
    body = np.zeros(shape_hw, np.uint8)
    radii, heights = f32(shape.profile_m).T
    steps = max(3, min(40, int(shape.height_m * upright * scale)))
    for height in np.linspace(0, shape.height_m, steps):
        radius = float(np.interp(height, heights, radii)) * scale
        _ellipse(body, (foot[0], foot[1] - height * upright * scale), radius, radius * flatness)
    across = (np.arange(shape_hw[1], dtype=np.float32) - foot[0]) / (shape.radius_m * scale)
    lamp = float(rng.uniform(-0.6, 0.6))
    shade = 0.58 + 0.42 * np.sqrt(np.clip(1 - (np.clip(across, -1, 1) - lamp * 0.5) ** 2, 0, 1))
    glint = np.exp(-(((across - lamp) / 0.09) ** 2)) * rng.uniform(10, 60)
    tone = f32(colour * shade[None, :, None] + glint[None, :, None] + np.zeros((*shape_hw, 1)))
    if shape.handle_m:
        _handle(body, tone, foot, scale, flatness, shape, colour, rng)
    rim = (foot[0], foot[1] - shape.height_m * upright * scale)
    if not shape.closed:
        _inside(tone, rim, radii[-1] * scale, flatness, shape, colour, rng, food)
    cover = f32(body) / f32(255) * f32(1 - shape.clear * rng.uniform(0.7, 1))
    return f32(np.clip(tone, 0, 255) * cover[..., None]), cover


def _handle(
    body: Mask, tone: Floats, foot: tuple[float, float], scale: float, flatness: float, shape: Shape,
    colour: Floats, rng: np.random.Generator,
) -> None:  # fmt: skip
    mask = np.zeros_like(body)
    upright = float(np.sqrt(1 - flatness**2))
    side = 1 if rng.random() < 0.5 else -1
    start = (foot[0] + side * shape.profile_m[-1][0] * scale * 0.9, foot[1] - 0.75 * shape.height_m * upright * scale)
    slope = float(rng.uniform(-0.3, 0.5)) * flatness
    end = (start[0] + side * shape.handle_m * scale, start[1] + slope * shape.handle_m * scale)
    thick = max(1, round(0.02 * scale))
    cv2.line(mask, _int(start), _int(end), 255, thick, cv2.LINE_AA)
    dark = colour * f32(0.45)
    tone += (dark - tone) * (f32(mask) / f32(255))[..., None]
    np.maximum(body, mask, out=body)


def _inside(
    tone: Floats, rim: tuple[float, float], radius: float, flatness: float, shape: Shape, colour: Floats,
    rng: np.random.Generator, food: float,
) -> None:  # fmt: skip
    reach = (int(radius * flatness) + 3, int(radius) + 3)
    left, top = max(0, int(rim[0]) - reach[1]), max(0, int(rim[1]) - reach[0])
    tone = tone[top : int(rim[1]) + reach[0] + 1, left : int(rim[0]) + reach[1] + 1]
    rim = (rim[0] - left, rim[1] - top)
    shape_hw = tone.shape[:2]
    opening, hollow = np.zeros(shape_hw, np.uint8), np.zeros(shape_hw, np.uint8)
    _ellipse(opening, rim, radius, radius * flatness)
    _ellipse(hollow, (rim[0], rim[1] + 0.02 * radius), radius * 0.94, radius * 0.93 * flatness)
    cover, within = f32(opening) / f32(255), f32(hollow) / f32(255)
    tone += (f32(np.clip(colour * f32(1.1), 0, 250)) - tone) * cover[..., None]
    rows = (np.arange(shape_hw[0], dtype=np.float32)[:, None] - rim[1]) / max(1.0, radius * flatness)
    columns = (np.arange(shape_hw[1], dtype=np.float32)[None] - rim[0]) / max(1.0, radius)
    # Deep things are dark on the near side of the inside, where the wall is in its own shadow.
    deep = f32(np.clip(1 - shape.inside * (0.35 + 0.4 * np.clip(-rows, -1, 1)), 0.15, 1.05))
    ring = np.exp(-((np.sqrt(rows**2 + columns**2) - 0.66) ** 2) / 0.002) * (-18 if shape.inside < 0.3 else 0)
    inner = colour * (deep * np.ones_like(columns))[..., None] + ring[..., None]
    if food > 0:
        inner = _remains(f32(inner), f32(columns), f32(rows), food, rng)
    tone += (f32(inner) - tone) * within[..., None]


def _remains(inner: Floats, columns: Floats, rows: Floats, food: float, rng: np.random.Generator) -> Floats:
    x, y = np.broadcast_arrays(columns, rows)
    reach = np.sqrt((x - rng.uniform(-0.3, 0.3)) ** 2 + (y - rng.uniform(-0.3, 0.3)) ** 2)
    for part in range(int(rng.integers(1, 4))):
        tint = f32(FOOD[int(rng.integers(0, len(FOOD)))]) * f32(rng.uniform(0.7, 1.15))
        lumps = noise_at(f32(x * 0.5), f32(y * 0.5), rng, scale=0.8)
        edge = lumps * f32(0.55) + f32(1.15 * food + 0.1 - part * 0.25 - 1.3 * reach)
        smear = np.clip(edge * f32(4), 0, 1) * f32(rng.uniform(0.55, 1))
        relief = 1 + f32(0.18) * np.roll(lumps, 2, axis=0) - f32(0.18) * lumps
        inner = f32(inner + (tint * relief[..., None] - inner) * smear[..., None])
    return inner


def _ellipse(mask: Mask, centre: tuple[float, float], half_width: float, half_height: float) -> None:
    axes = (max(1, round(half_width * 8)), max(1, round(half_height * 8)))
    cv2.ellipse(mask, (round(centre[0] * 8), round(centre[1] * 8)), axes, 0, 0, 360, 255, -1, cv2.LINE_AA, 3)


def _int(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0]), round(point[1])
