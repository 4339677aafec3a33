"""The stages of a run one after the other, and the files that show how it went."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from hazardlens.training.config import TrainConfig
from hazardlens.training.data.selection import Selection
from hazardlens.training.fitting.checkpoint import read_checkpoint
from hazardlens.training.fitting.machine import computes_bf16
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


def run_stages(config: TrainConfig, selection: Selection, *, weights: Path, out: Path, resume: bool, log: Log) -> None:
    """Train what is left to train, then write the finished network and its figures.

    `weights` is a safetensors file, or the folder of a bundle.
    """
    source = read_start(weights) if weights.is_dir() else weights
    torch.set_num_threads(config.threads)
    bf16 = config.bf16 and computes_bf16()
    log(f"computing in {'bfloat16' if bf16 else 'float32'} on {'cuda' if torch.cuda.is_available() else 'cpu'}")
    validation = Validation(selection.val, selection.labels, config.validation, bf16=bf16)
    history: History = []
    start: Path | None = None
    for number, stage in enumerate(config.stages):
        torch.manual_seed(config.seed)  # the new class layers are drawn
        folder = out / f"stage-{number + 1}-{stage.size_px}"
        info = _info(config, selection, stage.size_px, source)
        job = Job(
            config=config,
            stage=stage,
            number=number,
            folder=folder,
            selection=selection,
            validation=validation,
            module=build_network(info),
            info=info,
            bf16=bf16,
            resume=resume and (folder / "last.pt").is_file(),
            on_epoch=partial(_report, history, out=out, config=config, log=log),
        )
        history = history + _train_stage(job, start, source, log)
        start = job.best
    _finish(out, load_network(start or out), validation, history)


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
    return start_from_bundle(job.module, job.info, source, inherit, job.selection.train)


def _report(earlier: History, own: History, *, out: Path, config: TrainConfig, log: Log) -> None:
    """A line for people, and the figures so far for programs."""
    rows = [*earlier, *own]
    row = rows[-1]
    losses = " ".join(f"{name.removesuffix('_loss')} {row[name]:.3f}" for name in row if name.endswith("_loss"))
    scores = " ".join(f"{name.removeprefix('ap50/')} {row[name]:.2f}" for name in row if name.startswith("ap50/"))
    fitness = "not validated" if row["fitness"] is None else f"AP50 {row['fitness']:.3f} ({scores})"
    minutes = _seconds_left(rows, config) / 60
    log(
        f"{row['size_px']} px epoch {row['epoch'] + 1}/{row['epochs']}: {losses} | {fitness}"
        f" | {row['seconds']:.0f} s, {minutes:.0f} min left"
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
