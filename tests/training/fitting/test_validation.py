"""Validation between epochs counts a label only where it was looked for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from hazardlens.training.config import ValidationConfig
from hazardlens.training.data.records import read_records
from hazardlens.training.fitting.validation import Figures, Validation
from support.photo_pool import CLUTTER, DOOR, PoolPhoto, write_pool

LABELS = ("stacked_clutter", "exit_door")
SIDE = 96


class _Head(nn.Module):
    end2end = False


class FixedNetwork(nn.Module):
    """Finds a heap and a door at the same two places of every photo, surer of the first photos' doors."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Sequential(_Head())
        self.weight = nn.Parameter(torch.zeros(1))
        self.photos = 0

    def forward(self, batch: torch.Tensor) -> Any:  # noqa: ANN401 - what ultralytics' networks give
        # Centre and size on the canvas; photos of 96 x 64 lie on it with 16 px of padding above.
        heap = [48.0, 48.0, 38.4, 25.6, 0.9, 0.0]
        door = [19.2, 48.0, 19.2, 57.6, 0.0, 0.8 - self.photos / 10]
        self.photos += 1
        return torch.tensor([heap, door]).T[None].expand(len(batch), -1, -1), {}


@pytest.fixture
def validation(tmp_path: Path) -> Validation:
    pool = write_pool(
        tmp_path / "pool",
        [
            PoolPhoto("a-unknown", 1, looked_for=("stacked_clutter",), boxes=(CLUTTER,)),
            PoolPhoto("b-none", 2, boxes=(CLUTTER,)),
            PoolPhoto("c-door", 3, boxes=(CLUTTER, DOOR)),
        ],
    )
    config = ValidationConfig(min_boxes=1, weights={"stacked_clutter": 3})
    return Validation(read_records(pool), LABELS, config, bf16=False)


def test_doors_found_where_nobody_looked_for_doors_are_no_mistakes(validation: Validation) -> None:
    figures = validation.measure(FixedNetwork(), SIDE)

    assert figures.boxes == {"stacked_clutter": 3, "exit_door": 1}
    assert figures.ap50["stacked_clutter"] == pytest.approx(1.0)
    # Doors by falling score: the first is where nobody looked, the second is wrong, the third right.
    assert figures.ap50["exit_door"] == pytest.approx(1 / 2)


def test_fitness_is_the_weighted_mean(validation: Validation) -> None:
    figures = validation.measure(FixedNetwork(), SIDE)

    assert figures.fitness == pytest.approx((3 * 1 + 1 / 2) / 4)


def test_labels_with_few_boxes_are_reported_but_do_not_count(validation: Validation) -> None:
    strict = Validation(validation.real.records, LABELS, ValidationConfig(min_boxes=2), bf16=False)
    figures = strict.measure(FixedNetwork(), SIDE)

    assert figures.ap50["exit_door"] is not None
    assert figures.fitness == figures.ap50["stacked_clutter"]


@pytest.fixture
def both(tmp_path: Path, validation: Validation) -> Callable[..., Figures]:
    """Real photos with one door, and rendered ones with two."""
    doors = [PoolPhoto(f"r{number}", 50 + number, boxes=(CLUTTER, DOOR)) for number in range(2)]
    rendered = read_records(write_pool(tmp_path / "rendered", doors))

    def measure(**settings: Any) -> Figures:  # noqa: ANN401 - as ValidationConfig takes them
        config = ValidationConfig(**settings)
        records = validation.real.records
        return Validation(records, LABELS, config, bf16=False, rendered=rendered).measure(FixedNetwork(), SIDE)

    return measure


def test_rendered_photos_are_measured_apart(both: Callable[..., Figures], validation: Validation) -> None:
    figures = both(min_boxes=1)
    real = validation.measure(FixedNetwork(), SIDE)

    assert (figures.ap50, figures.boxes) == (real.ap50, real.boxes)
    assert figures.rendered_boxes == {"stacked_clutter": 2, "exit_door": 2}
    assert figures.rendered_ap50["exit_door"] == pytest.approx(1.0)


def test_rendered_photos_judge_what_real_ones_cannot_with_less_weight(both: Callable[..., Figures]) -> None:
    assert both(min_boxes=1).fitness == pytest.approx((1 + 1 / 2) / 2), "one real door is enough"
    assert both(min_boxes=2).fitness == pytest.approx((1 + 0.5 * 1) / 1.5), "it is not: the rendered ones count half"
    weights = {"stacked_clutter": 3, "exit_door": 2}
    mixed = both(min_boxes=2, rendered_weight=0.25, weights=weights)
    assert mixed.fitness == pytest.approx(1.0)
    assert both(min_boxes=3).fitness == both(min_boxes=2, rendered_weight=0).fitness == pytest.approx(1.0)


def test_of_many_rendered_photos_some_are_looked_at(both: Callable[..., Figures]) -> None:
    assert both(min_boxes=1, rendered_photos=1).rendered_boxes == {"stacked_clutter": 1, "exit_door": 1}
    assert both(min_boxes=1, rendered_photos=0).rendered_ap50 == {}


def test_without_a_label_that_counts_fitness_is_zero(validation: Validation) -> None:
    strict = Validation(validation.real.records, LABELS, ValidationConfig(min_boxes=9), bf16=False)

    assert strict.measure(FixedNetwork(), SIDE).fitness == 0.0
