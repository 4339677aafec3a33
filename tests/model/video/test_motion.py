"""How far the camera moved: told where two pictures show the same, and not where they show noise."""

import numpy as np
import pytest

from hazardlens.model.video.motion import CameraMotion
from support.memory_clips import Pixels, texture

SIZE = 360, 640


def shift(before: Pixels, after: Pixels) -> tuple[float, float]:
    motion = CameraMotion()
    assert motion.shift(before) == (0.0, 0.0)
    return motion.shift(after)


@pytest.mark.parametrize("shape", [(54, 96), (96, 54), (96, 96)])
def test_noise_moves_nowhere(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    motion = CameraMotion()
    pictures = (rng.integers(0, 256, (*shape, 3)).astype(np.uint8) for _ in range(300))
    assert {motion.shift(picture) for picture in pictures} == {(0.0, 0.0)}


@pytest.mark.parametrize(("share", "light", "noise"), [(0.02, 1, 2), (0.1, 1, 2), (0.3, 1, 2), (0.02, 0.12, 5)])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_camera_that_moves_is_followed_in_daylight_and_a_little_in_the_dark(
    seed: int, share: float, light: float, noise: float
) -> None:
    rng = np.random.default_rng(seed)
    world = texture(seed, width=1000, height=SIZE[0]).astype(np.float32) * light
    views = [world[:, begin : begin + SIZE[1]] for begin in (round(SIZE[1] * share), 0)]
    before, after = (np.clip(view + rng.normal(0, noise, (*SIZE, 1)), 0, 255).astype(np.uint8) for view in views)
    across, down = shift(before, after)
    assert abs(across - share) < 0.02
    assert down == 0


def test_where_the_same_is_seen_nothing_moves() -> None:
    assert shift(texture(1), texture(1)) == (0.0, 0.0)
