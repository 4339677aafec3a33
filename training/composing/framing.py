"""A photo cut to a piece of it, as if somebody had gone nearer, with the boxes that stay."""

from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.arrays import Floats, blurred
from hazardlens.training.composing.noise import noise_at
from hazardlens.training.composing.scene import Pixels, Scene

_CUT: Final = (0.06, 0.6)  # a box of which so much is left would no longer be what it was


def framed(scene: Scene, corner_px: tuple[int, int], share: float, rng: np.random.Generator) -> Scene | None:
    """A piece of a photo enlarged to its size, with the boxes that lie in it; None when it would cut one apart.

    Args:
        scene: the photo.
        corner_px: (x, y) of the piece's upper left corner.
        share: of the photo's width and height.
        rng: the fine detail that enlarging cannot bring.
    """
    x, y = corner_px
    width, height = int(share * scene.width_px), int(share * scene.height_px)
    size = np.array([scene.width_px, scene.height_px] * 2, np.float32)
    scale = size / np.array([width, height] * 2, np.float32)
    whole = np.asarray((scene.boxes_xyxy - np.array([x, y, x, y], np.float32)) * scale, np.float32)
    seen = np.asarray(np.clip(whole, 0, size), np.float32)
    left = _areas(seen) / np.maximum(_areas(whole), 1e-3)
    if np.any((left > _CUT[0]) & (left < _CUT[1])):
        return None
    kept = np.flatnonzero(left >= _CUT[1])
    pixels = _enlarged(scene.pixels[y : y + height, x : x + width], (scene.width_px, scene.height_px), rng)
    labels = tuple(scene.labels[index] for index in kept)
    return Scene(pixels, np.asarray(seen[kept], np.float32), labels, scene.looked_for)


def _areas(boxes_xyxy: Floats) -> Floats:
    sides = boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def _enlarged(pixels: Pixels, size_wh: tuple[int, int], rng: np.random.Generator) -> Pixels:
    # Enlarging leaves no fine detail, which no camera so near would miss: some grit makes up for it.
    large = np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_CUBIC), np.float32)
    if pixels.shape[1] > 0.8 * size_wh[0]:
        return np.asarray(np.clip(large, 0, 255), np.uint8)
    u, v = np.meshgrid(np.arange(size_wh[0], dtype=np.float32), np.arange(size_wh[1], dtype=np.float32))
    depth = 0.6 + 0.8 * v / size_wh[1]  # finer where it is further away
    places = [np.asarray(axis / depth, np.float32) for axis in (0.01 * u, 0.015 * v)]
    grit = noise_at(places[0], places[1], rng, scale=2.5)
    grit = grit - blurred(grit, 2.5)
    amount = np.float32(rng.uniform(0.2, 0.7) * min(float(large.std()), 22))
    return np.asarray(np.clip(large + amount * grit[..., None], 0, 255), np.uint8)
