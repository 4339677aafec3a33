"""Boxes of all kinds, drawn in perspective with shaded sides, and thin things: ladders, boards, poles."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.obstacles_faces import Face, Side
from hazardlens.training.composing.obstacles_view import FloorView

Points = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Block:
    """A box on the floor or on another.

    Attributes:
        at_m: (x, y, z) of the middle of its foot; see `FloorView` for the axes.
        size_m: (width, depth, height).
        turn_rad: about the vertical.
        taper: how much narrower its foot is than its top, 0 to 1.
    """

    at_m: tuple[float, float, float]
    size_m: tuple[float, float, float]
    turn_rad: float
    taper: float = 0.0


def draw_block(layer: Layer, view: FloorView, block: Block, face: Face, rng: np.random.Generator) -> int:
    """Draw the sides that the camera sees, and return the thing's number.

    The lamp is above and to one side: tops are brightest, one side is darker than the front.
    """
    corners = _corners(block)
    seen = view.project(corners)
    x_0, y_0 = np.floor(seen.min(axis=0)).astype(int) - 1
    x_1, y_1 = np.ceil(seen.max(axis=0)).astype(int) + 2
    shape = (min(int(y_1 - y_0), 1600), min(int(x_1 - x_0), 1600))
    colour, alpha = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    lit = {"front": 0.86, "side": float(rng.uniform(0.5, 0.75)), "top": float(rng.uniform(0.95, 1.15))}
    for side, quad in _faces(seen, corners, view):
        _draw_face(colour, alpha, quad - f32([x_0, y_0]), face(side, rng) * f32(lit[side]))
    return layer.over(colour, alpha, (int(x_0), int(y_0)))


def _corners(block: Block) -> Points:
    width, depth, height = block.size_m
    foot = 1 - block.taper
    plan = f32([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * f32([width / 2, depth / 2])
    cosine, sine = np.cos(block.turn_rad), np.sin(block.turn_rad)
    plan = plan @ f32([[cosine, sine], [-sine, cosine]])
    below = np.concatenate([plan * f32(foot), np.zeros((4, 1), np.float32)], axis=1)
    above = np.concatenate([plan, np.full((4, 1), height, np.float32)], axis=1)
    return np.asarray(np.concatenate([below, above]) + f32(block.at_m), np.float32)


def _faces(seen: Points, corners: Points, view: FloorView) -> list[tuple[Side, Points]]:
    # Walls between neighbouring corners, drawn when they turn clockwise in the photo: those face the camera.
    found: list[tuple[float, Side, Points]] = []
    for first, second in ((0, 1), (1, 2), (2, 3), (3, 0)):
        quad = seen[[4 + second, 4 + first, first, second]]
        if _area(quad) > 1:
            along = corners[second] - corners[first]
            side = "front" if abs(along[0]) > abs(along[1]) else "side"
            found.append((float(-corners[[first, second], 1].mean()), side, quad))
    faces = [(side, quad) for _, side, quad in sorted(found, key=lambda item: -item[0])]
    if corners[4, 2] < view.eye_m:
        faces.append(("top", seen[[4, 5, 6, 7]]))
    return faces


def _area(quad: Points) -> float:
    x, y = quad[:, 0], quad[:, 1]
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def _draw_face(colour: Floats, alpha: Floats, quad: Points, sheet: Floats) -> None:
    side = sheet.shape[0] - 1
    corners = f32([[0, 0], [side, 0], [side, side], [0, side]])
    matrix = cv2.getPerspectiveTransform(corners, np.asarray(quad, np.float32))
    size_wh = (alpha.shape[1], alpha.shape[0])
    warped = cv2.warpPerspective(sheet, matrix, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(alpha.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(quad * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    cover = mask.astype(np.float32) / 255
    colour[:] = warped * cover[..., None] + colour * (1 - cover)[..., None]
    np.maximum(alpha, cover, out=alpha)


def draw_bars(
    layer: Layer, view: FloorView, bars: list[tuple[Points, float]], colour: tuple[float, float, float]
) -> int:
    """Draw round bars as one thing.

    Args:
        layer: to draw on.
        view: where they stand.
        bars: each as (2, 3) ends in metres, and its thickness in metres.
        colour: RGB, 0 to 255.
    """
    ends = [view.project(points) for points, _ in bars]
    every = np.concatenate(ends)
    x_0, y_0 = np.floor(every.min(axis=0)).astype(int) - 4
    x_1, y_1 = np.ceil(every.max(axis=0)).astype(int) + 5
    shape = (min(int(y_1 - y_0), 1600), min(int(x_1 - x_0), 1600))
    mask, light = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for (points, thick_m), pair in zip(bars, ends, strict=True):
        width = max(1, round(thick_m * view.scale(float(points[:, 1].mean()))))
        first, second = (tuple(np.round((end - (x_0, y_0)) * 16).astype(int).tolist()) for end in pair)
        cv2.line(mask, first, second, 255, width, cv2.LINE_AA, 4)
        cv2.line(light, first, second, 255, max(1, width // 3), cv2.LINE_AA, 4)
    shade = 0.75 + 0.4 * (light.astype(np.float32) / 255)
    tone = f32(colour) * shade[..., None]
    return layer.over(np.asarray(tone, np.float32), f32(mask) / f32(255), (int(x_0), int(y_0)))


def ladder(at_m: tuple[float, float], lean_m: float, height_m: float) -> list[tuple[Points, float]]:
    """The bars of a ladder that leans against the wall.

    Args:
        at_m: (x, y) of the middle of its feet.
        lean_m: how far its head is nearer to the wall than its feet.
        height_m: of its head.
    """
    x, y = at_m
    bars: list[tuple[Points, float]] = [
        (f32([[x + side, y, 0], [x + side, y - lean_m, height_m]]), 0.05) for side in (-0.2, 0.2)
    ]
    for rung in np.arange(0.28, height_m - 0.1, 0.28):
        at_y = y - lean_m * rung / height_m
        bars.append((f32([[x - 0.2, at_y, rung], [x + 0.2, at_y, rung]]), 0.035))
    return bars
