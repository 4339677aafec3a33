"""A sheet of things in front of a photo: they cover each other on it, and it is blended into the photo as one."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_look import Look
from hazardlens.training.composing.light import add_grain
from hazardlens.training.composing.scene import Box, Pixels

_SEEN = 0.35  # share of a pixel from which on a part counts as visible there
_SILL_PX = 1e-3


@dataclass(slots=True, eq=False)
class Layer:
    """Things drawn so far, at the size of the photo.

    Attributes:
        colour: (H, W, 3) float32, 0 to 255, as taken in daylight: the photo's own look is put on when it is blended.
        alpha: (H, W) float32, how much of a pixel is covered.
        shade: (H, W) float32, how much of the light of the photo behind is lost, 0 to 1.
        owner: (H, W) int16, number of the thing that is visible, or -1.
        count: how many things were drawn.
    """

    colour: Floats
    alpha: Floats
    shade: Floats
    owner: npt.NDArray[np.int16]
    count: int = field(default=0)

    @classmethod
    def empty(cls, height_px: int, width_px: int) -> "Layer":
        """Nothing yet, for a photo of this size."""
        return cls(
            np.zeros((height_px, width_px, 3), np.float32),
            np.zeros((height_px, width_px), np.float32),
            np.zeros((height_px, width_px), np.float32),
            np.full((height_px, width_px), -1, np.int16),
        )

    def over(self, colour: Floats, alpha: Floats, corner_px: tuple[int, int]) -> int:
        """Put a thing before all that is there, and darken what it stands close to.

        Args:
            colour: (h, w, 3) float32, 0 to 255.
            alpha: (h, w) float32.
            corner_px: (column, row) of its first pixel; it may stick out of the photo.

        Returns:
            The thing's number.
        """
        number, self.count = self.count, self.count + 1
        here, there = _overlap(alpha.shape, corner_px, self.alpha.shape)
        if here is None or there is None:
            return number
        tone, cover = colour[here], alpha[here]
        near = cv2.blur(cover, _odd(alpha.shape, 0.14)) * f32(0.4)
        kept = (1 - cover)[..., None]
        under = self.colour[there] * (1 - near)[..., None]
        self.colour[there] = tone * cover[..., None] + under * kept
        self.alpha[there] = cover + self.alpha[there] * (1 - cover)
        self.owner[there] = np.where(cover > _SEEN, np.int16(number), self.owner[there])
        return number

    def dim(self, shade: Floats, corner_px: tuple[int, int]) -> None:
        """Take light from the photo behind: (h, w) float32, 0 to 1."""
        here, there = _overlap(shade.shape, corner_px, self.shade.shape)
        if here is not None and there is not None:
            self.shade[there] = 1 - (1 - self.shade[there]) * (1 - shade[here])

    def box_of(self, numbers: set[int]) -> Box | None:
        """The box round the visible pixels of these things, or None when nothing of them is seen."""
        wanted = np.zeros(self.count + 1, bool)
        wanted[list(numbers)] = True
        seen = wanted[self.owner]
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        if not rows.size:
            return None
        return (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))

    def covers(self, box_xyxy: Box) -> float:
        """The share of a box in pixels that is covered by things."""
        x_min, y_min, x_max, y_max = (round(value) for value in box_xyxy)
        inside = self.owner[max(y_min, 0) : y_max, max(x_min, 0) : x_max]
        return float((inside >= 0).mean()) if inside.size else 0.0

    def blend(self, pixels: Pixels, look: Look, rng: np.random.Generator) -> Pixels:
        """The photo with these things in it, in its own light, sharpness and grain; other pixels are untouched."""
        touched = (self.alpha > _SILL_PX) | (self.shade > 0.01)
        rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
        if not rows.size:
            return pixels
        pad = 4
        place = (
            slice(max(0, rows[0] - pad), rows[-1] + 1 + pad),
            slice(max(0, columns[0] - pad), columns[-1] + 1 + pad),
        )
        alpha = self.alpha[place][..., None]
        tone = look.of(f32(self.colour[place] / np.maximum(alpha, _SILL_PX)))
        premultiplied = np.concatenate([tone * alpha, alpha], axis=2)
        if look.blur_px > 0.15:
            premultiplied = np.asarray(
                cv2.GaussianBlur(premultiplied, (7, 7) if look.blur_px > 0.9 else (5, 5), look.blur_px), np.float32
            )
        cover = premultiplied[..., 3]
        grainy = _grained(premultiplied[..., :3], cover, look.grain, rng)
        behind = pixels[place].astype(np.float32) * (1 - self.shade[place])[..., None]
        mixed = grainy + behind * (1 - cover)[..., None]
        result = pixels.copy()
        changed = (cover > _SILL_PX) | (self.shade[place] > 0.01)
        result[place] = np.where(changed[..., None], np.clip(mixed + 0.5, 0, 255).astype(np.uint8), pixels[place])
        return result


def turned_room(
    turn: npt.NDArray[np.float64], size_wh: tuple[int, int]
) -> tuple[npt.NDArray[np.int_], tuple[int, int]]:
    """Where a picture of this size lies once it is turned.

    Args:
        turn: (2, 3), as `cv2.getRotationMatrix2D` gives it.
        size_wh: of the picture, pixels.

    Returns:
        Its lowest column and row, and its width and height, in whole pixels.
    """
    width, height = size_wh
    corners = f32([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ f32(turn).T
    low = np.floor(corners.min(axis=0)).astype(int)
    wide, high = np.ceil(corners.max(axis=0)).astype(int) - low
    return low, (max(1, int(wide)), max(1, int(high)))


def _grained(tone: Floats, cover: Floats, grain: float, rng: np.random.Generator) -> Floats:
    if grain < 0.3:
        return tone
    linear = np.square(np.clip(tone / 255, 0, 1))
    return np.asarray(np.sqrt(add_grain(np.asarray(linear, np.float32), cover, grain, rng)) * 255, np.float32)


def _overlap(
    shape: tuple[int, ...], corner_px: tuple[int, int], whole: tuple[int, ...]
) -> tuple[tuple[slice, slice], tuple[slice, slice]] | tuple[None, None]:
    x, y = corner_px
    x_0, y_0, x_1, y_1 = max(0, -x), max(0, -y), min(shape[1], whole[1] - x), min(shape[0], whole[0] - y)
    if x_0 >= x_1 or y_0 >= y_1:
        return None, None
    return (slice(y_0, y_1), slice(x_0, x_1)), (slice(y + y_0, y + y_1), slice(x + x_0, x + x_1))


def _odd(shape: tuple[int, ...], share: float) -> tuple[int, int]:
    side = max(3, int(min(shape) * share)) | 1
    return side, side
