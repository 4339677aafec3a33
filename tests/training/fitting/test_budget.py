"""Epochs are fitted into a time, their proportions kept."""

from pathlib import Path

import pytest

from hazardlens.training.config import StageConfig, TrainConfig
from hazardlens.training.errors import RunError
from hazardlens.training.fitting.budget import Pace, choose, read_budget, write_budget

PACE_64 = Pace(size_px=64, photos=100, data_s=0.02, network_s=0.08, validation_s=2.0)  # an epoch takes 12 s


def _config(*epochs: int, size_px: int = 64, every: int = 1) -> TrainConfig:
    stages = tuple(
        StageConfig(size_px=size_px, epochs=count, lr=0.001, warmup_epochs=2, close_mosaic=min(count, 4))
        for count in epochs
    )
    config = TrainConfig(name="tiny", split=Path("split.json"), stages=stages)
    return config.model_copy(update={"validation": config.validation.model_copy(update={"every": every})})


def test_epochs_scale_by_one_factor() -> None:
    budget = choose(_config(20, 10), PACE_64, minutes=12.5)  # 720 s without the reserve: 60 epochs

    assert budget.epochs == (40, 20)
    assert budget.expected_minutes == pytest.approx(12.0)


def test_larger_pictures_cost_more() -> None:
    stages = (*_config(10).stages, *_config(10, size_px=128).stages)
    budget = choose(_config(10).model_copy(update={"stages": stages}), PACE_64, minutes=12.5)

    assert budget.epochs == (12, 12)  # 12 * 12 s + 12 * 48 s


def test_what_is_left_over_becomes_single_epochs() -> None:
    budget = choose(_config(3, 3), PACE_64, minutes=1.5)  # 86.4 s: 7 epochs, and 3.6 of each three

    assert budget.epochs == (3, 4)


def test_there_is_at_least_one_epoch_of_each_stage() -> None:
    budget = choose(_config(20, 5), PACE_64, minutes=0.1)

    assert budget.epochs == (1, 1)
    assert budget.expected_minutes == pytest.approx(24 / 60), "and it says that they take longer"


def test_validating_seldom_leaves_time_for_epochs() -> None:
    assert choose(_config(10, every=2), PACE_64, 12.5).epochs[0] > choose(_config(10), PACE_64, 12.5).epochs[0]


def test_warm_up_and_closed_mosaic_shrink_and_never_grow() -> None:
    config = _config(8)
    short, long = (choose(config, PACE_64, minutes).applied(config).stages[0] for minutes in (1.0, 60.0))

    assert (short.epochs, short.warmup_epochs, short.close_mosaic) == (4, 1.0, 2)
    assert long.epochs > 100
    assert (long.warmup_epochs, long.close_mosaic) == (2, 4)


def test_a_choice_is_kept_in_a_file(tmp_path: Path) -> None:
    budget = choose(_config(20, 10), PACE_64, minutes=12.5)
    write_budget(tmp_path / "budget.json", budget)

    assert read_budget(tmp_path / "budget.json") == budget
    assert "20 ms to prepare and 80 ms to learn from" in budget.told()
    assert "40 + 20 epochs of 100 photos fill 12 of 12.5 minutes" in budget.told()


@pytest.mark.parametrize("content", [None, "{}"], ids=["missing", "changed"])
def test_a_choice_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "budget.json"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(RunError, match=r"budget\.json: not a budget of this program"):
        read_budget(path)
