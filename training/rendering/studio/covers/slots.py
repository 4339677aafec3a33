"""The slots of gratings, and what they look like where bars are missing."""

from itertools import pairwise

import numpy as np

from hazardlens.training.rendering.studio.covers.makes import Make
from hazardlens.training.rendering.studio.covers.outlines import Loop


def slots(make: Make, rng: np.random.Generator) -> list[Loop]:
    """Openings in the grating, a few centimetres wide, metres from its middle."""
    if make.is_round:
        return _radial(make, rng)
    reach_x, reach_y = (half - float(rng.uniform(0.02, 0.045)) for half in make.half_m)
    pitch = float(rng.uniform(0.035, 0.07))
    columns = max(3, round(2 * reach_x / pitch))
    rows = int(rng.choice([1, 2, 2, 3, max(2, round(2 * reach_y / pitch))]))
    lean = float(rng.choice([0.0, 0.0, 0.012, -0.012])) if rows < 4 else 0.0
    bar_x, bar_y = float(rng.uniform(0.3, 0.55)), 0.018 if rows < 4 else pitch * 0.4
    step_x, step_y = 2 * reach_x / columns, 2 * reach_y / rows
    loops = []
    for column in range(columns):
        for row in range(rows):
            middle = (-reach_x + (column + 0.5) * step_x, -reach_y + (row + 0.5) * step_y)
            half = (step_x * (1 - bar_x) / 2, (step_y - bar_y) / 2)
            loops.append(_slot(middle, half, lean * (-1) ** row))
    return loops


def without_bars(make: Make, openings: list[Loop], rng: np.random.Generator) -> list[Loop]:
    """The same grating with a ragged gap where some bars have broken out."""
    reach = np.array(make.half_m) * rng.uniform(0.3, 0.62, 2)
    middle = rng.uniform(-1, 1, 2) * np.maximum(np.array(make.half_m) - reach - 0.035, 0)
    angles = 2 * np.pi * np.arange(20) / 20
    jag = rng.uniform(0.8, 1.1, 20)
    gap = middle + np.stack([np.cos(angles), np.sin(angles)], axis=1) * reach * jag[:, None]
    gap = np.clip(gap, -np.array(make.half_m) + 0.02, np.array(make.half_m) - 0.02)
    kept = [loop for loop in openings if not _touch(loop, gap)]
    return [*kept, np.asarray(gap)]


def _slot(middle: tuple[float, float], half: tuple[float, float], lean: float) -> Loop:
    (x, y), (a, b) = middle, half
    round_off = min(a, b) * 0.6
    points = [(-a, -b + round_off), (-a + round_off, -b), (a - round_off, -b), (a, -b + round_off),
              (a, b - round_off), (a - round_off, b), (-a + round_off, b), (-a, b - round_off)]  # fmt: skip
    return np.array([(x + u + lean * v / max(b, 1e-6), y + v) for u, v in points])


def _radial(make: Make, rng: np.random.Generator) -> list[Loop]:
    loops = []
    rings = int(rng.integers(1, 4))
    edges = np.linspace(0.25, 0.9, rings + 1) * make.half_m[0]
    for inner, outer in pairwise(edges):
        count = max(6, round(2 * np.pi * outer / 0.09))
        for turn in 2 * np.pi * np.arange(count) / count:
            half = (0.3 * 2 * np.pi * inner / count * 0.8, (outer - inner) / 2 - 0.008)
            slot = _slot((0.0, (inner + outer) / 2), half, 0.0)
            cos, sin = np.cos(turn), np.sin(turn)
            loops.append(slot @ np.array([[cos, sin], [-sin, cos]]))
    return loops


def _touch(loop: Loop, gap: Loop) -> bool:
    low, high = gap.min(axis=0) - 0.006, gap.max(axis=0) + 0.006
    return bool((loop.min(axis=0) < high).all() and (loop.max(axis=0) > low).all())
