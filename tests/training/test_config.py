"""A configuration is read strictly, and its mistakes are told in one line."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from hazardlens.training.config import TrainConfig, read_config, without
from hazardlens.training.errors import ConfigError

MINIMAL = """
name = "tiny"
split = "split.json"
[[stages]]
size_px = 64
epochs = 2
lr = 0.001
"""


def _read(tmp_path: Path, text: str) -> TrainConfig:
    path = tmp_path / "tiny.toml"
    path.write_text(text, "utf-8")
    return read_config(path)


def test_defaults_fill_what_is_not_said_and_paths_are_absolute(tmp_path: Path) -> None:
    config = _read(tmp_path, MINIMAL)

    assert config.split == tmp_path / "split.json"
    assert (config.arch, config.stages[0].batch, config.labels.min_boxes) == ("yolo11n.yaml", 16, 5)


MISTAKES = [
    pytest.param(MINIMAL + "momentum = 1\n", "there is no setting stages.0.momentum", id="unknown setting"),
    pytest.param(MINIMAL.replace("lr = 0.001", ""), "stages.0.lr is missing", id="missing setting"),
    pytest.param(
        MINIMAL.replace("64", "100"), "stages.0.size_px: Input should be a multiple of 32, found 100", id="size"
    ),
    pytest.param(MINIMAL + "close_mosaic = 3\n", "close_mosaic is 3, but the stage has 2 epochs", id="too many epochs"),
    pytest.param(MINIMAL.replace("tiny", "Tiny Run"), "name: String should match", id="name"),
    pytest.param(
        'name = "tiny"\nsplit = "split.json"\nstages = []', "stages: Tuple should have at least", id="no stage"
    ),
    pytest.param('name = "tiny', "not valid TOML", id="no TOML"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _read(tmp_path, text)

    assert message in str(caught.value)
    assert "tiny.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: No such file"):
        read_config(tmp_path / "none.toml")


def test_the_configurations_that_ship_are_valid(repo: Path) -> None:
    folder = repo / "training" / "configs"
    shipped = sorted(folder.rglob("*.toml"))
    configs = [read_config(path) for path in shipped]
    names = ["-".join(path.relative_to(folder).with_suffix("").parts) for path in shipped]

    assert [config.name for config in configs] == names
    made_later = {"retrain"}  # its split comes with the dataset version
    assert {config.name for config in configs if not config.split.is_file()} == made_later


def test_the_recipes_to_compare_differ_in_the_network_alone(repo: Path) -> None:
    configs = [read_config(path) for path in sorted((repo / "training" / "configs" / "compare").glob("*.toml"))]
    same = [config.model_copy(update={"name": "", "arch": ""}) for config in configs]

    assert [config.arch for config in configs] == ["yolo11n.yaml", "yolo26n.yaml", "yolov8s.yaml"]
    assert same[0] == same[1] == same[2]


def test_the_runs_that_are_averaged_differ_in_the_last_stage_alone(repo: Path) -> None:
    one, other = (read_config(repo / "training" / "configs" / f"{name}.toml") for name in ("hazards", "hazards-beside"))
    changed = {"freeze", "epochs", "lr"}
    assert one.stages[:-1] == other.stages[:-1]
    assert one.stages[-1].model_dump(exclude=changed) == other.stages[-1].model_dump(exclude=changed)
    assert one.stages[-1] != other.stages[-1]
    assert other.model_copy(update={"name": one.name, "stages": one.stages}) == one


def test_the_runs_that_go_on_differ_in_shares_and_draws_alone(repo: Path) -> None:
    one, other = (read_config(repo / "training" / "configs" / f"{name}.toml") for name in ("onward", "onward-beside"))
    changed = {"real", "rendered", "composed", "composed_weights"}
    assert one.mix.model_dump(exclude=changed) == other.mix.model_dump(exclude=changed)
    assert [stage.model_dump(exclude={"epochs"}) for stage in one.stages] == [
        stage.model_dump(exclude={"epochs"}) for stage in other.stages
    ]
    assert other.model_copy(update={"name": one.name, "seed": one.seed, "mix": one.mix, "stages": one.stages}) == one


def test_shares_are_a_whole(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mix: real, rendered and composed must add up to 1, found 0\.9"):
        _read(tmp_path, MINIMAL + "[mix]\nreal = 0.5\nrendered = 0.4\n")


def test_going_without_a_part_keeps_the_proportions_of_the_others(tmp_path: Path) -> None:
    config = _read(tmp_path, MINIMAL + "[mix]\nreal = 0.5\nrendered = 0.3\ncomposed = 0.2\n")
    mix = without(config, ["rendered"]).mix

    assert (mix.real, mix.rendered, mix.composed) == pytest.approx((5 / 7, 0, 2 / 7))
    assert without(config, []).mix == config.mix


def _settings(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = next(iter(get_args(field.annotation)), field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _settings(kind, f"{name}.")
        else:
            yield prefix + name


def test_the_page_names_every_setting(repo: Path) -> None:
    page = (repo / "docs" / "training.md").read_text("utf-8")
    settings = list(_settings(TrainConfig))

    assert {"seed", "labels.min_boxes", "stages.lr"} <= set(settings)
    assert [name for name in settings if f"`{name}`" not in page] == []
