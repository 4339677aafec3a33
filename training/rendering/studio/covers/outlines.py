"""Outlines of covers, frames and holes: loops of points round a centre, and how a plate breaks along a jagged line."""

import numpy as np
import numpy.typing as npt

Loop = npt.NDArray[np.float64]
"""(N, 2) metres, counter-clockwise; loops that are lofted onto each other start in the same corner."""

POINTS = 64


def round_loop(half_m: float, half_y_m: float | None = None) -> Loop:
    """A circle or an ellipse."""
    angles = -0.75 * np.pi + 2 * np.pi * np.arange(POINTS) / POINTS
    return np.stack([half_m * np.cos(angles), (half_m if half_y_m is None else half_y_m) * np.sin(angles)], axis=1)


def square_loop(half_x_m: float, half_y_m: float) -> Loop:
    """A rectangle, its corners among the points."""
    share = np.arange(POINTS // 4) / (POINTS // 4) * 2 - 1
    ones = np.ones_like(share)
    x = np.concatenate([share, ones, -share, -ones])
    y = np.concatenate([-ones, share, ones, -share])
    return np.stack([x * half_x_m, y * half_y_m], axis=1)


def ragged(loop: Loop, rng: np.random.Generator, low_m: float, high_m: float) -> Loop:
    """The loop widened by an irregular amount between the two: what is left where asphalt breaks away."""
    angles = np.arange(len(loop)) * 2 * np.pi / len(loop)
    wave = np.zeros(len(loop))
    for k in (1, 2, 3, 4, 6, 9):
        wave += rng.normal(0, 1 / k) * np.cos(k * angles + rng.uniform(0, 2 * np.pi))
    wave = (wave - wave.min()) / max(float(np.ptp(wave)), 1e-9)
    grow = low_m + (high_m - low_m) * wave + rng.uniform(-0.006, 0.006, len(loop))
    away = loop / np.linalg.norm(loop, axis=1, keepdims=True)
    return np.asarray(loop + away * grow[:, None])


def split(loop: Loop, rng: np.random.Generator, share: float) -> tuple[Loop, Loop]:
    """Break a convex plate along a jagged line: the part with about `share` of its edge, and the rest."""
    count = len(loop)
    end = int(np.clip(round(count * share), 3, count - 3))
    while True:  # a line that runs along a side would leave the plate: most lines do not
        turned = np.roll(loop, -int(rng.integers(count)), axis=0)
        line = _jagged(turned[0], turned[end], rng)
        kept, rest = np.concatenate([turned[: end + 1], line[::-1]]), np.concatenate([turned[end:], turned[:1], line])
        if _inside(line, loop) and min(area_m2(kept), area_m2(rest)) > 0.03 * area_m2(loop):
            return kept, rest


def _inside(points: Loop, loop: Loop) -> bool:
    """Whether all points lie well within a convex loop."""
    sides = np.roll(loop, -1, axis=0) - loop
    away = points[:, None] - loop[None]
    across = sides[None, :, 0] * away[..., 1] - sides[None, :, 1] * away[..., 0]
    return bool((across > 0.002 * np.linalg.norm(sides, axis=1)).all())


def _jagged(start: Loop, end: Loop, rng: np.random.Generator) -> Loop:
    """Points between two others, without these."""
    steps = np.linspace(0, 1, 14)[1:-1]
    across = np.array([-(end - start)[1], (end - start)[0]])
    bow = rng.uniform(-0.12, 0.12) * np.sin(np.pi * steps) + rng.normal(0, 0.025, len(steps))
    return np.asarray(start + steps[:, None] * (end - start) + bow[:, None] * across)


def area_m2(loop: Loop) -> float:
    """What a loop encloses; positive when counter-clockwise."""
    x, y = loop[:, 0], loop[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)
