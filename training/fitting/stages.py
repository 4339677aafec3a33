"""The stages of a run one after the other, and the files that show how it went."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import torch

from hazardlens.training.config import TrainConfig
from hazardlens.training.data.selection import Selection
from hazardlens.training.fitting.budget import BUDGET_FILE, choose, measure_pace, read_budget, write_budget
from hazardlens.training.fitting.checkpoint import read_checkpoint
from hazardlens.training.fitting.machine import computes_bf16
from hazardlens.training.fitting.material import Material
from hazardlens.training.fitting.plots import draw_curves, draw_samples
from hazardlens.training.fitting.trainer import History, Job, PartialTrainer
from hazardlens.training.fitting.unfold import BundleStart, read_start, start_from_bundle
from hazardlens.training.fitting.validation import Validation
from hazardlens.training.networks.network import (
    NetworkInfo,
    Transfer,
    build_network,
    load_network,
    save_network,
    start_from,
)

Log = Callable[[str], None]
_RENDERED: Final = "rendered/ap50/"


def run_stages(
    config: TrainConfig,
    material: Material,
    *,
    weights: Path,
    out: Path,
    resume: bool,
    log: Log,
    minutes: float | None = None,
) -> None:
    """Train what is left to train, then write the finished network and its figures.

    `weights` is a safetensors file, or the folder of a bundle.
    """
    run = _Run(config, material, read_start(weights) if weights.is_dir() else weights, out, log)
    if minutes is not None:
        run.config = _budgeted(run, minutes)
    history: History = []
    start: Path | None = None
    for number, stage in enumerate(run.config.stages):
        folder = out / f"stage-{number + 1}-{stage.size_px}"
        report = partial(_report, history, out=out, config=run.config, log=log)
        job = run.job(number, folder, report, resume=resume and (folder / "last.pt").is_file())
        history = history + _train_stage(job, start, run.source, log)
        start = job.best
    _finish(out, load_network(start or out), run.validation, history)


@dataclass
class _Run:
    """What all stages share."""

    config: TrainConfig
    material: Material
    source: Path | BundleStart
    out: Path
    log: Log

    @cached_property
    def bf16(self) -> bool:
        """Whether the network computes in bfloat16; said once."""
        torch.set_num_threads(self.config.threads)
        bf16 = self.config.bf16 and computes_bf16()
        kind = "bfloat16" if bf16 else "float32"
        self.log(f"computing in {kind} on {'cuda' if torch.cuda.is_available() else 'cpu'}")
        return bf16

    @cached_property
    def validation(self) -> Validation:
        """The validation photos, decoded once."""
        selection = self.material.selection
        return Validation(
            selection.val, selection.labels, self.config.validation, bf16=self.bf16, rendered=selection.made.val
        )

    def job(self, number: int, folder: Path, on_epoch: Callable[[History], None], *, resume: bool) -> Job:
        """One stage; its network has fresh weights."""
        stage = self.config.stages[number]
        torch.manual_seed(self.config.seed)  # the new class layers are drawn
        info = _info(self.config, self.material.selection, stage.size_px, self.source)
        return Job(
            config=self.config,
            stage=stage,
            number=number,
            folder=folder,
            material=self.material,
            validation=self.validation,
            module=build_network(info),
            info=info,
            bf16=self.bf16,
            resume=resume,
            on_epoch=on_epoch,
        )


def _budgeted(run: _Run, minutes: float) -> TrainConfig:
    """The configuration with as many epochs as fit; what was chosen once is kept."""
    path = run.out / BUDGET_FILE
    if not path.is_file():
        with TemporaryDirectory(dir=run.out) as folder:
            job = run.job(0, Path(folder) / "pace", lambda _rows: None, resume=False)
            write_budget(path, choose(run.config, measure_pace(job), minutes))
    budget = read_budget(path)
    run.log(budget.told())
    return budget.applied(run.config)


def _info(config: TrainConfig, selection: Selection, size_px: int, source: Path | BundleStart) -> NetworkInfo:
    info = NetworkInfo(arch=config.arch, labels=selection.labels, size_px=size_px)
    if isinstance(source, Path):
        return info
    return info.model_copy(update={"base_classes": source.network.info.base_classes})


def _train_stage(job: Job, start: Path | None, source: Path | BundleStart, log: Log) -> History:
    """Train one stage, unless it is done already; its history."""
    if job.resume:
        state = read_checkpoint(job.checkpoint)
        if state.epoch + 1 >= job.stage.epochs:
            return state.history
        log(f"resuming stage {job.number + 1} after epoch {state.epoch + 1}")
    elif start is None:
        transfer = _first_weights(job, source)
        fate = "the class layers are new" if isinstance(source, Path) else "labels in common keep their class rows"
        log(f"took over {transfer.copied} of {transfer.total} tensors of {source.name}; {fate}")
    else:
        job.module.load_state_dict(load_network(start).module.state_dict())
    trainer = PartialTrainer(job)
    trainer.train()
    return trainer.history


def _first_weights(job: Job, source: Path | BundleStart) -> Transfer:
    inherit = job.config.labels.inherit
    if isinstance(source, Path):
        return start_from(job.module, job.info, source, inherit)
    return start_from_bundle(job.module, job.info, source, inherit, job.material.selection.train)


def _report(earlier: History, own: History, *, out: Path, config: TrainConfig, log: Log) -> None:
    """A line for people, and the figures so far for programs."""
    rows = [*earlier, *own]
    row = rows[-1]
    losses = " ".join(f"{name.removesuffix('_loss')} {row[name]:.3f}" for name in row if name.endswith("_loss"))
    scores = " ".join(f"{name.removeprefix('ap50/')} {row[name]:.2f}" for name in row if name.startswith("ap50/"))
    fitness = "not validated" if row["fitness"] is None else f"AP50 {row['fitness']:.3f} ({scores})"
    rendered = " ".join(f"{name.removeprefix(_RENDERED)} {row[name]:.2f}" for name in row if name.startswith(_RENDERED))
    fitness += f" rendered: {rendered}" if rendered else ""
    minutes = _seconds_left(rows, config) / 60
    log(
        f"{row['size_px']} px epoch {row['epoch'] + 1}/{row['epochs']}: {losses} | {fitness}"
        f" | {row['seconds']:.0f} s, {row['data_seconds']:.0f} s of them for pictures, {minutes:.0f} min left"
    )
    (out / "metrics.json").write_text(json.dumps({"epochs": rows, "best": _best(rows)}, indent=1) + "\n", "utf-8")
    draw_curves(rows, out / "curves.png")


def _seconds_left(rows: History, config: TrainConfig) -> float:
    """Epochs left, at this stage's pace; a later stage costs as much more as its pictures are larger."""
    row = rows[-1]
    pace = float(row["seconds"])
    left = float(row["epochs"] - row["epoch"] - 1) * pace
    later = config.stages[row["stage"] + 1 :]
    return left + sum(stage.epochs * pace * float(stage.size_px / row["size_px"]) ** 2 for stage in later)


def _best(rows: History) -> dict[str, Any]:
    """The best row of the latest stage: the one whose weights are kept."""
    own = [row for row in rows if row["stage"] == rows[-1]["stage"] and row["fitness"] is not None]
    return max(own, key=lambda row: float(row["fitness"])) if own else {}


def _finish(out: Path, network: Any, validation: Validation, history: History) -> None:
    save_network(out, network.module, network.info)
    draw_samples(validation, network, out / "samples.png")
    draw_curves(history, out / "curves.png")
