"""Curves are drawn from the first epoch on, validated or not."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hazardlens.training.fitting.plots import draw_curves


def _row(stage: int, **scores: float) -> dict[str, Any]:
    return {"stage": stage, "box_loss": 1.0, "fitness": None, **scores}


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([_row(0)], id="not validated yet"),
        pytest.param([_row(0), _row(1)], id="in two stages"),
        pytest.param(
            [_row(0), _row(0, **{"fitness": 0.5, "ap50/exit_door": 0.5, "rendered/ap50/exit_door": 0.7})],
            id="validated",
        ),
    ],
)
def test_curves_are_drawn_without_a_warning(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    draw_curves(rows, tmp_path / "curves.png")

    with Image.open(tmp_path / "curves.png") as image:
        assert min(image.size) > 100
