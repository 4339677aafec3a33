"""Fields of numbers from which surfaces are painted: clouds, grain, blur. All of them repeat without a seam."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def clouds(rng: np.random.Generator, size_px: int, *, roughness: float = 1.6) -> Floats:
    """Noise of mean 0 and deviation 1: (size_px, size_px). The higher `roughness`, the larger its shapes are."""
    frequency = _frequencies(size_px)
    waves = np.fft.rfft2(rng.standard_normal((size_px, size_px), np.float32)) * frequency**-roughness
    field = np.fft.irfft2(waves, (size_px, size_px)).astype(np.float32)
    return np.asarray((field - field.mean()) / max(float(field.std()), 1e-9), np.float32)


def grain(rng: np.random.Generator, size_px: int, width_px: float) -> Floats:
    """Noise of one size only, as stones in asphalt have: mean 0, deviation 1, (size_px, size_px)."""
    field = blurred(rng.standard_normal((size_px, size_px), np.float32), width_px)
    return np.asarray(field / max(float(field.std()), 1e-9), np.float32)


def blurred(field: Floats, sigma_px: float) -> Floats:
    """A square field blurred by a Gaussian, wrapped round its edges."""
    size_px = field.shape[0]
    if sigma_px <= 0:
        return field
    keep = np.exp(-2 * (np.pi * sigma_px * _frequencies(size_px) / size_px) ** 2)
    return np.asarray(np.fft.irfft2(np.fft.rfft2(field) * keep, field.shape), np.float32)


def step(field: Floats, low: float, high: float) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    share = np.clip((field - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def mixed(base: Floats, over: Floats | tuple[float, float, float], share: Floats) -> Floats:
    """Colours (H, W, 3) laid over others by a share (H, W)."""
    part = share[..., None]
    return np.asarray(base * (1 - part) + np.asarray(over, np.float32) * part, np.float32)


def _frequencies(size_px: int) -> Floats:
    rows = np.fft.fftfreq(size_px) * size_px
    columns = np.fft.rfftfreq(size_px) * size_px
    return np.asarray(np.maximum(np.hypot(rows[:, None], columns[None]), 1.0), np.float32)
