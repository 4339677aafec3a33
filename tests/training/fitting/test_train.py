"""A whole run on a handful of pictures: its folder is complete, and a kill costs nothing but time."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from hazardlens.training.config import read_config
from hazardlens.training.errors import RunError, TrainingError
from hazardlens.training.fitting.checkpoint import read_checkpoint
from hazardlens.training.fitting.material import Sources
from hazardlens.training.fitting.runs import train
from hazardlens.training.networks.network import load_network
from support.command_line import command
from support.tiny_run import TinyRun, make_tiny_run

pytestmark = pytest.mark.slow  # two tiny runs, and the start of a process with torch and ultralytics: about 30 s

EPOCHS = 5
TIMEOUT_S = 240


def _start(
    tiny: TinyRun, out: Path, report: Callable[[str], None] = lambda _line: None, *, resume: bool = False
) -> None:
    sources = Sources(tiny.data)
    train(read_config(tiny.config), sources=sources, weights=tiny.weights, out=out, resume=resume, report=report)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return make_tiny_run(tmp_path_factory.mktemp("tiny"), epochs=EPOCHS)


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return []


@pytest.fixture(scope="module")
def finished(tiny: TinyRun, lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "whole"
    _start(tiny, out, lines.append)
    return out


def _rows(out: Path) -> list[tuple[int, int]]:
    content = json.loads((out / "metrics.json").read_bytes())
    return [(row["stage"], row["epoch"]) for row in content["epochs"]]


ALL_EPOCHS = [(0, epoch) for epoch in range(EPOCHS)] + [(1, 0)]


def test_the_run_folder_is_complete(finished: Path) -> None:
    content = json.loads((finished / "run.json").read_bytes())

    assert content["labels"] == ["stacked_clutter", "exit_door"]
    assert content["left_out"] == {"blocked_exit": "0 training boxes, 2 needed"}
    assert content["config"]["seed"] == 0
    assert len(content["split"]["sha256"]) == len(content["weights"]["sha256"]) == 64
    assert content["versions"]["torch"] == torch.__version__
    assert _rows(finished) == ALL_EPOCHS
    for name in ("batch.png", "curves.png", "samples.png"):
        with Image.open(finished / name) as image:
            image.load()
            assert min(image.size) > 100, name
    assert not (finished / "stage-1-64" / "weights").exists(), "nothing is left of ultralytics' own folders"


def test_a_line_per_epoch_tells_how_it_goes(finished: Path, lines: list[str]) -> None:
    log = (finished / "train.log").read_text("utf-8")

    assert "blocked_exit is not trained: 0 training boxes, 2 needed" in lines
    assert sum("min left" in line for line in lines) == len(ALL_EPOCHS)
    assert all(line in log for line in lines)
    assert lines[-1] == "finished"


def test_the_finished_network_is_the_best_epoch_of_the_last_stage(finished: Path) -> None:
    network = load_network(finished)
    best = load_file(finished / "stage-2-96" / "best" / "weights.safetensors")

    assert network.labels == ("stacked_clutter", "exit_door")
    assert network.size_px == 96
    assert all(torch.equal(tensor, best[name]) for name, tensor in network.module.state_dict().items())


def test_checkpoints_need_no_pickled_classes(finished: Path) -> None:
    state = read_checkpoint(finished / "stage-1-64" / "last.pt")

    assert state.epoch == EPOCHS - 1
    assert all(isinstance(tensor, torch.Tensor) for tensor in state.model.values())


def test_a_killed_run_resumes_and_ends_the_same(tiny: TinyRun, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    checkpoint = out / "stage-1-64" / "last.pt"
    process = subprocess.Popen(command("train", *tiny.options(out)), stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + TIMEOUT_S
        while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL, "it was killed in the middle"
    assert 0 <= read_checkpoint(checkpoint).epoch < EPOCHS - 1

    lines: list[str] = []
    _start(tiny, out, lines.append, resume=True)

    assert any(line.startswith("resuming stage 1 after epoch") for line in lines)
    assert _rows(out) == ALL_EPOCHS
    whole, resumed = (load_network(folder).module.state_dict() for folder in (finished, out))
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in whole.items())
    assert (out / "ultralytics").is_dir(), "its settings stay inside the run"


def test_a_finished_run_resumes_to_the_same_end(tiny: TinyRun, finished: Path) -> None:
    before = (finished / "weights.safetensors").read_bytes()
    _start(tiny, finished, resume=True)

    assert (finished / "weights.safetensors").read_bytes() == before
    assert _rows(finished) == ALL_EPOCHS


def test_a_used_folder_is_not_overwritten(tiny: TinyRun, finished: Path) -> None:
    with pytest.raises(RunError, match="is not empty; resume the run in it, or choose another folder"):
        _start(tiny, finished)


def test_a_run_is_not_resumed_with_another_configuration(tiny: TinyRun, finished: Path) -> None:
    config = read_config(tiny.config).model_copy(update={"seed": 5})
    with pytest.raises(RunError, match="was started with another config: start a new run"):
        train(config, sources=Sources(tiny.data), weights=tiny.weights, out=finished, resume=True)


def test_a_torn_checkpoint_is_named(tiny: TinyRun, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    path.write_bytes(b"torn")
    with pytest.raises(RunError, match=r"last\.pt: not a checkpoint of this program"):
        read_checkpoint(path)


@pytest.mark.parametrize("name", ["data", "weights"])
def test_missing_inputs_leave_no_folder(tiny: TinyRun, tmp_path: Path, name: str) -> None:
    broken = replace(tiny, **{name: tmp_path / "none"})
    with pytest.raises(TrainingError, match="No such file"):
        _start(broken, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_there_must_be_a_run_to_resume(tiny: TinyRun, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no run to resume"):
        _start(tiny, tmp_path / "run", resume=True)


def test_a_provenance_can_be_left_out(tiny: TinyRun, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no label has enough training boxes"):
        train(
            read_config(tiny.config),
            sources=Sources(tiny.data, exclude_provenance=("own",)),
            weights=tiny.weights,
            out=tmp_path / "run",
        )


def test_a_stage_may_freeze_other_layers_than_the_run(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, epochs=1)
    config = read_config(tiny.config)
    last = config.stages[1].model_copy(update={"freeze": 20})
    config = config.model_copy(update={"freeze": 2, "stages": (config.stages[0], last)})
    train(config, sources=Sources(tiny.data), weights=tiny.weights, out=tmp_path / "run", report=lambda _line: None)
    start, one, two = (
        load_file(path)
        for path in (
            tiny.weights,
            *(tmp_path / "run" / f"stage-{stage}" / "best" / "weights.safetensors" for stage in ("1-64", "2-96")),
        )
    )

    def moved(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> set[int]:
        return {
            int(name.split(".")[1])
            for name, tensor in after.items()
            if name.endswith("conv.weight") and not torch.equal(tensor, before[name])
        }

    assert min(moved(start, one)) == 2
    assert min(moved(one, two)) == 20
