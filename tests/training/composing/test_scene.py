"""What a scene refuses, and what adding a part changes."""

import numpy as np
import pytest

from hazardlens.training.composing.scene import Boxes, Pixels, Scene
from hazardlens.training.errors import SceneError

GREY = np.full((40, 60, 3), 120, np.uint8)


def boxes(*rows: tuple[float, float, float, float]) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_a_part_adds_one_box_and_leaves_what_was_looked_for() -> None:
    scene = Scene(GREY, boxes((1, 2, 30, 20)), ("stacked_clutter",), frozenset({"stacked_clutter"}))
    more = scene.with_part(GREY + 1, "manhole_open", (5.0, 25.0, 20.0, 35.0))
    assert more.labels == ("stacked_clutter", "manhole_open")
    assert more.boxes_xyxy.tolist() == [[1, 2, 30, 20], [5, 25, 20, 35]]
    assert more.looked_for == frozenset({"stacked_clutter"})
    assert scene.labels == ("stacked_clutter",)


def test_a_likeness_adds_no_box() -> None:
    scene = Scene(GREY, boxes(), (), frozenset())
    assert scene.with_part(GREY + 1, None, None).labels == ()


@pytest.mark.parametrize(
    ("pixels", "rows", "labels"),
    [
        pytest.param(GREY.astype(np.float32), (), (), id="not-uint8"),
        pytest.param(GREY[..., 0], (), (), id="grey"),
        pytest.param(GREY, ((0, 0, 5, 5),), (), id="box-without-label"),
        pytest.param(GREY, ((5, 5, 5, 9),), ("exit_door",), id="empty-box"),
        pytest.param(GREY, ((5, 5, 61, 9),), ("exit_door",), id="box-outside"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    pixels: Pixels, rows: tuple[tuple[float, float, float, float], ...], labels: tuple[str, ...]
) -> None:
    with pytest.raises(SceneError):
        Scene(pixels, boxes(*rows), labels, frozenset())
