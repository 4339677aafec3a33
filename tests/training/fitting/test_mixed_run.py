"""Whole runs on a handful of pictures of all three kinds: resumable to the bit, in a given time, with any network."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from hazardlens.training.config import TrainConfig, read_config
from hazardlens.training.fitting import stages
from hazardlens.training.fitting.budget import Pace, measure_pace
from hazardlens.training.fitting.checkpoint import read_checkpoint
from hazardlens.training.fitting.material import Sources
from hazardlens.training.fitting.runs import train
from hazardlens.training.fitting.trainer import Job
from hazardlens.training.networks.graph import to_onnx
from hazardlens.training.networks.network import load_network
from support.photo_pool import CLUTTER
from support.rendered import BLOCKED, Pasted, write_rendered
from support.tiny_run import TinyRun, make_tiny_run

pytestmark = pytest.mark.slow  # ten tiny runs: one to two minutes

MIX = "[mix]\nreal = 0.5\nrendered = 0.25\ncomposed = 0.25\nrendered_val = 0.4"


def _quiet(_line: str) -> None:
    """Runs keep a log of their own."""


class StoppedError(Exception):
    """A run that was stopped."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return make_tiny_run(tmp_path_factory.mktemp("tiny"), epochs=2, mix=MIX)


@pytest.fixture(scope="module")
def sources(tiny: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> Sources:
    folder = tmp_path_factory.mktemp("rendered")
    write_rendered(folder / "exits", scenes=8, boxes=(BLOCKED, CLUTTER))
    return Sources(tiny.data, (folder,), compositions=(Pasted(),))


@pytest.fixture(scope="module")
def finished(tiny: TinyRun, sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "whole"
    train(read_config(tiny.config), sources=sources, weights=tiny.weights, out=out, report=_quiet)
    return out


def _interrupted_after_an_epoch(
    tiny: TinyRun, sources: Sources, out: Path, config: TrainConfig | None = None, minutes: float | None = None
) -> None:
    def report(line: str) -> None:
        if "epoch 2/" in line:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(
            config or read_config(tiny.config),
            sources=sources,
            weights=tiny.weights,
            out=out,
            minutes=minutes,
            report=report,
        )


def test_rendered_figures_are_reported_apart(finished: Path) -> None:
    rows = json.loads((finished / "metrics.json").read_bytes())["epochs"]
    described = json.loads((finished / "run.json").read_bytes())

    assert all("rendered/ap50/blocked_exit" in row for row in rows)
    assert all("ap50/blocked_exit" not in row for row in rows), "no real photo shows it"
    assert all(0 < row["data_seconds"] < row["seconds"] and row["photos"] % 4 == 0 for row in rows)
    assert described["labels"] == ["blocked_exit", "stacked_clutter", "exit_door"]
    assert described["shares"] == {"real": 0.5, "rendered": 0.25, "composed": 0.25}
    assert described["rendered"][0]["photos"].keys() == {"train", "val"}


def test_the_sheet_shows_the_first_batch_with_its_boxes(finished: Path) -> None:
    with Image.open(finished / "batch.png") as sheet:
        colours = {colour for _, colour in sheet.convert("RGB").getcolors(1 << 24) or ()}

    assert sheet.width >= 4 * 280
    assert (90, 220, 90) in colours


def test_an_interrupted_run_resumes_to_the_same_bits(
    tiny: TinyRun, sources: Sources, finished: Path, tmp_path: Path
) -> None:
    out = tmp_path / "interrupted"
    _interrupted_after_an_epoch(tiny, sources, out)
    assert read_checkpoint(out / "stage-1-64" / "last.pt").epoch == 0
    train(read_config(tiny.config), sources=sources, weights=tiny.weights, out=out, resume=True, report=_quiet)

    whole, resumed = (load_network(folder).module.state_dict() for folder in (finished, out))
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in whole.items())


def test_a_resumed_run_keeps_the_epochs_that_fitted_its_time(
    tiny: TinyRun, sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure_once(job: Job) -> Pace:
        """Measure, and say two seconds an epoch however fast this machine is."""
        monkeypatch.setattr(stages, "measure_pace", lambda _job: pytest.fail("measured again"))
        pace = measure_pace(job)
        return pace.model_copy(update={"data_s": 0.0, "network_s": 2 / pace.photos, "validation_s": 0.0})

    monkeypatch.setattr(stages, "measure_pace", measure_once)
    out = tmp_path / "timed"
    _interrupted_after_an_epoch(tiny, sources, out, minutes=0.2)
    assert json.loads((out / "budget.json").read_bytes())["epochs"] == [3, 1]
    lines: list[str] = []
    train(
        read_config(tiny.config),
        sources=sources,
        weights=tiny.weights,
        out=out,
        resume=True,
        minutes=0.2,
        report=lines.append,
    )
    rows = json.loads((out / "metrics.json").read_bytes())["epochs"]

    assert [sum(row["stage"] == stage for row in rows) for stage in (0, 1)] == [3, 1]
    assert json.loads((out / "budget.json").read_bytes())["epochs"] == [3, 1]
    assert not list(out.glob("tmp*")), "nothing is left of the timing"
    assert any("ms to learn from" in line for line in lines)


@pytest.mark.parametrize("arch", ["yolo11n", "yolo26n", "yolov8s"])
def test_every_network_trains_resumes_and_becomes_a_graph(
    shared_weights: Path, tiny: TinyRun, sources: Sources, tmp_path: Path, arch: str
) -> None:
    weights = shared_weights / f"{arch}.safetensors"
    config = _short(read_config(tiny.config), f"{arch}.yaml")
    out = tmp_path / arch
    _interrupted_after_an_epoch(replace(tiny, weights=weights), sources, out, config)
    train(config, sources=sources, weights=weights, out=out, resume=True, report=_quiet)
    rows = json.loads((out / "metrics.json").read_bytes())["epochs"]
    network = load_network(out)

    assert [row["epoch"] for row in rows] == [0, 1]
    assert all(row["fitness"] is not None and row["cls_loss"] > 0 for row in rows)
    assert network.info.arch == f"{arch}.yaml"
    assert network.labels == ("blocked_exit", "stacked_clutter", "exit_door")
    assert len(to_onnx(network, {})) > 1_000_000


def _short(config: TrainConfig, arch: str) -> TrainConfig:
    """One stage of two epochs, from weights with the classes of COCO."""
    labels = config.labels.model_copy(update={"inherit": {"exit_door": "refrigerator"}})
    return config.model_copy(update={"arch": arch, "labels": labels, "stages": config.stages[:1]})


def test_the_stock_loss_is_another_training(tiny: TinyRun, sources: Sources, finished: Path, tmp_path: Path) -> None:
    config = read_config(tiny.config).model_copy(update={"loss": "stock"})
    out = tmp_path / "stock"
    _interrupted_after_an_epoch(tiny, sources, out, config)
    rows = [json.loads((folder / "metrics.json").read_bytes())["epochs"][0] for folder in (finished, out)]

    assert rows[0]["cls_loss"] != rows[1]["cls_loss"]
    assert json.loads((out / "run.json").read_bytes())["config"]["loss"] == "stock"
