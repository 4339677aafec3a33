"""From linear light to a phone's JPEG: exposure, white balance, tone, blur, noise, sharpening, compression."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

Light = npt.NDArray[np.float32]

_LUMA: Final = np.asarray([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, slots=True)
class Development:
    """How a phone treats a picture.

    Attributes:
        exposure_ev: stops away from what its meter says.
        balance: gains of red, green and blue: the white balance is never quite right.
        contrast: of the tone curve; 1 is soft, 1.6 hard.
        saturation: 1 as it was.
        vignette: darkening of the corners, 0 to 0.5.
        shake_px: length of the motion blur.
        shake_deg: its direction.
        soft_px: radius of what is out of focus.
        noise: of the sensor; 0.004 by day, 0.05 at night.
        sharpen: halo that phones add, 0 to 1.
        quality: of the JPEG.
    """

    exposure_ev: float = 0.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.25
    saturation: float = 1.0
    vignette: float = 0.15
    shake_px: float = 0.0
    shake_deg: float = 0.0
    soft_px: float = 0.0
    noise: float = 0.008
    sharpen: float = 0.3
    quality: int = 85


def draw_development(rng: np.random.Generator, *, exposure_ev: float = 0.0) -> Development:
    """A phone on a certain day: mostly fine, sometimes shaken, dark, noisy or squeezed by a chat program."""
    warm = float(rng.normal(0, 0.07))
    shaken = rng.random() < 0.18
    soft = rng.random() < 0.12
    return Development(
        exposure_ev=exposure_ev + float(rng.normal(0, 0.35)),
        balance=(1 + warm, 1 + float(rng.normal(0, 0.02)), 1 - warm),
        contrast=float(rng.uniform(1.05, 1.5)),
        saturation=float(rng.uniform(0.75, 1.3)),
        vignette=float(rng.uniform(0, 0.3)),
        shake_px=float(rng.uniform(2, 9)) if shaken else 0.0,
        shake_deg=float(rng.uniform(0, 180)),
        soft_px=float(rng.uniform(0.6, 1.8)) if soft else 0.0,
        noise=float(np.exp(rng.uniform(np.log(0.003), np.log(0.045)))),
        sharpen=float(rng.uniform(0, 0.7)),
        quality=int(rng.integers(55, 94)),
    )


def develop(light: Light, how: Development, rng: np.random.Generator) -> bytes:
    """A JPEG of (H, W, 3) linear light."""
    light = np.nan_to_num(np.maximum(light, 0), posinf=50.0).astype(np.float32)
    light *= _metered(light) * np.float32(2.0**how.exposure_ev) * np.asarray(how.balance, np.float32)
    light = _blurred(light * _vignette(light.shape, how.vignette), how)
    grain = rng.normal(0, 1, light.shape).astype(np.float32)
    light += grain * np.sqrt(how.noise**2 * (0.3 + light)).astype(np.float32) * np.float32(0.5)
    picture = _toned(light, how)
    if how.sharpen > 0:
        picture += np.float32(how.sharpen) * (picture - _gaussian(picture, 1.0))
    pixels = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=how.quality, subsampling=2)
    return file.getvalue()


def _metered(light: Light) -> np.float32:
    """Gain that brings the picture to middle grey, as a phone's meter does: by the middle, without lamps and holes."""
    luma = np.clip(light @ _LUMA, 1e-5, None)
    height, width = luma.shape
    middle = luma[height // 6 : -height // 6, width // 6 : -width // 6]
    level = 0.7 * float(np.exp(np.log(middle).mean())) + 0.3 * float(np.percentile(luma, 80))
    return np.float32(min(0.2 / max(level, 1e-4), 60.0))


def _toned(light: Light, how: Development) -> Light:
    """Filmic shoulder, sRGB gamma, contrast about middle grey, saturation."""
    squeezed = light * (1 + light / 9.0) / (1 + light * 0.75)
    gamma = np.where(squeezed <= 0.0031308, 12.92 * squeezed, 1.055 * np.maximum(squeezed, 1e-6) ** (1 / 2.4) - 0.055)
    gamma = np.clip(gamma, 0, 1)
    curved = gamma**how.contrast / (gamma**how.contrast + (1 - gamma) ** how.contrast + 1e-9)
    grey = (curved @ _LUMA)[..., None]
    return np.asarray(grey + (curved - grey) * how.saturation, np.float32)


def _vignette(shape: tuple[int, ...], strength: float) -> Light:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return np.asarray(1 - strength * (x**2 + y**2) / 2, np.float32)[..., None]


def _blurred(light: Light, how: Development) -> Light:
    if how.soft_px > 0:
        light = _gaussian(light, how.soft_px)
    if how.shake_px < 1:
        return light
    steps = max(2, round(how.shake_px))
    angle = np.deg2rad(how.shake_deg)
    total = np.zeros_like(light)
    for step in np.linspace(-0.5, 0.5, steps):
        shift = (round(step * how.shake_px * np.sin(angle)), round(step * how.shake_px * np.cos(angle)))
        total += _shifted(light, *shift)
    return total / np.float32(steps)


def _shifted(picture: Light, rows: int, columns: int) -> Light:
    """Moved, the edge pixels repeated."""
    height, width = picture.shape[:2]
    y = np.clip(np.arange(height) - rows, 0, height - 1)
    x = np.clip(np.arange(width) - columns, 0, width - 1)
    return picture[y][:, x]


def _gaussian(picture: Light, sigma_px: float) -> Light:
    reach = max(1, round(3 * sigma_px))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (0, 1):
        moves = [(offset, 0) if axis == 0 else (0, offset) for offset in range(-reach, reach + 1)]
        picture = sum(
            (weight * _shifted(picture, *move) for weight, move in zip(weights, moves, strict=True)),
            np.zeros_like(picture),
        )
    return picture
