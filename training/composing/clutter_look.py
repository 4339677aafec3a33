"""How a photo looks, so that what is put into it looks the same: exposure, tint, haze, sharpness, grain."""

from dataclasses import dataclass

import cv2
import numpy as np

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.light import grain_of
from hazardlens.training.composing.scene import Box, Pixels

_GREY = f32([0.299, 0.587, 0.114])
_PART_BLUR_PX = 0.45  # how soft the edges of drawn and shrunk parts are already


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is done to a part that was drawn as in daylight.

    Attributes:
        gain: factor of each channel, (3,) float32.
        black: what black becomes in this photo, 0 to 255, (3,) float32.
        saturation: 1 keeps colours, 0 takes them away.
        blur_px: sigma of the blur that the photo has and the part lacks.
        grain: noise in levels.
    """

    gain: Floats
    black: Floats
    saturation: float
    blur_px: float
    grain: float

    def of(self, colour: Floats) -> Floats:
        """(h, w, 3) float32 colours in daylight, 0 to 255, as this photo would show them."""
        grey = (colour @ _GREY)[..., None]
        toned = (grey + (colour - grey) * f32(self.saturation)) * self.gain
        # Bright parts bend softly towards white instead of being cut off.
        bent = np.where(toned > 200, 200 + (toned - 200) * f32(0.55), toned)
        return np.asarray(self.black + bent * (1 - self.black / 255), np.float32)


def look_of(pixels: Pixels, around_xyxy: Box, rng: np.random.Generator) -> Look:
    """The look of a photo near a place.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        around_xyxy: where the part will be, pixels; what lies round it tells how bright it is there.
        rng: what the photo does not tell is drawn.
    """
    height, width = pixels.shape[:2]
    x_min, y_min, x_max, y_max = around_xyxy
    side = 0.6 * max(x_max - x_min, y_max - y_min)
    near = pixels[
        max(0, int(y_min - side * 0.4)) : min(height, int(y_max + side)),
        max(0, int(x_min - side)) : min(width, int(x_max + side)),
    ]
    every = np.asarray(pixels[::6, ::6], np.float32).reshape(-1, 3)
    local = np.asarray(near[::4, ::4], np.float32).reshape(-1, 3)
    grey, near_grey = every @ _GREY, local @ _GREY
    bright = 0.45 * np.percentile(grey, 95) / 235 + 0.55 * np.percentile(near_grey, 88) / 195
    exposure = float(np.clip(bright, 0.22, 1.12) * rng.uniform(0.82, 1.08))
    black = np.percentile(every, 1.5, axis=0) * 0.6
    return Look(
        gain=np.asarray(exposure * _tint(local, near_grey), np.float32),
        black=np.asarray(np.clip(black, 0, 40), np.float32),
        saturation=_saturation(every) * float(rng.uniform(0.8, 1.05)),
        blur_px=_blur_of(pixels) * float(rng.uniform(0.85, 1.15)),
        grain=_grain(near),
    )


def _tint(colours: Floats, grey: Floats) -> Floats:
    light = colours[grey >= np.percentile(grey, 60)].mean(axis=0) + 4
    return np.asarray(np.clip(light / (light @ _GREY), 0.6, 1.5) ** 0.5, np.float32)


def _saturation(colours: Floats) -> float:
    spread = float((colours.max(axis=1) - colours.min(axis=1)).mean())
    # A photo of a grey wall is not grey itself: only where hardly anything has a colour do parts lose theirs.
    return float(np.clip((spread - 3) / 6, 0, 0.75) + np.clip((spread - 12) / 60, 0, 0.25))


def _grain(pixels: Pixels) -> float:
    # Grass and gravel look like noise: the evenest parts of the surroundings tell what the sensor adds.
    side = 20
    tiles = [
        grain_of(pixels[y : y + side, x : x + side])
        for y in range(0, pixels.shape[0] - side, max(2 * side, pixels.shape[0] // 4))
        for x in range(0, pixels.shape[1] - side, max(2 * side, pixels.shape[1] // 4))
    ]
    return min(float(np.percentile(tiles, 20)), 5.0) if tiles else 1.0


def _blur_of(pixels: Pixels) -> float:
    # Across a blurred edge the largest bend is 0.6 / sigma of the largest slope.
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)
    slope = np.abs(grey[1:-1, 2:] - grey[1:-1, :-2])[::2, ::2] / 2
    bend = np.abs(grey[1:-1, 2:] + grey[1:-1, :-2] - 2 * grey[1:-1, 1:-1])[::2, ::2]
    steep = slope > max(4.0, float(np.percentile(slope, 98.5)))
    if not steep.any():
        return 0.8
    sigma = 0.62 * float(slope[steep].mean()) / (float(np.percentile(bend, 98.8)) + 1)
    return float(np.sqrt(np.clip(sigma * sigma - _PART_BLUR_PX**2, 0.0, 2.5)))
