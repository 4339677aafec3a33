"""Ultralytics' training loop with our photos, our loss, our validation and checkpoints without pickles."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import torch

from hazardlens.training.config import StageConfig, TrainConfig
from hazardlens.training.data.coverage import Coverage
from hazardlens.training.fitting.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from hazardlens.training.fitting.dataset import EpochLoader, PartialDataset
from hazardlens.training.fitting.machine import data_workers
from hazardlens.training.fitting.material import Material
from hazardlens.training.fitting.mixing import MixedOrder
from hazardlens.training.fitting.overrides import overrides
from hazardlens.training.fitting.plots import draw_batch
from hazardlens.training.fitting.validation import Figures, Validation
from hazardlens.training.networks.backend import BaseTrainer, DetectionTrainer, unwrap_model
from hazardlens.training.networks.loss import PartialDetectionModel
from hazardlens.training.networks.network import NetworkInfo, save_network

History = list[dict[str, Any]]
BATCH_FILE: Final = "batch.png"


@dataclass(frozen=True, slots=True)
class Job:
    """One stage of a run.

    Attributes:
        config: of the run.
        stage: of this stage.
        number: of the stage, from 0.
        folder: where the stage keeps its files.
        material: photos and labels, and how they are drawn.
        validation: the validation photos.
        module: the network, filled with the weights to start from.
        info: what the network is.
        bf16: compute the network in bfloat16.
        resume: go on from the checkpoint in `folder`.
        on_epoch: called after each epoch with all rows so far.
    """

    config: TrainConfig
    stage: StageConfig
    number: int
    folder: Path
    material: Material
    validation: Validation
    module: PartialDetectionModel
    info: NetworkInfo
    bf16: bool
    resume: bool
    on_epoch: Callable[[History], None]

    @property
    def checkpoint(self) -> Path:
        """The state after the last finished epoch."""
        return self.folder / "last.pt"

    @property
    def best(self) -> Path:
        """Folder of the best epoch's weights."""
        return self.folder / "best"


class PartialTrainer(DetectionTrainer):
    """Trains one stage.

    What ultralytics does about files, data sets and validation is replaced; its loop, schedule and moving average stay.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.history: History = []
        self.epoch_started = time.monotonic()
        self.validation_s = 0.0
        self.best_fitness: float | None = None
        super().__init__(overrides=overrides(job.config, job.stage, job.folder))
        self.args.workers = data_workers(job.config.workers)  # the base class forbids workers on a CPU
        torch.set_num_threads(job.config.threads)  # the base class leaves one core idle

    def get_dataset(self) -> dict[str, Any]:
        """The labels; the photos come from the job."""
        labels = dict(enumerate(self.job.material.selection.labels))
        return {"train": "", "val": "", "names": labels, "nc": len(labels), "channels": 3}

    def setup_model(self) -> None:
        """The job's network, instead of a file."""
        self.model = self.job.module.to(memory_format=self._memory_format())
        self.model.forward_dtype = torch.bfloat16 if self.job.bf16 else torch.float32

    def _memory_format(self) -> torch.memory_format:
        # Measured on Zen 4: bfloat16 convolutions are a sixth faster with the channels last; float32 ones gain nothing.
        return torch.channels_last if self.job.bf16 else torch.contiguous_format

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """See the stock trainer; the pictures are laid out as the weights are, and the run's first ones are drawn."""
        sheet = self.job.folder.parent / BATCH_FILE
        if not sheet.exists():
            draw_batch(batch, self.job.material.selection.labels, sheet)
        batch = super().preprocess_batch(batch)
        batch["img"] = batch["img"].contiguous(memory_format=self._memory_format())
        return batch

    def get_dataloader(self, dataset_path: str, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Any:
        """Training photos by weight and share. Validation has its own way, and only names its photos here."""
        material, config = self.job.material, self.job.config
        if mode != "train":
            return SimpleNamespace(dataset=material.selection.val)
        records = material.training_records
        dataset = PartialDataset(
            records,
            Coverage.of(records, material.selection.labels),
            size_px=self.args.imgsz,
            hyp=self.args,
            mixture=material.mixture,
            augment=config.augment,
            seed=self._seed(0),
            stock=config.loss == "stock",
        )
        order = MixedOrder(material.mixture, batch=batch_size, seed=self._seed(0))
        return EpochLoader(
            dataset,
            batch_size=order.batch,
            sampler=order,
            num_workers=data_workers(config.workers),
            pin_memory=torch.cuda.is_available(),
            collate_fn=dataset.collate,
            drop_last=True,  # a last batch of one photo would upset the batch statistics
        )

    def _build_train_pipeline(self) -> None:
        BaseTrainer._build_train_pipeline(self)  # noqa: SLF001 - skips what the stock trainer asks of stock datasets

    def get_validator(self) -> Any:
        """A stand-in: `validate` below does the work."""
        return SimpleNamespace(metrics=SimpleNamespace(keys=[]))

    def _model_train(self) -> None:
        """The start of an epoch: what is drawn in it depends on its number alone, so that a resumed run agrees."""
        super()._model_train()
        self.epoch_started = time.monotonic()
        self.validation_s = 0.0
        seed = self._seed(self.epoch + 1)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - ultralytics' transforms draw from the global generators
        torch.manual_seed(seed)
        self.train_loader.sampler.epoch = self.epoch
        self.train_loader.dataset.epoch = self.epoch

    def _seed(self, epoch: int) -> int:
        return self.job.config.seed * 1_000_000 + self.job.number * 10_000 + epoch

    def validate(self) -> tuple[dict[str, float], float | None]:
        """AP50 per label of the moving average; nothing in epochs that are not validated."""
        last = self.epoch + 1 >= self.epochs
        if not last and (self.epoch + 1) % self.job.config.validation.every:
            return {}, None
        started = time.monotonic()
        figures = self.job.validation.measure(self.ema.ema, self.args.imgsz)
        self.validation_s = time.monotonic() - started
        if self.best_fitness is None or figures.fitness > self.best_fitness:
            self.best_fitness = figures.fitness
        return _flat(figures), figures.fitness

    def save_metrics(self, metrics: dict[str, Any]) -> None:
        """Add a row to the history and report it."""
        row = {
            "stage": self.job.number,
            "size_px": self.args.imgsz,
            "epoch": self.epoch,
            "epochs": self.epochs,
            "photos": len(self.train_loader) * self.train_loader.batch_size,
            "seconds": round(time.monotonic() - self.epoch_started, 1),
            "data_seconds": round(self.train_loader.waited_s, 2),
            "validation_seconds": round(self.validation_s, 2),
            "fitness": self.fitness,
            **{name.removeprefix("train/"): value for name, value in metrics.items()},
        }
        self.history.append(row)
        self.job.on_epoch(self.history)

    def save_model(self) -> bool:
        """Keep the best epoch's weights, then the state to resume from: in this order a kill loses neither."""
        average = self.ema.ema
        if self.fitness is not None and self.fitness == self.best_fitness:
            self.job.best.mkdir(parents=True, exist_ok=True)
            save_network(self.job.best, average, self.job.info)
        checkpoint = Checkpoint(
            epoch=self.epoch,
            best_fitness=self.best_fitness,
            model=unwrap_model(self.model).state_dict(),
            average=average.state_dict(),
            average_updates=self.ema.updates,
            optimizer=self.optimizer.state_dict(),
            history=self.history,
        )
        write_checkpoint(self.job.checkpoint, checkpoint)
        return True

    def resume_training(self, ckpt: Any) -> None:
        """Go on from the job's checkpoint, if asked to."""
        if not self.job.resume:
            return
        state = read_checkpoint(self.job.checkpoint)
        unwrap_model(self.model).load_state_dict(state.model)
        self.ema.ema.load_state_dict(state.average)
        self.ema.updates = state.average_updates
        self.optimizer.load_state_dict(state.optimizer)
        self.best_fitness = state.best_fitness
        self.history = state.history
        self.start_epoch = state.epoch + 1
        criterion = unwrap_model(self.model).init_criterion()
        if hasattr(criterion, "update"):  # end-to-end heads shift weight between two losses, epoch by epoch
            criterion.updates = state.epoch
            criterion.update()
        unwrap_model(self.model).criterion = criterion

    def start_timing(self) -> None:
        """Set everything up for `learn_from`, outside of a training."""
        self._setup_train()
        self.epoch = 0
        self._model_train()

    def learn_from(self, batch: dict[str, Any]) -> float:
        """One step of the optimizer; the loss, so that a GPU has finished."""
        loss, _parts = self.model(self.preprocess_batch(batch))
        total = loss.sum()
        total.backward()
        self.optimizer_step()
        return float(total.detach())

    def final_eval(self) -> None:
        """The best epoch was measured when it was saved: only the stock trainer's empty folder is left to clear."""
        self.wdir.rmdir()


def _flat(figures: Figures) -> dict[str, float]:
    tables = {"ap50/": figures.ap50, "rendered/ap50/": figures.rendered_ap50}
    return {
        prefix + label: round(value, 4)
        for prefix, table in tables.items()
        for label, value in table.items()
        if value is not None
    }
