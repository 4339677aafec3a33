"""As many epochs as fit into a time: a few batches are timed, and the stages' epochs are scaled by one factor."""

import time
from math import floor
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from hazardlens.training.config import StageConfig, TrainConfig
from hazardlens.training.errors import RunError
from hazardlens.training.fitting.trainer import Job, PartialTrainer

BUDGET_FILE: Final = "budget.json"
_BATCHES: Final = 5
_RESERVE: Final = 0.04  # for reading photos, drawing curves and writing files


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pace(_Frozen):
    """How fast this machine is with this network.

    Attributes:
        size_px: side of the pictures that were timed.
        photos: per epoch.
        data_s: to prepare a training picture; with workers, to wait for it.
        network_s: to learn from it.
        validation_s: to look at all validation photos.
    """

    size_px: int
    photos: int
    data_s: float
    network_s: float
    validation_s: float

    def epoch_s(self, stage: StageConfig, every: int) -> float:
        """What an epoch of a stage will take: costs grow with the area of the pictures."""
        area = (stage.size_px / self.size_px) ** 2
        return area * (self.photos * (self.data_s + self.network_s) + self.validation_s / every)


class Budget(_Frozen):
    """What was chosen, and on which grounds.

    Attributes:
        minutes: the time to fill.
        pace: as measured.
        epochs: of each stage.
        expected_minutes: what they will take.
    """

    minutes: float
    pace: Pace
    epochs: tuple[int, ...]
    expected_minutes: float

    def applied(self, config: TrainConfig) -> TrainConfig:
        """The configuration with these epochs; warm-up and closed mosaic shrink along, and never grow."""
        stages = tuple(_resized(stage, epochs) for stage, epochs in zip(config.stages, self.epochs, strict=True))
        return config.model_copy(update={"stages": stages})

    def told(self) -> str:
        """One line for people."""
        pace = self.pace
        data_ms, network_ms = pace.data_s * 1000, pace.network_s * 1000
        return (
            f"at {pace.size_px} px a photo takes {data_ms:.0f} ms to prepare and {network_ms:.0f} ms to learn from, "
            f"a validation {pace.validation_s:.0f} s: {' + '.join(map(str, self.epochs))} epochs of "
            f"{pace.photos} photos fill {self.expected_minutes:.0f} of {self.minutes:g} minutes"
        )


def choose(config: TrainConfig, pace: Pace, minutes: float) -> Budget:
    """The stages' epochs by one factor, at least one each; what is left over goes to single epochs more."""
    costs = [pace.epoch_s(stage, config.validation.every) for stage in config.stages]
    seconds = minutes * 60 * (1 - _RESERVE)
    whole = sum(cost * stage.epochs for cost, stage in zip(costs, config.stages, strict=True))
    epochs = [max(1, floor(stage.epochs * seconds / whole)) for stage in config.stages]
    left = seconds - sum(cost * count for cost, count in zip(costs, epochs, strict=True))
    for number in reversed(range(len(epochs))):
        if costs[number] <= left:
            epochs[number] += 1
            left -= costs[number]
    return Budget(minutes=minutes, pace=pace, epochs=tuple(epochs), expected_minutes=round((seconds - left) / 60, 2))


def measure_pace(job: Job) -> Pace:
    """Time a few batches of a stage with a network of its own, which is then thrown away."""
    trainer = PartialTrainer(job)
    trainer.start_timing()
    spent_s = waited_s = 0.0
    asked = time.monotonic()
    for number, batch in zip(range(_BATCHES + 1), trainer.train_loader, strict=False):
        came = time.monotonic()
        trainer.learn_from(batch)
        done = time.monotonic()
        if number:  # the first batch pays for memory and kernels
            waited_s, spent_s = waited_s + came - asked, spent_s + done - came
        asked = done
    photos = min(_BATCHES, max(1, len(trainer.train_loader) - 1)) * trainer.train_loader.batch_size
    started = time.monotonic()
    job.validation.measure(trainer.ema.ema, job.stage.size_px)
    return Pace(
        size_px=job.stage.size_px,
        photos=len(trainer.train_loader) * trainer.train_loader.batch_size,
        data_s=waited_s / photos,
        network_s=spent_s / photos,
        validation_s=time.monotonic() - started,
    )


def write_budget(path: Path, budget: Budget) -> None:
    """Write `path` so that a kill leaves the whole file or none."""
    draft = path.with_suffix(".tmp")
    draft.write_text(budget.model_dump_json(indent=1) + "\n", "utf-8")
    draft.replace(path)


def read_budget(path: Path) -> Budget:
    """Read what `write_budget` wrote.

    Raises:
        RunError: it is not there, or was changed.
    """
    try:
        return Budget.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(f"{path}: not a budget of this program") from error


def _resized(stage: StageConfig, epochs: int) -> StageConfig:
    part = min(1.0, epochs / stage.epochs)
    changes = {
        "epochs": epochs,
        "warmup_epochs": stage.warmup_epochs * part,
        "close_mosaic": min(epochs, round(stage.close_mosaic * part)),
    }
    return stage.model_copy(update=changes)
