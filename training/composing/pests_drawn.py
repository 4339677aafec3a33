"""Cockroaches seen from above, and rats from the side: drawn, for there are no free photos of them in kitchens."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.noise import noise_at

Mask = npt.NDArray[np.uint8]
Place = Callable[[float, float], tuple[int, int]]

_ROACH_PX: Final = 96  # length of the body on the drawing sheet
_RAT_PX: Final = 120
_COATS: Final = ((96, 78, 60), (84, 78, 74), (118, 96, 74), (52, 46, 44), (70, 58, 46))
_SHELLS: Final = ((92, 48, 22), (62, 34, 18), (124, 72, 34), (40, 26, 18))
_BODY: Final = f32([
    [1.0, 0.27], [0.95, 0.37], [0.86, 0.46], [0.74, 0.5], [0.6, 0.58], [0.42, 0.64], [0.24, 0.6], [0.1, 0.47],
    [0.02, 0.28], [0.06, 0.12], [0.2, 0.05], [0.45, 0.07], [0.66, 0.08], [0.8, 0.13], [0.92, 0.19],
])  # fmt: skip


def draw_roach(
    layer: Layer, at_px: tuple[float, float], length_px: float, flatness: float, rng: np.random.Generator
) -> int:
    """Draw a cockroach lying on a surface, and return the thing's number.

    Args:
        layer: to draw on.
        at_px: middle of its body.
        length_px: of its body, if it lay across.
        flatness: height of a circle on that surface, as a share of its width.
        rng: direction, size of legs and antennae, colour.
    """
    side = _ROACH_PX * 3
    tone, mask = _roach((side, side), rng)
    scale = length_px / _ROACH_PX
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.uniform(0, 360)), 1.0)
    turned = [f32(cv2.warpAffine(part, turn, (side, side))) for part in (tone * mask[..., None], mask)]
    size = (max(2, round(side * scale)), max(2, round(side * scale * max(flatness, 0.45))))
    small, alpha = (f32(cv2.resize(part, size, interpolation=cv2.INTER_AREA)) for part in turned)
    corner = (round(at_px[0] - size[0] / 2), round(at_px[1] - size[1] / 2))
    shade = f32(cv2.blur(alpha, (3, 3))) * f32(0.5)
    layer.dim(shade, (corner[0] + 1, corner[1] + max(1, round(0.05 * length_px))))
    return layer.over(f32(small / np.maximum(alpha, 1e-3)[..., None]), alpha, corner)


def _roach(shape: tuple[int, int], rng: np.random.Generator) -> tuple[Floats, Floats]:
    mask = np.zeros(shape, np.uint8)
    middle, unit = np.array(shape) / 2, float(_ROACH_PX)
    shell = f32(_SHELLS[int(rng.integers(0, len(_SHELLS)))]) * f32(rng.uniform(0.75, 1.2))

    def point(along: float, across: float) -> tuple[int, int]:
        return round(middle[1] + across * unit), round(middle[0] - along * unit)

    for side in (-1, 1):
        for root, knee, tip in ((0.22, 0.42, 0.52), (0.05, 0.02, -0.05), (-0.1, -0.32, -0.62)):
            wobble = float(rng.normal(0, 0.05))
            cv2.line(mask, point(root, 0.1 * side), point(knee + wobble, 0.36 * side), 255, 4, cv2.LINE_AA)
            cv2.line(mask, point(knee + wobble, 0.36 * side), point(tip + wobble, 0.5 * side), 255, 3, cv2.LINE_AA)
        bend = float(rng.uniform(0.1, 0.5))
        curve = [point(0.48 + 0.75 * t, side * (0.06 + bend * t * t)) for t in np.linspace(0, 1, 8)]
        for start, end in pairwise(curve):
            cv2.line(mask, start, end, 190, 2, cv2.LINE_AA)
    body = np.zeros(shape, np.uint8)
    cv2.ellipse(body, point(-0.03, 0), (round(0.2 * unit), round(0.48 * unit)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(body, point(0.33, 0), (round(0.17 * unit), round(0.13 * unit)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.circle(body, point(0.47, 0), round(0.08 * unit), 255, -1, cv2.LINE_AA)
    across = np.abs(np.arange(shape[1]) - middle[1]) / (0.2 * unit)
    light = 0.75 + 0.5 * np.exp(-(((across - 0.4) / 0.28) ** 2))
    tone = f32(np.ones((*shape, 1)) * shell * light[None, :, None])
    cv2.line(tone, point(0.2, 0), point(-0.5, 0), (shell * f32(0.5)).tolist(), 2)
    tone[: point(0.2, 0)[1]] *= f32(0.8)
    return tone, f32(np.maximum(mask, body)) / f32(255)


def draw_rat(layer: Layer, foot_px: tuple[float, float], length_px: float, rng: np.random.Generator) -> int:
    """Draw a rat from the side, its feet at (x, y) pixels, and return the thing's number.

    Args:
        layer: to draw on.
        foot_px: where it stands.
        length_px: of head and body; the tail comes on top.
        rng: coat, posture, tail, direction.
    """
    shape = (round(_RAT_PX * 1.1), round(_RAT_PX * 2.2))
    tone, mask = _rat(shape, rng)
    if rng.random() < 0.5:
        tone, mask = tone[:, ::-1], mask[:, ::-1]
    scale = length_px / _RAT_PX
    size = (max(3, round(shape[1] * scale)), max(3, round(shape[0] * scale)))
    small, alpha = (
        f32(cv2.resize(part, size, interpolation=cv2.INTER_AREA)) for part in (tone * mask[..., None], mask)
    )
    corner = (round(foot_px[0] - size[0] / 2), round(foot_px[1] - size[1] * 0.92))
    ground = np.zeros_like(alpha)
    middle = (size[0] // 2, round(size[1] * 0.9))
    cv2.ellipse(ground, middle, (max(1, round(length_px * 0.42)), max(1, round(length_px * 0.09))), 0, 0, 360, 0.55, -1)
    side = max(3, round(length_px * 0.08)) | 1
    layer.dim(f32(cv2.blur(ground, (side, side))), corner)
    return layer.over(f32(small / np.maximum(alpha, 1e-3)[..., None]), alpha, corner)


def _rat(shape: tuple[int, int], rng: np.random.Generator) -> tuple[Floats, Floats]:
    left, ground = shape[1] * 0.36, shape[0] * 0.92
    hunch = float(rng.uniform(0.8, 1.2))
    coat = f32(_COATS[int(rng.integers(0, len(_COATS)))]) * f32(rng.uniform(0.8, 1.2))

    def place(x: float, y: float) -> tuple[int, int]:
        return round(left + x * _RAT_PX), round(ground - y * hunch * _RAT_PX)

    body = np.zeros(shape, np.uint8)
    cv2.fillPoly(body, [np.array([place(float(x), float(y)) for x, y in _BODY], np.int32)], 255, cv2.LINE_AA)
    smooth = cv2.GaussianBlur(body, (0, 0), 5)
    # Fur has no sharp outline: noise moves it in and out.
    columns, rows = np.meshgrid(np.arange(shape[1]) / 60, np.arange(shape[0]) / 60)
    fur = noise_at(f32(columns), f32(rows), rng, scale=2.5)
    mask = f32(np.clip((f32(smooth) - 118 + 16 * fur) / 30, 0, 1))
    height = np.clip((ground - np.arange(shape[0])) / (0.6 * hunch * _RAT_PX), 0, 1)
    tone = f32(coat * (1.25 - 0.45 * height[:, None, None]) * (1 + 0.12 * fur[..., None]))
    skin = f32([168, 128, 116]) * f32(rng.uniform(0.7, 1))
    _skin_parts(tone, mask, skin, place, rng)
    cv2.ellipse(tone, place(0.76, 0.5), (9, 11), 0, 0, 360, (coat * f32(0.6) + skin * f32(0.35)).tolist(), -1)
    ear = np.zeros(shape, np.uint8)
    cv2.ellipse(ear, place(0.76, 0.5), (9, 11), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.circle(tone, place(0.88, 0.35), 3, (14, 12, 12), -1)
    cv2.circle(tone, place(0.886, 0.36), 1, (190, 190, 190), -1)
    return tone, f32(np.maximum(mask, f32(ear) / f32(255)))


def _skin_parts(tone: Floats, mask: Floats, skin: Floats, place: Place, rng: np.random.Generator) -> None:
    bare = np.zeros(mask.shape, np.uint8)
    swing, droop = float(rng.uniform(-0.25, 0.3)), float(rng.uniform(0.02, 0.16))
    curve = [
        place(0.06 - 0.85 * t, 0.2 * (1 - t) ** 2 + swing * t * (1 - t) + droop * t * 0.3)
        for t in np.linspace(0, 1, 12)
    ]
    for step, (start, end) in enumerate(pairwise(curve)):
        cv2.line(bare, start, end, 255, max(2, 6 - step // 2), cv2.LINE_AA)
    for x in (0.2, 0.34, 0.66, 0.76):
        cv2.ellipse(bare, place(x + float(rng.normal(0, 0.02)), 0.02), (8, 4), 0, 0, 360, 255, -1, cv2.LINE_AA)
    share = f32(bare) / f32(255) * (1 - mask)
    tone += (skin - tone) * share[..., None]
    np.maximum(mask, f32(bare) / f32(255), out=mask)
