"""What lies about where manholes are: leaves, paper, gravel; and the branches that people put into open ones."""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.arrays import Floats, blurred, vector
from hazardlens.training.composing.cables_brush import paint
from hazardlens.training.composing.cables_curves import Strand, wavy
from hazardlens.training.composing.covers_render import Drawn
from hazardlens.training.composing.light import Light
from hazardlens.training.composing.scene import Box, Pixels

_LITTER: Final = (
    (0.3, 0.2, 0.08), (0.2, 0.13, 0.05), (0.12, 0.16, 0.05), (0.7, 0.7, 0.68), (0.25, 0.24, 0.22), (0.08, 0.07, 0.06),
)  # fmt: skip
_BARK: Final = ((0.16, 0.11, 0.07), (0.3, 0.25, 0.18), (0.1, 0.09, 0.07))


def litter(drawn: Drawn, light: Light, half_width_px: float, rng: np.random.Generator) -> Drawn:
    """Scatter small things over a drawn part and the ground beside it; none floats over the hole.

    Args:
        drawn: the part; its box is to be read before, for litter belongs to no box.
        light: of the place.
        half_width_px: of the manhole, which gives the scale.
        rng: how many, where, what.
    """
    height, width = drawn.ground.shape
    canvas = np.zeros((height, width, 4), np.uint8)
    flat = height / width
    for _ in range(int(rng.integers(3, 28))):
        at = rng.integers(0, width), rng.integers(0, height)
        size = half_width_px * np.exp(rng.uniform(np.log(0.015), np.log(0.09)))
        axes = max(1, round(4 * size)), max(1, round(4 * size * rng.uniform(0.25, 0.9) * min(1, flat + 0.2)))
        colour = vector(_LITTER[int(rng.integers(len(_LITTER)))]) * light.colour * np.float32(rng.uniform(0.6, 1.4))
        screen = [int(255 * value) for value in np.sqrt(np.clip(colour, 0, 1))]
        centre = int(at[0]) * 4, int(at[1]) * 4
        cv2.ellipse(canvas, centre, axes, rng.uniform(-40, 40), 0, 360, (*screen, 255), -1, cv2.LINE_AA, 2)
    part = np.asarray(canvas, np.float32) * np.float32(1 / 255)
    part[..., :3] *= part[..., :3] / np.maximum(part[..., 3:], 1 / 255)
    part = part * (drawn.hole < 0.05)[..., None]
    clear = 1 - part[..., 3]
    dark = 1 - 0.35 * blurred(np.roll(part[..., 3], 1, axis=0), 0.8)
    return replace(
        drawn,
        colour=np.asarray(drawn.colour * clear[..., None] + part[..., :3], np.float32),
        cover=np.asarray(drawn.cover * clear, np.float32),
        rest=np.asarray(drawn.rest * clear + part[..., 3], np.float32),
        ground=np.asarray(drawn.ground * dark, np.float32),
    )


def branches(pixels: Pixels, hole_xyxy: Box, rng: np.random.Generator) -> Pixels:
    """Sticks and twigs that stand in an open hole, to warn people."""
    x_min, y_min, x_max, y_max = hole_xyxy
    foot = vector([rng.uniform(0.35, 0.65) * (x_max - x_min) + x_min, rng.uniform(0.5, 0.7) * (y_max - y_min) + y_min])
    strands: list[tuple[Strand, Floats]] = []
    bark = vector(_BARK[int(rng.integers(len(_BARK)))])
    for _ in range(int(rng.integers(1, 4))):
        length = (x_max - x_min) * rng.uniform(0.6, 1.6)
        stem = _twig(foot, float(rng.normal(0, 0.35)), length, (x_max - x_min) * rng.uniform(0.02, 0.07), rng)
        strands.append((stem, bark))
        for _ in range(int(rng.integers(0, 6))):
            start = int(rng.integers(10, 30))
            turn = float(rng.normal(0, 0.8))
            twig = _twig(
                stem.points[start], turn, length * rng.uniform(0.15, 0.5), float(stem.widths[start]) * 0.5, rng
            )
            strands.append((twig, bark if rng.random() < 0.6 else vector([0.06, 0.13, 0.04])))
    painted = paint(pixels, strands, None, rng)
    return pixels if painted is None else painted.pixels


def _twig(foot: Floats, heading: float, length: float, width: float, rng: np.random.Generator) -> Strand:
    turns = heading + 0.15 * wavy(32, rng, 4)
    moves = np.stack([np.sin(turns), -np.cos(turns)], axis=1) * np.float32(length / 32)
    widths = np.linspace(width, max(0.35 * width, 0.7), 32)
    return Strand(np.asarray(foot + np.cumsum(moves, axis=0), np.float32), np.asarray(widths, np.float32))
