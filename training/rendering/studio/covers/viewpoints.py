"""Where people stand who photograph a cover: right above it, some steps away, or across the road."""

import math
from typing import Final

import numpy as np

from hazardlens.training.rendering.studio.shots import Camera

Obstacle = tuple[float, float, float]
"""x, y, radius."""


_LENSES: Final = {
    "close": ([24, 26, 28, 14], [0.3, 0.35, 0.3, 0.05]),
    "middle": ([24, 26, 28, 14, 52], [0.3, 0.35, 0.25, 0.05, 0.05]),
    "far": ([24, 26, 28, 40, 60], [0.3, 0.3, 0.2, 0.1, 0.1]),
}
"""Focal lengths, and how often each is used."""


def draw_camera(
    rng: np.random.Generator,
    place_m: tuple[float, float, float],
    reach_m: float,
    distance: str,
    obstacles: list[Obstacle],
) -> Camera | None:
    """A camera on a cover at `place_m` that is `2 * reach_m` wide; None where things stand in the way.

    `distance` is close, middle or far.
    """
    for _ in range(40):
        lens = float(rng.choice(_LENSES[distance][0], p=_LENSES[distance][1]))
        far, height = _stand(rng, reach_m, distance, lens)
        turn = float(rng.uniform(0, 2 * math.pi))
        x, y = place_m[0] + far * math.cos(turn), place_m[1] + far * math.sin(turn)
        if _clear((x, y), place_m, obstacles):
            break
    else:
        return None
    off = float({"close": 0.25, "middle": 0.2, "far": 0.22}[distance]) * math.hypot(far, height) * 36 / lens * 0.5
    aim = (
        place_m[0] + float(rng.normal(0, off)) * 0.7,
        place_m[1] + float(rng.normal(0, off)) * 0.7,
        place_m[2] + (0.0 if distance != "far" else float(rng.uniform(0, 0.7))),
    )
    return Camera(
        (x, y, place_m[2] + height),
        aim,
        lens,
        roll_deg=float(rng.normal(0, 4))
        if rng.random() < 0.9
        else float(rng.choice([-90, 90, 180])) * (distance == "close"),
        portrait=bool(rng.random() < 0.55),
        aspect=float(rng.choice([4 / 3, 16 / 9, 3 / 2, 1.0], p=[0.6, 0.2, 0.08, 0.12])),
    )


def _stand(rng: np.random.Generator, reach_m: float, distance: str, lens: float) -> tuple[float, float]:
    """Horizontal distance and height."""
    if distance == "far":
        return float(rng.uniform(4.2, 9.5)), float(rng.uniform(1.2, 1.8))
    if distance == "middle":
        return float(rng.uniform(1.2, 4.2)), float(rng.uniform(1.1, 1.75))
    away = 2 * reach_m * lens / 36 / float(rng.uniform(0.4, 0.85)) * float(rng.uniform(0.9, 1.3))
    away = float(np.clip(away, 0.5, 2.2))
    slope = math.radians(float(rng.uniform(35, 85)))
    return away * math.cos(slope), away * math.sin(slope)


def _clear(stand: tuple[float, float], place_m: tuple[float, float, float], obstacles: list[Obstacle]) -> bool:
    line = np.array(place_m[:2]) - stand
    length = max(float(np.linalg.norm(line)), 1e-6)
    for x, y, radius in obstacles:
        along = float(np.clip(((x - stand[0]) * line[0] + (y - stand[1]) * line[1]) / length**2, 0, 1))
        if math.hypot(stand[0] + along * line[0] - x, stand[1] + along * line[1] - y) < radius + 0.25:
            return False
    return True
