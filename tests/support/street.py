"""A photo of a street that never was: a bright wall above even, grainy pavement."""

import numpy as np

from hazardlens.training.composing.scene import Scene


def street(
    boxes: tuple[tuple[float, float, float, float], ...] = (), *, label: str = "stacked_clutter", size_px: int = 400
) -> Scene:
    """A square photo with these boxes, all of one label; the ground begins below its upper 45 %."""
    rng = np.random.default_rng(5)
    pixels = np.full((size_px, size_px, 3), (178, 150, 120), np.float64)
    edge = int(0.45 * size_px)
    pixels[:edge:24] -= 60  # courses of the wall
    pixels[edge:] = (128, 126, 122)
    pixels[edge - 3 : edge + 3] = 60
    pixels += rng.normal(0, 4, (size_px, size_px, 1))
    rows = np.array(boxes, np.float32).reshape(-1, 4)
    looked_for = frozenset({"stacked_clutter", "manhole_open", "manhole_raised"})
    return Scene(np.clip(pixels, 0, 255).astype(np.uint8), rows, (label,) * len(rows), looked_for)
