"""The same photos under worse conditions: dusk, a shaken hand, rain, a messenger's compression, a thumbnail's size.

Everything is drawn from a seed, the condition's name and the photo's name, so that every model sees the same pictures,
in whatever order it looks at them. Boxes stay where they are: no condition moves anything in the picture.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from hazardlens.model.images import Photo, Pixels
from hazardlens.training.errors import EvaluationError

SMALL_SIDE_PX: Final = 240
JPEG_QUALITY: Final = (20, 30)
SEED: Final = 0

Worsen = Callable[[Pixels, np.random.Generator], Pixels]


@dataclass(frozen=True, slots=True)
class Condition:
    """One way in which photos are worse.

    Attributes:
        name: as options and files call it.
        zh: in Chinese, for people.
        en: in English, for people.
        worsen: (H, W, 3) uint8 RGB in, the same out; the size may shrink.
    """

    name: str
    zh: str
    en: str
    worsen: Worsen


def choose_conditions(text: str) -> tuple[Condition, ...]:
    """The conditions of `all`, `none`, or names with commas between them.

    Raises:
        EvaluationError: there is no such condition.
    """
    if text == "none":
        return ()
    if text == "all":
        return CONDITIONS
    names = list(dict.fromkeys(text.split(",")))
    known = {condition.name: condition for condition in CONDITIONS}
    strangers = [name for name in names if name not in known]
    if strangers:
        raise EvaluationError(f"no condition {', '.join(strangers)}: expected all, none or some of {','.join(known)}")
    return tuple(known[name] for name in names)


def worsened(photo: Photo, name: str, condition: Condition, seed: int = SEED) -> Photo:
    """The photo under a condition; the frame of its boxes stays that of the original.

    Args:
        photo: as it was decoded.
        name: of the photo; with `seed` it decides everything that is drawn.
        condition: which.
        seed: of all photos.
    """
    digest = hashlib.sha256(f"{seed} {condition.name} {name}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    pixels = np.ascontiguousarray(condition.worsen(photo.pixels, rng))
    return Photo(pixels, photo.width, photo.height, photo.format)


def dusk(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A fifth to a third of the light, bluish, with the noise of a phone that makes up for it in part."""
    light = pixels.astype(np.float32) / 255
    linear = light**2.2 * rng.uniform(0.18, 0.32)
    linear *= np.asarray([0.82, 0.95, 1.2], np.float32)
    shot = rng.normal(0, 1, linear.shape).astype(np.float32) * np.sqrt(linear * 0.0016 + 0.00002)
    return _bytes(np.clip(linear + shot, 0, 1) ** (1 / 2.2) * 255)


def blur(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The hand moved while the shutter was open: 1.2 to 2.4 % of the long side, in any direction."""
    length = max(3.0, max(pixels.shape[:2]) * rng.uniform(0.012, 0.024))
    kernel = _line(length, rng.uniform(0, np.pi))
    return np.asarray(cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REFLECT), np.uint8)


def rain(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Bright streaks that fall one way, less contrast, and noise."""
    height, width = pixels.shape[:2]
    drops = (rng.random((height, width)) < rng.uniform(0.002, 0.004)).astype(np.float32)
    slant = np.pi / 2 + rng.uniform(-0.3, 0.3)
    kernel = _line(max(5.0, max(height, width) * rng.uniform(0.025, 0.045)), slant)
    streaks = cv2.GaussianBlur(cv2.filter2D(drops, -1, kernel / kernel.max()), (3, 3), 0)
    bright = np.clip(streaks, 0, 1)[..., None] * rng.uniform(0.5, 0.7)
    flat = pixels.astype(np.float32) * 0.75 + 0.15 * 255 * rng.uniform(0.8, 1.1)
    wet = flat * (1 - bright) + 235 * bright
    return _bytes(wet + rng.normal(0, 7, wet.shape))


def jpeg(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Compressed as hard as messengers do: quality 20 to 30."""
    quality = int(rng.integers(JPEG_QUALITY[0], JPEG_QUALITY[1], endpoint=True))
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]


def small(pixels: Pixels, _rng: np.random.Generator) -> Pixels:
    """A preview instead of the photo: 240 px along the long side; smaller ones stay as they are."""
    height, width = pixels.shape[:2]
    scale = SMALL_SIDE_PX / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _line(length_px: float, angle_rad: float) -> npt.NDArray[np.float32]:
    """A kernel that spreads each pixel evenly along a line through the middle; its sum is 1."""
    middle = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * middle + 1, 2 * middle + 1))
    along = np.linspace(-length_px / 2, length_px / 2, 8 * len(kernel))
    x, y = middle + along * np.cos(angle_rad), middle + along * np.sin(angle_rad)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for columns, x_share in ((left, 1 - (x - left)), (left + 1, x - left)):
        for rows, y_share in ((top, 1 - (y - top)), (top + 1, y - top)):
            np.add.at(kernel, (rows, columns), x_share * y_share)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _bytes(values: npt.NDArray[np.floating[Any]]) -> Pixels:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


CONDITIONS: Final = (
    Condition("dusk", "黄昏", "dusk", dusk),
    Condition("blur", "手抖模糊", "motion blur", blur),
    Condition("rain", "雨丝与噪点", "rain and noise", rain),
    Condition("jpeg", "强压缩", "strong JPEG", jpeg),
    Condition("small", "小图", "small size", small),
)
"""All conditions, in the order in which reports list them."""
